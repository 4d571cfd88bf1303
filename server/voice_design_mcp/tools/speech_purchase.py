"""The purchase behind synthesize: what is ordered, spoken once over the model's own surface, brought home and put in shape."""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import anyio

from ..at_work import worked
from ..catalog import MODELS
from ..catalog_rows import TargetModel
from ..characters import billed_characters
from ..dashscope.seam import SpeechOptions
from ..errors import UnavailableError, UpstreamError
from ..spending.orders import Arguments, Order
from .keeping import keep_audio
from .recording import Recording, for_now, in_shape, new_file, written

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from ..dashscope.seam import SpeechPiece, SpokenAudio
    from ..desk import Desk
    from ..spending.holds import Hold
    from ..storage.records import AudioRow
    from .gate import Approved

AS_IT_IS: Final[Arguments] = {"speech_rate": 1.0, "pitch_rate": 1.0, "volume": 50, "instructions": ""}
"""What the options are called and what each is where nothing is asked for: then nothing is sent."""


def order_of(desk: Desk, principal: str, model: TargetModel, arguments: Arguments) -> Order:
    """The order of a text's speech, as the vendor counts its characters."""
    characters = billed_characters(str(arguments["text"]))
    price = desk.prices.speech(model.id, characters)
    return Order(
        account=desk.account.id,
        principal=principal,
        action="speech",
        arguments=arguments,
        model=model.id,
        price=price,
        usd_micros=desk.prices.usd_micros(price),
        characters=characters,
    )


def options_of(arguments: Arguments, sample_rate_hz: int | None = None) -> SpeechOptions:
    """The options that were asked for, which a model may not have. The format is not among them: it is put in shape here."""
    asked: dict[str, Any] = {name: arguments[name] for name in AS_IT_IS if name in arguments}
    return SpeechOptions(sample_rate_hz=sample_rate_hz, **asked)


def rate_to_ask_for(model: TargetModel, wanted_hz: int) -> int | None:
    """The rate to ask a model for: the one that is wanted where it has it, else its own, None where there is no choice."""
    rates = model.speech.sample_rates_hz
    return (wanted_hz if wanted_hz in rates else 24000) if rates else None


