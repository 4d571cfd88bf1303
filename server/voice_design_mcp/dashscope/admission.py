"""What a model can be asked for when it speaks, held against the catalog: the same words whatever the model.

Refuses to know how an option is called on the wire.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..catalog_rows import SpeechLimits, TargetModel
from ..characters import billed_characters
from ..errors import InputError
from .seam import SpeechOptions


def admit(model: TargetModel, language: str, options: SpeechOptions) -> None:
    """Check that a model has every option that was given, and that each is within its limits.

    Args:
        model: The model that would speak.
        language: A code, empty when not given.
        options: Those that were given.

    Raises:
        InputError: Naming the first argument (as `synthesize` calls it) that it has not, or whose value is outside its limits.
    """
    limits = model.speech
    _choice(model, "language", language or None, limits.languages)
    _choice(model, "response_format", options.response_format, limits.response_formats)
    _choice(model, "sample_rate", options.sample_rate_hz, limits.sample_rates_hz)
    _between(model, "speech_rate", options.speech_rate, limits.speech_rate)
    _between(model, "pitch_rate", options.pitch_rate, limits.pitch_rate)
    _between(model, "volume", options.volume, limits.volume)
    _instructions(model, options.instructions, limits)


def _choice(model: TargetModel, argument: str, given: str | int | None, allowed: Sequence[str | int]) -> None:
    if given is None or given in allowed:
        return
    if not allowed:
        raise _has_none(model, argument)
    raise InputError(
        argument,
        f"{argument} {str(given)[:40]!r} is not one that {model.id} has.",
        hint=f"Use one of: {', '.join(str(each) for each in allowed)}.",
    )


def _between(model: TargetModel, argument: str, given: float | None, bounds: tuple[float, float] | None) -> None:
    if given is None:
        return
    if bounds is None:
        raise _has_none(model, argument)
    least, most = bounds
    if not least <= given <= most:
        raise InputError(
            argument,
            f"{argument} is {given:g}; {model.id} takes {least:g} to {most:g}.",
            hint=f"Use a number from {least:g} to {most:g}.",
        )


def _instructions(model: TargetModel, given: str | None, limits: SpeechLimits) -> None:
    if given is None:
        return
    if not limits.instructions_max:
        raise _has_none(model, "instructions")
    if not 1 <= (length := billed_characters(given)) <= limits.instructions_max:
        raise InputError(
            "instructions",
            f"instructions count {length:,} characters; {model.id} takes 1 to {limits.instructions_max:,}.",
            hint="A Han character counts as 2. Say the manner in a few words.",
        )


def _has_none(model: TargetModel, argument: str) -> InputError:
    return InputError(
        argument, f"{model.id} has no {argument}.", hint=f"Leave {argument} out, or use a voice of another model."
    )
