"""synthesize: speak a text with a designed voice. The model follows the voice, so the two can't be mismatched."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

import anyio.lowlevel
from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp.types import CallToolResult

from ..characters import text_length
from ..errors import ConnectionLostError, InputError, UnavailableError
from ..spending.orders import Arguments, Order
from . import checks, gate, long_speech
from .answers import answer
from .arguments import (
    Approval,
    FileName,
    Instructions,
    PitchRate,
    SpeechFormat,
    SpeechRate,
    SpeechRateHz,
    SpokenLanguage,
    SpokenText,
    VoiceName,
    Volume,
)
from .gate import Approved, Ctx, Form, Offer, Settled, Verdict
from .keeping import audio_facts, audio_line, audio_link, in_words, named, sandbox_voice
from .spec import AUDITIONED, SPENDS, ToolSpec
from .speech_purchase import AS_IT_IS, Speech, options_of, order_of
from .voice_lookup import may_speak, speaker_of
from .words import quoted

if TYPE_CHECKING:
    from ..desk import Desk
    from ..spending.approvals import Quote
    from ..spending.holds import Hold
    from ..storage.records import AudioRow


AUDIO_KEPT: Final = timedelta(days=1)
"""How long the vendor keeps synthesized audio (Qwen TTS API page)."""


async def make_offer(
    ctx: Ctx,
    text: str,
    voice: str,
    language: str,
    response_format: str,
    sample_rate: int,
    speech_rate: float,
    pitch_rate: float,
    volume: int,
    instructions: str,
    name: str,
    approval: str,
) -> Offer:
    """Work out what this speech costs, and whether it must be asked about or was paid for already."""
    desk = await gate.desk_of(ctx)
    if not text.strip():
        raise InputError("text", "text is empty.", hint="Give the words to speak.")
    checks.file_name(name)
    caller = gate.caller_of(ctx)
    principal = caller.id
    model = (await speaker_of(desk, caller, voice)).model
    options = {"speech_rate": speech_rate, "pitch_rate": pitch_rate, "volume": volume, "instructions": instructions}
    asked = {option: value for option, value in options.items() if value != AS_IT_IS[option]}
    checks.speech(model, text, language, response_format, sample_rate, options_of(asked))
    await may_speak(desk, model, voice)
    shape = {"response_format": response_format, "sample_rate": sample_rate}
    arguments: Arguments = {"voice": voice, "text": text, "language": language, **shape, **asked}
    if text_length(model, text) > model.text_max:
        pieces = long_speech.in_pieces(ctx, desk)
        whole: Arguments = {**arguments, "name": name}
        return await pieces.make_offer(await pieces.planned(whole), whole, approval, asks=False)
    restore = partial(order_of, desk, principal, model)
    loudness = {} if desk.settings.loudness_lufs is None else {"loudness_lufs": desk.settings.loudness_lufs}
    order = restore({**arguments, **loudness})
    speech = Speech(desk, order, name)
    local = gate.is_local(ctx)

    async def replay(quote: Quote) -> CallToolResult:
        hold = await desk.ledger.of_quote(quote.id)
        return await _stands(desk, speech, order, hold and await gate.settled(desk, hold), "reused", local=local)

    offer = await gate.make_offer(desk, order, approval, restore=restore, replay=replay)
    if isinstance(offer, Settled):
        return offer
    hold = await _bought_already(desk, order)
    if hold is not None:
        return Settled(await _stands(desk, speech, order, hold, "reused", local=local))
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
    response_format: SpeechFormat = "wav",
    sample_rate: SpeechRateHz = 24000,
    speech_rate: SpeechRate = 1.0,
    pitch_rate: PitchRate = 1.0,
    volume: Volume = 50,
    instructions: Instructions = "",
    name: FileName = "",
    approval: Approval = "",
) -> CallToolResult:
    """Speak a text with a designed voice and get the audio as a resource (on stdio a file path too).

    Costs money by the character (about USD 0.12 to 0.30 per 10,000; free in the sandbox), within caps. The same call
    within ten minutes returns the same speech, not paid for again. A long text is spoken in pieces; after 45 s: in_progress, the
    same call waits on. speech_rate, pitch_rate, volume and instructions work only where the voice's model has them.
    """
    decided = await gate.decide(ctx, offer, consent)
    if isinstance(decided, CallToolResult):
        return decided
    from ..spending.purchase import PendingPurchaseError

    desk = await gate.desk_of(ctx)
    if decided.order.in_parts:
        return await long_speech.in_pieces(ctx, desk).spoken(decided)
    await ctx.report_progress(0, 1, "Speaking")
    speech = Speech(desk, decided.order, name)
    try:
        hold, mine = await speech.buy(decided)
    except PendingPurchaseError as waiting:
        return gate.pending(desk, waiting.hold)
    await anyio.lowlevel.checkpoint()  # a client that went away leaves it undelivered, and asking again returns it
    status = "ok" if mine else "reused"
    return await _stands(desk, speech, decided.order, hold, status, local=gate.is_local(ctx))


async def _bought_already(desk: Desk, order: Order) -> Hold | None:
    """The purchase of these very words that is open, or whose sound its caller may not have got."""
    live = await desk.ledger.live(order)
    hold = live and await gate.settled(desk, live)
    if hold is None or hold.state in {"released", "assumed_not_billed"}:
        return None
    if hold.state == "charged" and desk.ledger.past(hold.recheck_at):
        await desk.ledger.over(hold)
        return None
    return hold


async def _quote(desk: Desk, order: Order) -> Offer:
    if by := gate.unasked(desk, order):
        return Approved(order, "", by)
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


async def _stands(
    desk: Desk, speech: Speech, order: Order, hold: Hold | None, status: str, *, local: bool
) -> CallToolResult:
    """The result that a purchase's hold stands for now."""
    if hold is not None and hold.state == "charged":
        return await _deliver(desk, speech, order, hold, status, local=local)
    if hold is not None and not hold.settled:
        return gate.pending(desk, hold)
    raise gate.nothing_came_of_it()


