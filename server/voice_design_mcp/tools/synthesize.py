"""synthesize: speak a text with a designed voice. The model follows the voice, so the two can't be mismatched."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import anyio.lowlevel
from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult

from ..catalog import LANGUAGES, MODELS, TargetModel, billed_characters
from ..errors import ConnectionLostError, InputError, UnavailableError, UpstreamError
from ..spending.orders import Arguments, Order
from . import checks, gate
from .answers import answer
from .arguments import Approval, SpokenLanguage, SpokenText, VoiceName
from .gate import Approved, Ctx, Form, Offer, Settled, Verdict
from .keeping import audio_facts, audio_line, audio_link, in_words, keep_audio
from .spec import SPENDS, ToolSpec
from .voice_lookup import record_of
from .words import quoted

if TYPE_CHECKING:
    from ..dashscope.seam import SpokenAudio
    from ..spending.approvals import Quote
    from ..spending.holds import Hold
    from ..studio import Desk


AUDIO_KEPT: Final = timedelta(days=1)
"""How long the vendor keeps synthesized audio (Qwen TTS API page)."""


async def make_offer(ctx: Ctx, text: str, voice: str, language: str, approval: str) -> Offer:
    """Work out what this speech costs, and whether it must be asked about or was paid for already."""
    desk = await gate.studio_of(ctx).open()
    if not text.strip():
        raise InputError("text", "text is empty.", hint="Give the words to speak.")
    model = await _model_of(desk, gate.principal_of(ctx), voice)
    checks.text("text", text, 1, model.text_max)
    if language:
        checks.language_of("text", text, language, tuple(LANGUAGES))
    restore = partial(_order, desk, gate.principal_of(ctx), model)
    order = restore({"voice": voice, "text": text, "language": language})
    local = gate.is_local(ctx)

    async def replay(quote: Quote) -> CallToolResult:
        hold = await desk.ledger.of_quote(quote.id)
        return await _stands(desk, order, hold and await gate.settled(desk, hold), "reused", local=local)

    offer = await gate.make_offer(desk, order, approval, restore=restore, replay=replay)
    if isinstance(offer, Settled):
        return offer
    live = await desk.ledger.live(order)
    hold = live and await gate.settled(desk, live)
    if hold is not None and hold.state not in {"released", "assumed_not_billed"}:
        return Settled(await _stands(desk, order, hold, "reused", local=local))
    return offer or await _quote(desk, order)


async def ask(ctx: Ctx, offer: Annotated[Offer, Resolve(make_offer)]) -> Elicit[Form] | Verdict:
    """Put the question to the client, where the price calls for one."""
    return await gate.ask(ctx, offer)


async def synthesize(
    ctx: Ctx,
    offer: Annotated[Offer, Resolve(make_offer)],
    consent: Annotated[ElicitationResult[Form], Resolve(ask)],
    text: SpokenText,
    voice: VoiceName,
    language: SpokenLanguage = "",
    approval: Approval = "",
) -> CallToolResult:
    """Speak a text with a designed voice and get the audio as a resource (on stdio a file path too).

    Costs money by the character (about USD 0.12 per 10,000; free in the sandbox), within the user's caps. The same call made
    again because its result was lost is not paid for again.
    """
    decided = await gate.decide(ctx, offer, consent)
    if isinstance(decided, CallToolResult):
        return decided
    from ..spending.purchase import PendingPurchaseError

    desk = await gate.studio_of(ctx).open()
    await ctx.report_progress(0, 1, "Speaking")
    try:
        hold, mine = await _speak(desk, decided)
    except PendingPurchaseError as waiting:
        return gate.pending(desk, waiting.hold)
    await anyio.lowlevel.checkpoint()  # a client that went away leaves it undelivered, and asking again returns it
    return await _stands(desk, decided.order, hold, "ok" if mine else "reused", local=gate.is_local(ctx))


async def _model_of(desk: Desk, principal: str, voice: str) -> TargetModel:
    row = await desk.records(principal).voice(voice)
    known = row.target_model if row is not None and not row.deleted_at else (await record_of(desk, voice)).target_model
    model = MODELS.get(known)
    if model is None:
        raise InputError(
            "voice",
            f"{voice!r} speaks with {known or 'an unknown model'}, which this version cannot speak with.",
            hint="Use a voice designed for qwen3-tts-vd-2026-01-26.",
            code="model_not_spoken_here",
        )
    return model


def _order(desk: Desk, principal: str, model: TargetModel, arguments: Arguments) -> Order:
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


async def _quote(desk: Desk, order: Order) -> Offer:
    policy = desk.settings.approval
    if policy == "auto" or order.usd_micros <= int(desk.settings.ask_above_usd * 1_000_000):
        return Approved(order, "", "auto" if policy == "auto" else "below the asking limit")
    await desk.settle(at_once=True)
    await desk.ledger.room_for(order)  # nobody approves what will be refused
    shown = {"voice": order.arguments["voice"], "account": desk.account_label, "sandbox": desk.sandbox}
    return gate.offered(desk, order, await desk.approvals.quote(order, partial(_question, desk, order), shown))


def _question(desk: Desk, order: Order, reference: str) -> str:
    charge = "Nothing is charged in the sandbox" if desk.sandbox else "At most that is charged"
    return "\n".join(
        (
            f"Speak {order.characters:,} billed characters for {order.price} on {desk.account_label}? {charge}.",
            f"Voice {order.arguments['voice']}, model {order.model}. Approval {reference}.",
            f"Text: {quoted(str(order.arguments['text']), 200)}",
        )
    )


async def _speak(desk: Desk, approved: Approved) -> tuple[Hold, bool]:
    order = approved.order
    spoken: list[SpokenAudio] = []

    async def send(_name: str) -> dict[str, Any]:
        audio = await desk.family(order.model).speak(
            model=order.model,
            voice=str(order.arguments["voice"]),
            text=str(order.arguments["text"]),
            language=str(order.arguments["language"]),
        )
        spoken.append(audio)
        return {
            "voice": str(order.arguments["voice"]),
            "request_id": audio.request_id,
            "url": audio.url,
            **_settled(desk, order, audio.characters),
        }

    async def keep(hold: Hold) -> dict[str, Any]:
        return {"audio_id": await _fetch(desk, order, hold.url, spoken[0].data)}

    return await desk.purchases.make(
        order, quote_id=approved.quote_id, approved_by=approved.by, wire_name="", tag="", send=send, keep=keep
    )


def _settled(desk: Desk, order: Order, characters: int | None) -> dict[str, Any]:
    """What was billed, where the vendor said so: the hold becomes that."""
    if characters is None:
        return {}
    price = desk.prices.speech(order.model, characters)
    return {"characters": characters, "amount": price.text, "usd_micros": desk.prices.usd_micros(price)}


async def _fetch(desk: Desk, order: Order, url: str, data: bytes = b"") -> str:
    """Bring paid-for speech home. The URL is in the ledger by now and lives a day, so this may be tried again."""
    try:
        data = data or await desk.http.download(url)
    except UpstreamError as error:
        raise UnavailableError(
            f"The speech was made and paid for, but its audio could not be fetched: {error.message}",
            hint="Make the same call again within a day: it fetches the audio and buys nothing.",
            retryable=True,
            billed="yes",
        ) from error
    row = await keep_audio(
        desk,
        order.principal,
        data,
        kind="speech",
        voice=str(order.arguments["voice"]),
        text=str(order.arguments["text"]),
        response_format="wav",
        sample_rate_hz=24000,
    )
    await desk.records(order.principal).used(str(order.arguments["voice"]))
    return row.id


async def _stands(desk: Desk, order: Order, hold: Hold | None, status: str, *, local: bool) -> CallToolResult:
    """The result that a purchase's hold stands for now."""
    if hold is not None and hold.state == "charged":
        return await _deliver(desk, order, hold, status, local=local)
    if hold is not None and not hold.settled:
        return gate.pending(desk, hold)
    raise gate.nothing_came_of_it()


