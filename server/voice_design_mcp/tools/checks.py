"""Arguments held against the catalog's limits, before anything leaves. Every refusal names the argument, the limit and the mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ..catalog import DEFAULT_LANGUAGE, LANGUAGES, MODELS, QWEN, SPEECH_FORMATS, SPEECH_RATES_HZ, family_of
from ..catalog_rows import DesignLimits, TargetModel
from ..dashscope.seam import SpeechOptions
from ..errors import InputError

NAME_GIVEN_BY_US = "voice"
NAME_MAX = 80
LONG_TEXT_MAX = 200_000
"""The most characters that one call speaks, some four hours. Ours: the vendor limits requests, not texts."""
TAKE_MAX = 1_000_000
"""Ours: more voices than an account has slots for a thousand times over."""
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
_IN_WORDS: Final = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A design that may be sent: every default filled in. `notes` are what the approver should know."""

    model: TargetModel
    arguments: dict[str, str | int]
    notes: tuple[str, ...]


def design(
    *,
    voice_prompt: str,
    preview_text: str,
    preferred_name: str,
    target_model: str,
    language: str,
    sample_rate: int,
    response_format: str,
) -> Design:
    """Check the arguments of a design.

    Raises:
        InputError: Naming the first argument that breaks a limit.
    """
    from ..describe.language import doubtful
    from ..families import known_model

    model = MODELS[known_model(target_model)]
    family = family_of(target_model)
    limits = family.limits
    _description(voice_prompt, limits)
    text("preview_text", preview_text, limits.preview_text_min, limits.preview_text_max)
    spoken, said = _language(preview_text, language, limits)
    name = _name(preferred_name)
    one_of("sample_rate", sample_rate, limits.sample_rates_hz)
    one_of("response_format", response_format, limits.response_formats)
    notes = (said, doubtful(preview_text, spoken))
    return Design(
        model=model,
        arguments={
            "family": family.name,
            "target_model": target_model,
            "voice_prompt": voice_prompt,
            "preview_text": preview_text,
            "preferred_name": name,
            "language": spoken,
            "sample_rate": sample_rate,
            "response_format": response_format,
        },
        notes=tuple(filter(None, notes)),
    )


def text(argument: str, value: str, least: int, most: int, count: Callable[[str], int] = len) -> None:
    """Check that a text can be sent and spoken. `count` tells its length as its reader counts.

    Raises:
        InputError: It is blank, too short or too long.
    """
    if not value.strip():
        raise InputError(argument, f"{argument} is empty.", hint=f"Give between {least} and {most:,} characters.")
    length = count(value)
    if not least <= length <= most:
        raise InputError(
            argument,
            f"{argument} has {length:,} characters; it must have {least} to {most:,}.",
            hint="Shorten it." if length > most else "Lengthen it.",
        )


def whole(argument: str, value: Any) -> None:
    """Check that every text in a value is one: what no database, vendor or answer could carry.

    Raises:
        InputError: One holds half of a character, or a NUL.
    """
    if isinstance(value, str):
        if odd := _NO_TEXT.search(value):
            told = "a NUL" if odd[0] == "\0" else "half of a character (a lone surrogate)"
            raise InputError(argument, f"{argument} holds {told}.", hint="Send it as whole Unicode, without NUL.")
    elif isinstance(value, Mapping):
        for name, inner in value.items():  # pyright: ignore[reportUnknownVariableType] JSON
            whole(argument, name)
            whole(argument, inner)
    elif isinstance(value, list):
        for inner in value:  # pyright: ignore[reportUnknownVariableType] JSON
            whole(argument, inner)


def one_of(argument: str, value: str | int, allowed: Sequence[str | int]) -> None:
    """Check that a value is one of those allowed.

    Raises:
        InputError: It is not.
    """
    if value not in allowed:
        shown = str(value)[:40]
        raise InputError(
            argument,
            f"{argument} {shown!r} is not supported.",
            hint=f"Use one of: {', '.join(str(each) for each in allowed)}.",
        )


def speech(
    model: TargetModel, words: str, language: str, response_format: str, sample_rate: int, options: SpeechOptions
) -> None:
    """Check that a model can speak a text so.

    Raises:
        InputError: Naming the first argument that breaks a limit, or that the model has not.
    """
    from ..dashscope.admission import admit

    text("text", words, 1, LONG_TEXT_MAX)
    one_of("response_format", response_format, SPEECH_FORMATS)
    one_of("sample_rate", sample_rate, SPEECH_RATES_HZ)
    if language:
        language_of("text", words, language, tuple(LANGUAGES))
    admit(model, language, options)


def file_name(name: str) -> None:
    """Check what a file is to be called.

    Raises:
        InputError: It is too long, or nothing of it can stand in a file's name.
    """
    if not name:
        return
    text("name", name, 1, NAME_MAX)
    if not any(character.isalnum() for character in name):
        raise InputError("name", "name has no letter or digit.", hint="Use words, such as chapter 1.")