async def _deliver(desk: Desk, speech: Speech, order: Order, hold: Hold, status: str, *, local: bool) -> CallToolResult:
    """The result of paid-for speech; its audio is fetched first if an earlier call could not."""
    records = desk.records(order.principal)
    row = await records.audio(hold.audio_id)
    if row is None:  # it never came home, or has been removed since
        if not hold.url or desk.ledger.past(hold.sent_at, AUDIO_KEPT):
            await desk.ledger.over(hold)
            raise _lost(hold, speech.fragment)
        with anyio.CancelScope(shield=True):
            hold = await desk.ledger.charged(hold, audio_id=await speech.fetch(hold.url))
        row = await records.audio(hold.audio_id)
        if row is None:
            raise UnavailableError("The speech has just been removed.", hint="Call again.", retryable=True)
    row = await named(desk, order.principal, row, speech.name)
    facts = await audio_facts(desk, row, f"audio://{row.id}", local=local)
    first = "" if speech.first_audio_ms is None else f"; its first sound came after {speech.first_audio_ms:,} ms"
    facts |= {"first_audio_ms": speech.first_audio_ms} if first else {}
    charged = {"amount": "0.00" if desk.sandbox or status == "reused" else hold.amount, "currency": hold.currency}
    notes = [note for note in (speech.note, await _unheard(desk, order)) if note]
    spoke = "" if status == "reused" else sandbox_voice(desk)
    structured = {
        "status": status,
        "voice": hold.voice,
        "target_model": hold.model,
        "audio": facts,
        "measured": in_words(row),
        "cost": charged,
        "characters": hold.characters,
        "sandbox": desk.sandbox,
        "sandbox_voice": spoke,
        "notes": notes,
    }
    await desk.ledger.delivered(hold)
    lines = [
        f"{status}: {hold.characters} billed characters spoken by {hold.voice}; {_cost(desk, hold, status)}.",
        f"Audio: {audio_line(facts)}{first}",
        f"Measured: {in_words(row)}",
        f"The sandbox's {spoke} voice spoke." if spoke else "",
        *notes,
    ]
    return answer(lines, structured, [audio_link(facts, f"Speech by {hold.voice}")])


def _lost(hold: Hold, fragment: AudioRow | None) -> ConnectionLostError:
    """The error for speech that leaves nothing to look for. It is told once; after that the same words are a new purchase."""
    came = f" The first {fragment.duration_s:.1f} s that came are kept as audio://{fragment.id}." if fragment else ""
    return ConnectionLostError(
        f"The request was sent and its audio is lost ({hold.reason or 'no longer kept by the vendor'}); "
        f"{hold.currency} {hold.amount} counts as charged.{came}",
        hint="Making the same call again buys the speech anew; ask the user first.",
        code="answer_lost",
        retryable=False,
        request_id=hold.request_id,
    )


def _cost(desk: Desk, hold: Hold, status: str) -> str:
    price = f"{hold.currency} {hold.amount}"
    if desk.sandbox:
        return f"spoken by {desk.account_label}, nothing was charged (the vendor's price is {price})"
    again = "paid for before, nothing charged now; ten minutes after it was first given the same call buys it anew"
    return again if status == "reused" else f"charged {price}"


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
    scope="speech",
    meta=AUDITIONED,
    asks=False,
    output={
        "status": "string",
        "voice": "string",
        "target_model": "string",
        "audio": "object",
        "subtitles": "object",
        "measured": "string",
        "cost": "object",
        "characters": "integer",
        "approval": "object",
        "progress": "object",
        "notes": "array",
        "sandbox": "boolean",
        "sandbox_voice": "string",
        "next": "string",
        "error": "object",
    },
)