async def _deliver(desk: Desk, order: Order, hold: Hold, status: str, *, local: bool) -> CallToolResult:
    """The result of paid-for speech; its audio is fetched first if an earlier call could not."""
    if not hold.audio_id:
        if not hold.url or desk.ledger.past(hold.sent_at, AUDIO_KEPT):
            await desk.ledger.delivered(hold)
            raise _lost(hold)
        with anyio.CancelScope(shield=True):
            hold = await desk.ledger.charged(hold, audio_id=await _fetch(desk, order, hold.url))
    records = desk.records(order.principal)
    row = await records.audio(hold.audio_id)
    if row is None:
        raise gate.nothing_came_of_it()
    facts = await audio_facts(desk, row, f"audio://{row.id}", local=local)
    charged = {"amount": "0.00" if desk.sandbox or status == "reused" else hold.amount, "currency": hold.currency}
    note = await _unheard(desk, order)
    structured = {
        "status": status,
        "voice": hold.voice,
        "target_model": hold.model,
        "audio": facts,
        "measured": in_words(row),
        "cost": charged,
        "characters": hold.characters,
        "sandbox": desk.sandbox,
        "notes": [note] if note else [],
    }
    await desk.ledger.delivered(hold)
    lines = [
        f"{status}: {hold.characters} billed characters spoken by {hold.voice}; {_cost(desk, hold, status)}.",
        f"Audio: {audio_line(facts)}",
        f"Measured: {in_words(row)}",
        note,
    ]
    return answer(lines, structured, [audio_link(facts, f"Speech by {hold.voice}")])


def _lost(hold: Hold) -> ConnectionLostError:
    """The error for speech that leaves nothing to look for. It is told once; after that the same words are a new purchase."""
    return ConnectionLostError(
        f"The request was sent and its audio is lost ({hold.reason or 'no longer kept by the vendor'}); "
        f"{hold.currency} {hold.amount} counts as charged.",
        hint="Making the same call again buys the speech anew; ask the user first.",
        code="answer_lost",
        retryable=False,
        request_id=hold.request_id,
    )


def _cost(desk: Desk, hold: Hold, status: str) -> str:
    price = f"{hold.currency} {hold.amount}"
    if desk.sandbox:
        return f"spoken by {desk.account_label}, nothing was charged (the vendor's price is {price})"
    return "paid for before, nothing charged now" if status == "reused" else f"charged {price}"


async def _unheard(desk: Desk, order: Order) -> str:
    """Said once of a voice whose preview nobody has read: the vendor advises to listen before production."""
    voice = str(order.arguments["voice"])
    records = desk.records(order.principal)
    row = await records.voice(voice)
    if row is None or row.preview_read_at or row.reminded_at or not await records.mark(voice, "reminded_at"):
        return ""
    return f"Nobody has opened this voice's preview (voice://{voice}/preview); listen to it before production."


TOOL = ToolSpec(
    function=synthesize,
    title="Speak with a voice",
    annotations=SPENDS,
    asks=False,
    output={
        "status": "string",
        "voice": "string",
        "target_model": "string",
        "audio": "object",
        "measured": "string",
        "cost": "object",
        "characters": "integer",
        "approval": "object",
        "notes": "array",
        "sandbox": "boolean",
        "next": "string",
        "error": "object",
    },
)
