"""What a row of the catalog says, and of what. Data without the figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact is from, and the day it was read."""

    document: str
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A list price. `basis`: listed by the vendor, derived from a listed one, or a ceiling where sources conflict."""

    amount: Decimal
    currency: Literal["USD", "CNY"]
    per: Literal["voice", "10,000 characters"]
    basis: Literal["listed", "derived", "ceiling"]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignLimits:
    """What a family's voice creation accepts. Lengths in characters (code points)."""

    voice_prompt_max: int
    preview_text_min: int
    preview_text_max: int
    name_pattern: str
    name_max: int
    languages: tuple[str, ...]
    sample_rates_hz: tuple[int, ...]
    response_formats: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A way to make voices: one `model` value on the wire, one list, one quota.

    `regions` are those where voices can be designed; a `reviewed` family's voices may speak only when the vendor says OK.
    """

    name: str
    wire_model: str
    limits: DesignLimits
    creation_price: Price
    voice_quota: int
    page_index_max: int
    unused_days_until_cleanup: int
    free_creations: int
    free_creation_days: int
    free_creation_regions: tuple[str, ...]
    regions: tuple[str, ...]
    reviewed: bool
    retires: date | None
    successor: str
    requests_per_minute: int
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechLimits:
    """Which options a model's synthesis has: what may be asked for, empty or None where it has no such option.

    `instructions_max` counts as the vendor bills (`billed_characters`). `languages` are the codes it takes as the text's language.
    """

    languages: tuple[str, ...]
    response_formats: tuple[str, ...] = ()
    sample_rates_hz: tuple[int, ...] = ()
    speech_rate: tuple[float, float] | None = None
    pitch_rate: tuple[float, float] | None = None
    volume: tuple[int, int] | None = None
    instructions_max: int = 0
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetModel:
    """A synthesis model that designed voices are bound to.

    `streams_by` is the surface that gives its speech as it is made. `text_max` is the most that one request may carry, counted as
    `text_length` does: a Han character is 2 where `han_counts_double`. `regions` are those where it speaks.
    """

    id: str
    family: str
    realtime: bool
    streams_by: Literal["sse", "realtime", "inference", "own"]
    speech: SpeechLimits
    regions: tuple[str, ...]
    text_max: int
    han_counts_double: bool
    price: Price
    requests_per_minute: int
    retires: date | None
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region's hosts. A key works only in the region that issued it (S2)."""

    name: str
    shared_host: str
    workspace_host: str
    source: Source
