"""What a person can start from a host's menu: prompts, and how their arguments and the resources' are completed.

A prompt is a way through the tools, in words. It names only tools that exist; the tests hold that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import anyio.to_thread
from mcp.types import Completion, PromptReference, ResourceTemplateReference
from pydantic import Field

from .catalog import LANGUAGES, MODELS
from .identity.principals import Principal

if TYPE_CHECKING:
    from .desk import Desk

COMPLETED_MAX: Final = 100
"""The protocol's most values in one answer."""
_VOICES_SOUGHT: Final = 1000

_DIMENSIONS: Final = "gender, age, pitch, speed, emotion, characteristics (resonant, crisp, husky …) and use"

Character = Annotated[str, Field(description="Who speaks: a name, a role, a scene, or the text the character is from.")]
Use = Annotated[str, Field(description="What the voice is for, such as an audiobook or a voice assistant.")]
Story = Annotated[str, Field(description="The story, or what happens in it and who takes part.")]
Document = Annotated[str, Field(description="The text to read aloud, or where it is.")]
Language = Annotated[str, Field(description="Language to speak, as a code: en, zh, de …")]
Voice = Annotated[str, Field(description="A voice's name. Omitted: choose one together.")]
Cast = Annotated[str, Field(description="A cast's name, to read with several voices.")]
Model = Annotated[str, Field(description="Synthesis model for the voice. Omitted: the configured default.")]


def design_character_voice(
    character: Character, use: Use = "", language: Language = "", target_model: Model = ""
) -> str:
    """From a character to a voice: describe it along the dimensions, review, design, listen, choose."""
    return _steps(
        f"Design a voice for this character:\n\n{character}" + (f"\n\nIt is for: {use}" if use else ""),
        f"Decide how the voice sounds along seven dimensions: {_DIMENSIONS}. Take each from the character; where the character "
        "leaves one open, choose what sets this voice apart, and tell me what you chose. Describe qualities; imitate nobody.",
        "Write a description of two or three sentences, in English or Chinese. Hold it against `review_description` and mend what "
        "that objects to.",
        f"Write a preview text of two or three sentences {_in(language)} that this character would say and in which pace and "
        "mood can be heard.",
        f"Call `design_voice` with `candidates` 3{f' and target_model {target_model}' if target_model else ''}: the same "
        "words give another voice each time. It costs money outside the sandbox; tell me the price, and go on only when I agree.",
        "Let me hear the previews, and say in words what was measured of each, how they differ and which comes closest to what was "
        "asked for. If none does, change the words that led astray and make new ones.",
        "When I have chosen, `keep_voice` with that one deletes the others of the design, after asking me. Tell me its name.",
    )


def cast_a_story(story: Story, language: Language = "", target_model: Model = "") -> str:
    """From a story to a voice for everybody in it, each plainly told from the others."""
    return _steps(
        f"Cast this story with voices:\n\n{story}",
        "List everybody who speaks, the narrator too, with one line on each and roughly how much they say.",
        "Look through `list_voices` for voices that fit and are not taken by another part; offer those first.",
        f"For the others plan voices that a listener tells apart at once: let no two share gender, age, pitch and speed "
        f"({_DIMENSIONS}). Show me the plan as a table with a description for each, held against `review_description`.",
        f"Say what it will cost altogether (`get_spending` shows what is left of the caps). After I agree, call `design_voice` "
        f"once for each{f' with target_model {target_model}' if target_model else ''}, with a preview text {_in(language)} that "
        "this part would say.",
        "Let me hear all previews side by side, with what was measured. Make another `take` where two are too much alike.",
        'End with the cast, as `narrate` takes it: {"character": "voice"}. It reads the whole story with them.',
    )


def narrate_document(document: Document, voice: Voice = "", cast: Cast = "", language: Language = "") -> str:
    """From a document to one audio file with subtitles: what to read, with which voices, at what price."""
    if cast:
        choice = f"Use the cast {cast}."
    elif voice:
        choice = f"Use the voice {voice}."
    else:
        choice = "Offer me the voices of `list_voices` that fit the text, or to design one with `design_voice`."
    return _steps(
        f"Read this aloud:\n\n{document}",
        "Say what is to be read and what is not (tables, code, links, footnotes) and how numbers and abbreviations are spoken, and "
        f"agree on it with me. Write it as a script {_in(language)}: paragraphs, or lines that begin with who speaks.",
        choice,
        "Call `narrate` with `dry_run`: tell me the length, the price and every problem it finds.",
        "After I agree, call `narrate`. On in_progress make the same call again until it is done; it pays for nothing twice.",
        "Give me the audio and its subtitles with their links, and the length altogether.",
    )


@dataclass(frozen=True, slots=True)
class PromptSpec:
    """One prompt. Its name is the function's, its description the docstring."""

    function: Callable[..., str]
    title: str


PROMPTS: Final = (
    PromptSpec(design_character_voice, "Design a character's voice"),
    PromptSpec(cast_a_story, "Cast a story"),
    PromptSpec(narrate_document, "Read a document aloud"),
)


async def complete(
    desk: Callable[[], Awaitable[Desk]],
    caller: Principal,
    ref: PromptReference | ResourceTemplateReference,
    argument: str,
    begun: str,
) -> Completion | None:
    """Values that an argument of a prompt or a resource template may be meant to have.

    Args:
        desk: Opens the desk, if the values are in the records.
        caller: Whose records; those that its token does not let it see complete nothing.
        ref: The prompt or the template.
        argument: The argument's name.
        begun: What was typed of it.
    """
    match argument:
        case "language":
            wanted = begun.casefold()
            return _completion(code for code, name in LANGUAGES.items() if _begins(wanted, code, name))
        case "target_model":
            return _completion(_matching(begun, MODELS))
        case "voice" if caller.may("voices:read"):
            rows = await (await desk()).records(caller.id).newest_voices(_VOICES_SOUGHT)
            return _completion(_matching(begun, [row.voice for row in rows]))
        case "cast" | "name" if caller.may("speech"):
            names = await anyio.to_thread.run_sync(_casts, await desk(), caller)
            return _completion(_matching(begun, names))
        case "id" if isinstance(ref, ResourceTemplateReference) and caller.may("speech"):
            rows = await (await desk()).records(caller.id).newest_audio(_VOICES_SOUGHT)
            return _completion(_matching(begun, [row.id for row in rows]))
        case _:
            return None


def _casts(desk: Desk, caller: Principal) -> list[str]:
    from .narration.cast import Casts

    return Casts(desk.settings.data_dir, caller.id).names()


def _matching(begun: str, values: Iterable[str]) -> list[str]:
    """The values that contain what was typed, those that begin with it first: voices all begin alike."""
    wanted = begun.casefold()
    found = [value for value in values if wanted in value.casefold()]
    return sorted(found, key=lambda value: not value.casefold().startswith(wanted))


def _begins(wanted: str, *names: str) -> bool:
    return any(name.casefold().startswith(wanted) for name in names)


def _completion(values: Iterable[str]) -> Completion:
    found = list(values)
    return Completion(values=found[:COMPLETED_MAX], total=len(found), has_more=len(found) > COMPLETED_MAX)


def _in(language: str) -> str:
    return f"in {LANGUAGES.get(language, language)}" if language else "in the language it is for"


def _steps(task: str, *steps: str) -> str:
    """The task, then its steps, numbered; empty ones are left out."""
    numbered = (f"{number}. {step}" for number, step in enumerate(filter(None, steps), start=1))
    return "\n".join((task, "", *numbered))