def within(argument: str, value: int, least: int, most: int) -> None:
    """Check that a number lies between two bounds.

    Raises:
        InputError: It does not.
    """
    if not least <= value <= most:
        raise InputError(
            argument,
            f"{argument} is {value if abs(value) < TAKE_MAX else 'out of bounds'}; it must be {least} to {most}.",
            hint=f"Use a number from {least} to {most}.",
        )


def take_of(value: int) -> int:
    """Check which take is asked for.

    Raises:
        InputError: It is below 1, or more than anybody makes.
    """
    if value < 1:
        raise InputError("take", f"take is {value}; it must be at least 1.", hint="Count from 1.")
    if value > TAKE_MAX:
        raise InputError("take", f"take is above {TAKE_MAX:,}; it must be at most that.", hint="Count from 1.")
    return value


def language_of(argument: str, value: str, language: str, supported: Sequence[str]) -> str:
    """Check that a text may be spoken as a given language.

    Raises:
        InputError: The language is unknown, or the text's script contradicts it.
    """
    from ..describe.language import contradicts, has_letter_of

    one_of("language", language, supported)
    if contradicts(value, language):
        raise InputError(
            "language",
            f"language is {language!r}, but {argument} is written in another script.",
            hint=f"Leave language out to take it from {argument}, or write {argument} in {language!r}.",
        )
    if not has_letter_of(value, language):
        raise InputError(
            argument,
            f"{argument} has no letter that can be spoken as {language!r}.",
            hint="Write at least one word of that language.",
        )
    return language


def retirement(model: TargetModel, today: date) -> str:
    """What to say of a model past its announced last day: a warning, never a refusal."""
    family = family_of(model.id)
    if model.retires is None or today < model.retires:
        return ""
    return (
        f"The vendor announced that {family.wire_model} and its models go offline on {model.retires.isoformat()}; "
        f"if it now refuses, nothing is billed. Its successor is {family.successor}."
    )


def _description(voice_prompt: str, limits: DesignLimits) -> None:
    from ..describe.language import can_describe

    text("voice_prompt", voice_prompt, 1, limits.voice_prompt_max)
    if not can_describe(voice_prompt):
        raise InputError(
            "voice_prompt",
            "voice_prompt has no letter of the Latin or Han script; descriptions are in English or Chinese.",
            hint="Describe gender, age, pitch, speed, emotion and character in English or Chinese.",
        )


def _language(preview_text: str, language: str, limits: DesignLimits) -> tuple[str, str]:
    """The language of the preview, and what to say when it was not given."""
    from ..describe.language import has_letter_of, recognise

    if language:
        return language_of("preview_text", preview_text, language, limits.languages), ""
    guess = recognise(preview_text)
    if guess.language and guess.certain:
        spoken = language_of("preview_text", preview_text, guess.language, limits.languages)
        return spoken, f"language taken as {spoken!r}: {guess.reason}."
    if not has_letter_of(preview_text, DEFAULT_LANGUAGE):
        likely = f", such as {guess.language!r}" if guess.language else ""
        raise InputError(
            "language",
            f"language can't be told from preview_text, and the vendor's default {DEFAULT_LANGUAGE!r} does not fit it.",
            hint=f"Give language{likely}; one of: {', '.join(limits.languages)}.",
        )
    return (
        DEFAULT_LANGUAGE,
        f"language can't be told from preview_text; the vendor's default {DEFAULT_LANGUAGE!r} is sent.",
    )


def _name(preferred_name: str) -> str:
    """The name as it was given: what of it fits into a voice's name is the family's business, if there is anything."""
    name = preferred_name or NAME_GIVEN_BY_US
    if not re.fullmatch(QWEN.limits.name_pattern, name, re.ASCII) or not name.strip("_"):
        raise InputError(
            "preferred_name",
            f"preferred_name {preferred_name[:40]!r} must be 1 to {QWEN.limits.name_max} of A-Z, a-z, 0-9 and _, "
            "with a letter or digit among them.",
            hint="Use a short keyword such as announcer.",
        )
    return name


def wanted(schema: Mapping[str, Any]) -> str:
    """What an argument takes, for whoever gave another type: a whole number from 1 to 5, say."""
    if "enum" in schema:
        return f"Use one of: {', '.join(map(str, schema['enum']))}."
    kinds: str | list[str] = schema["type"]
    kind = " or ".join(_IN_WORDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
    items = f" of {_IN_WORDS[schema['items']['type']]} each" if kinds == "array" else ""
    limits = f" from {schema['minimum']} to {schema['maximum']}" if "minimum" in schema else ""
    return f"Give {kind}{items}{limits}."