class Speech:
    """One text to be spoken: sends it once and keeps what comes, also the part that came before a connection broke.

    Args:
        desk: The open desk.
        order: What is bought.
        name: What the user wants the file to be called; "" for a name of ours.

    Attributes:
        fragment: What came before the connection broke.
        note: What the user should know of how it was spoken.
        first_audio_ms: How long after the request the first sound had been written; None where it did not come in pieces.
    """

    def __init__(self, desk: Desk, order: Order, name: str) -> None:
        self.fragment: AudioRow | None = None
        self.first_audio_ms: int | None = None
        self.note = ""
        self._desk = desk
        self._order = order
        self.name = name
        self._model = MODELS[order.model]
        self._told: SpokenAudio | None = None
        self._heard: Recording | None = None

    async def buy(self, approved: Approved) -> tuple[Hold, bool]:
        """Make the approved purchase, or join it.

        Returns:
            The charged hold, and whether this call made it.
        """
        return await self._desk.purchases.make(
            self._order,
            quote_id=approved.quote_id,
            approved_by=approved.by,
            wire_name="",
            tag="",
            send=self._send,
            keep=self._keep,
        )

    async def fetch(self, url: str) -> str:
        """Bring paid-for speech home and return its audio id. The URL is in the ledger and lives a day: this may be tried again.

        Raises:
            UnavailableError: It could not be fetched; the speech is paid for.
        """
        try:
            file = await written(self._desk.spool, self._desk.http.stream(url))
        except UpstreamError as error:
            raise UnavailableError(
                f"The speech was made and paid for, but its audio could not be fetched: {error.message}",
                hint="Make the same call again within a day: it fetches the audio and buys nothing.",
                retryable=True,
                billed="yes",
            ) from error
        return await self._shaped_and_kept(file, "wav", self._rate_hz)

    @property
    def _wanted(self) -> tuple[str, int]:
        """The format and the rate of the file."""
        return str(self._order.arguments["response_format"]), int(self._order.arguments["sample_rate"])

    @property
    def _recorded(self) -> tuple[str, int]:
        """What is written while it comes: the wanted shape, unless its loudness has to be heard first."""
        return self._wanted if self._desk.settings.loudness_lufs is None else ("wav", self._rate_hz)

    @property
    def _rate_hz(self) -> int:
        """The rate at which it comes; what is wanted besides is resampled here."""
        return rate_to_ask_for(self._model, self._wanted[1]) or 24000

    async def _send(self, _name: str) -> dict[str, Any]:
        arguments = self._order.arguments
        family = self._desk.family(self._order.model)
        spoken: dict[str, Any] = {
            "model": self._order.model,
            "voice": str(arguments["voice"]),
            "text": str(arguments["text"]),
            "language": str(arguments["language"]),
            "options": options_of(arguments, rate_to_ask_for(self._model, self._wanted[1])),
        }
        if (
            self._model.streams_by == "sse"
        ):  # asked whole: its address goes into the ledger, and can be fetched for a day
            self._told = await family.speak(**spoken)
            told = (self._told.request_id, self._told.url, self._told.characters)
        else:
            last = await self._listen(family.stream(**spoken))
            self.note = last.note
            told = (last.request_id, last.url, last.characters)
        request_id, url, characters = told
        return {"voice": spoken["voice"], "request_id": request_id, "url": url, **self._settled(characters)}

    async def _listen(self, pieces: AsyncGenerator[SpeechPiece]) -> SpeechPiece:
        """Write speech down as it comes, so that a connection that breaks leaves what it brought."""
        self._heard = Recording(self._desk.spool, self._rate_hz, *self._recorded)
        began_s = time.monotonic()
        async with aclosing(pieces) as coming:
            try:
                async for piece in coming:
                    self._heard.write(piece.audio)
                    if piece.audio and self.first_audio_ms is None:
                        self.first_audio_ms = round((time.monotonic() - began_s) * 1000)
                    if piece.finished:
                        return piece
            except UpstreamError:
                await self._keep_fragment()
                raise
        raise UnavailableError("The speech ended without an end.", billed="maybe")

    async def _keep_fragment(self) -> None:
        with anyio.CancelScope(shield=True):
            file = await worked(self._heard.finish) if self._heard else None
            if file is not None:
                self.fragment = await self._kept(file, *self._recorded, kind="fragment")

    def _settled(self, characters: int | None) -> dict[str, Any]:
        """What was billed, where the vendor said so: the hold becomes that."""
        if characters is None:
            return {}
        price = self._desk.prices.speech(self._order.model, characters)
        return {"characters": characters, "amount": price.text, "usd_micros": self._desk.prices.usd_micros(price)}

    async def _keep(self, hold: Hold) -> dict[str, Any]:
        if self._heard is not None:
            file = await worked(self._heard.finish)
            if file is None:
                return {}
            return {"audio_id": await self._shaped_and_kept(file, *self._recorded)}
        if self._told is not None and self._told.data:
            told, file = self._told, new_file(self._desk.spool)
            file.write_bytes(told.data)
            return {"audio_id": await self._shaped_and_kept(file, told.response_format, told.sample_rate_hz)}
        return {"audio_id": await self.fetch(hold.url)}

    async def _shaped_and_kept(self, file: Path, response_format: str, sample_rate_hz: int) -> str:
        lufs = self._desk.settings.loudness_lufs
        with for_now(file):
            row = await self._kept(*await worked(in_shape, file, response_format, sample_rate_hz, self._wanted, lufs))
        await self._desk.records(self._order.principal).used(str(self._order.arguments["voice"]))
        return row.id

    async def _kept(self, file: Path, response_format: str, sample_rate_hz: int, kind: str = "speech") -> AudioRow:
        with for_now(file):
            return await keep_audio(
                self._desk,
                self._order.principal,
                file,
                kind=kind,
                voice=str(self._order.arguments["voice"]),
                text=str(self._order.arguments["text"]),
                response_format=response_format,
                sample_rate_hz=sample_rate_hz,
                name=self.name,
            )
