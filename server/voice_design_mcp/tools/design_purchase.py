"""The purchase behind design_voice: what is sent under the tagged name, and how the preview is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .keeping import keep_audio

if TYPE_CHECKING:
    from ..dashscope.seam import DesignedVoice
    from ..desk import Desk
    from ..spending.holds import Hold
    from ..spending.orders import Order
    from ..spending.purchase import Outcome
    from .gate import Approved


async def buy(desk: Desk, approved: Approved) -> tuple[list[Outcome], bool]:
    """Make the approved purchase, or join it; what is sent is what the quote holds, to the letter, and each slot has its own tag.

    Returns:
        How each slot ended, and whether this call sent them.
    """
    from ..spending.purchase import Slot, mint_tag

    order = approved.order
    family = desk.family(str(order.arguments["target_model"]))
    slots: list[Slot] = []
    for _ in range(order.slots):
        voice = _Voice(desk, order)
        tag = mint_tag() if desk.settings.name_tag else ""
        wire_name = family.wire_name(str(order.arguments["preferred_name"]), tag)
        slots.append(Slot(wire_name=wire_name, tag=tag, send=voice.send, keep=voice.keep))
    return await desk.purchases.make_all(order, quote_id=approved.quote_id, approved_by=approved.by, slots=slots)


class _Voice:
    """One voice to be made: sends it once, and keeps the preview that the vendor returns only then."""

    def __init__(self, desk: Desk, order: Order) -> None:
        self.order = order
        self._desk = desk
        self._made: DesignedVoice | None = None

    async def send(self, wire_name: str) -> dict[str, Any]:
        arguments = self.order.arguments
        self._made = await self._desk.family(str(arguments["target_model"])).create(
            target_model=str(arguments["target_model"]),
            voice_prompt=str(arguments["voice_prompt"]),
            preview_text=str(arguments["preview_text"]),
            preferred_name=wire_name,
            language=str(arguments["language"]),
            sample_rate_hz=int(arguments["sample_rate"]),
            response_format=str(arguments["response_format"]),
        )
        return {"voice": self._made.voice, "request_id": self._made.request_id}

    async def keep(self, hold: Hold) -> dict[str, Any]:
        if self._made is None or not self._made.preview:
            return {}
        row = await keep_audio(
            self._desk,
            self.order.principal,
            self._made.preview,
            kind="preview",
            voice=hold.voice,
            text=str(self.order.arguments["preview_text"]),
            response_format=self._made.preview_format,
            sample_rate_hz=self._made.preview_sample_rate_hz,
        )
        return {"audio_id": row.id}
