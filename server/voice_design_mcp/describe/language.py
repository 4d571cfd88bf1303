"""Which of the ten languages a preview text is in, by its script and its commonest words.

Certain only where script or words make it plain; says so in words fit for showing. Reads no description: that is traits.py.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from . import tongues

LANGUAGES: Final = ("zh", "en", "de", "it", "pt", "es", "ja", "ko", "fr", "ru")
"""The codes that the vendor takes (API reference, Voice design, `language`)."""

NAMES: Final = {
    "zh": "Chinese",
    "en": "English",
    "de": "German",
    "it": "Italian",
    "pt": "Portuguese",
    "es": "Spanish",
    "ja": "Japanese",
    "ko": "Korean",
    "fr": "French",
    "ru": "Russian",
}

_SCRIPTS: Final = dict[str, tuple[str, ...]].fromkeys(tongues.WORDS, ("latin",)) | {
    "zh": ("han",),
    "ja": ("kana", "han"),
    "ko": ("hangul",),
    "ru": ("cyrillic",),
}
_RANGES: Final = (
    (0x0041, 0x005A, "latin"),
    (0x0061, 0x007A, "latin"),
    (0x00C0, 0x024F, "latin"),
    (0x0400, 0x052F, "cyrillic"),
    (0x1100, 0x11FF, "hangul"),
    (0x1E00, 0x1EFF, "latin"),
    (0x3005, 0x3007, "han"),
    (0x3041, 0x3096, "kana"),
    (0x30A1, 0x30FA, "kana"),
    (0x3130, 0x318F, "hangul"),
    (0x31F0, 0x31FF, "kana"),
    (0x3400, 0x4DBF, "han"),
    (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7A3, "hangul"),
    (0xF900, 0xFAFF, "han"),
    (0xFF21, 0xFF3A, "latin"),
    (0xFF41, 0xFF5A, "latin"),
    (0xFF66, 0xFF9D, "kana"),
    (0xFFA0, 0xFFDC, "hangul"),
    (0x20000, 0x323AF, "han"),
)
_STARTS: Final = tuple(first for first, _, _ in _RANGES)
# A syllable or a character says about as much as three letters of an alphabet.
_WEIGHTS: Final = {"han": 3, "kana": 3, "hangul": 3}
_LEAST_KANA: Final = 0.15
_PLAIN_SHARE: Final = 0.8
# Measured on interface strings of a web framework in the six languages (1,967 of four words and more): with these, 78 % are
# certain and 0.1 % are wrongly so; of 3,044 in twelve other languages of the script, 4 % are taken for one of the six.
_FEW_WORDS: Final = 2
_EVIDENCE_OF_FEW: Final = 1.0
_EVIDENCE: Final = 1.5
_EVIDENCE_A_WORD: Final = 0.2
_LEAD: Final = 0.75
_TIMES: Final = 1.3
_DOUBT_TIMES: Final = 2.0
_LETTER_WEIGHT: Final = 0.75
_PIECE_WEIGHT: Final = 0.25


@dataclass(frozen=True, slots=True)
class Guess:
    """What a text's language seems to be.

    Attributes:
        language: One of `LANGUAGES`, None when nothing can be said.
        certain: Whether script or words make it plain.
        reason: A short phrase fit for showing: "it is written in hangul".
    """

    language: str | None
    certain: bool
    reason: str


def recognise(text: str) -> Guess:
    """Say which of the ten languages `text` is in, and how certain that is."""
    weights = _weigh(text)
    if not weights:
        return Guess(None, certain=False, reason="it has no letters")
    written = {
        "latin": weights["latin"],
        "cyrillic": weights["cyrillic"],
        "hangul": weights["hangul"],
        "east": weights["kana"] + weights["han"],
        "other": weights["other"],
    }
    leading = max(written, key=written.__getitem__)
    if leading == "other":
        return Guess(None, certain=False, reason="it is written in the script of none of the ten languages")
    if leading == "latin":
        guess = _by_words(text)
        if guess.language or len(+weights) == 1:
            return guess
        # Latin words that no language owns are names; the script beside them says more.
        leading = max(set(written) - {"latin", "other"}, key=written.__getitem__)
    guess = _by_script(text, leading, weights)
    if (
        written[leading] < _PLAIN_SHARE * (weights.total() - weights["latin"])
        or written[leading] * 3 < weights["latin"]
    ):
        return Guess(guess.language, certain=False, reason=f"{guess.reason}, among other scripts")
    return guess


def has_letter_of(text: str, language: str) -> bool:
    """Tell whether `text` has a letter of a script that `language`, one of `LANGUAGES`, is written in.

    Japanese is written in kana or Han, Chinese in Han, Korean in hangul, Russian in Cyrillic, the others in Latin.
    """
    weights = _weigh(text)
    return any(weights[script] for script in _SCRIPTS[language])


def contradicts(text: str, language: str) -> bool:
    """Tell whether the script of `text` plainly says another language than `language`, one of `LANGUAGES`.

    Words never contradict, they only make doubtful; nor does a foreign name among the words.
    """
    weights = _weigh(text)
    own = sum(weights[script] for script in _SCRIPTS[language])
    if language == "zh" and _is_kana_plain(weights):
        return True
    if not own:
        return bool(weights)
    foreign = sum(
        weight for script, weight in weights.items() if script != "latin" and script not in _SCRIPTS[language]
    )
    return foreign > own


def doubtful(text: str, language: str) -> str:
    """Return one sentence of warning where the text reads as another of the ten languages than `language`, else ""."""
    guess = recognise(text)
    if guess.language is None or guess.language == language:
        return ""
    if guess.language in tongues.WORDS and language in tongues.WORDS:
        scores, _ = _score(text)
        if scores[guess.language] < max(_EVIDENCE_OF_FEW, scores[language] * _DOUBT_TIMES):
            return ""
    return f"The text looks {NAMES[guess.language]} ({guess.reason}), but the language given is {NAMES[language]}."


def can_describe(description: str) -> bool:
    """Tell whether a description has a letter of the Latin or the Han script (the vendor reads Chinese and English only)."""
    weights = _weigh(description)
    return bool(weights["latin"] or weights["han"])


def _weigh(text: str) -> Counter[str]:
    """Count the letters of each script, heavier where one letter is a syllable or a word."""
    weights: Counter[str] = Counter()
    for char in unicodedata.normalize("NFC", text):
        if (script := _script(char)) is not None:
            weights[script] += _WEIGHTS.get(script, 1)
    return weights


def _script(char: str) -> str | None:
    if not char.isalpha() and char != "〇":
        return None
    place = bisect_right(_STARTS, ord(char)) - 1
    if place >= 0 and ord(char) <= _RANGES[place][1]:
        return _RANGES[place][2]
    return "other"


def _is_kana_plain(weights: Counter[str]) -> bool:
    """Tell whether there is more kana than a の between Chinese words."""
    return weights["kana"] > _LEAST_KANA * (weights["kana"] + weights["han"])


def _by_script(text: str, leading: str, weights: Counter[str]) -> Guess:
    if leading == "hangul":
        return Guess("ko", certain=True, reason="it is written in hangul")
    if leading == "cyrillic":
        if any(_script(char) == "cyrillic" and char not in tongues.RUSSIAN_LETTERS for char in text.lower()):
            return Guess("ru", certain=False, reason="it is written in Cyrillic, with letters that Russian has not")
        return Guess("ru", certain=True, reason="it is written in Cyrillic")
    if weights["kana"]:
        return Guess("ja", certain=_is_kana_plain(weights), reason="it has kana")
    if any(char in tongues.JAPANESE_ONLY_HAN for char in text):
        return Guess("ja", certain=False, reason="it has characters that only Japanese writes, but no kana")
    return Guess("zh", certain=True, reason="it is written in Chinese characters, without kana")


def _by_words(text: str) -> Guess:
    scores, words = _score(text)
    (first, best), (second, next_best) = scores.most_common(2)
    if any(char in tongues.FOREIGN_LETTERS for char in text.lower()):
        return Guess(None, certain=False, reason="it has letters that none of the ten languages writes")
    if not best or best == next_best:
        return Guess(None, certain=False, reason="its words do not tell")
    enough = max(_EVIDENCE_OF_FEW if words <= _FEW_WORDS else _EVIDENCE, _EVIDENCE_A_WORD * words)
    if best >= max(enough, _TIMES * next_best, next_best + _LEAD):
        return Guess(first, certain=True, reason=f"its words are {NAMES[first]}")
    rival = f", but may be {NAMES[second]}" if next_best else ""
    return Guess(first, certain=False, reason=f"its words look {NAMES[first]}{rival}")


def _score(text: str) -> tuple[Counter[str], int]:
    """Return the evidence for each language that shares the Latin script, and the number of words it was sought in.

    Pieces and letters together support a language by no more than its words do, so that an ä alone makes no German.
    """
    evidence = _evidence()
    words = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFKC", text).lower())
    of_words, of_hints = (Counter(dict.fromkeys(tongues.WORDS, 0.0)) for _ in range(2))
    for word in words:
        of_words.update(evidence.words.get(word, {}))
        edged = f"_{word}_"
        for piece, shares in evidence.pieces.items():
            if piece in edged:
                of_hints.update(shares)
    for letter in set("".join(words)):
        of_hints.update(evidence.letters.get(letter, {}))
    return Counter({tongue: known + min(known, of_hints[tongue]) for tongue, known in of_words.items()}), len(words)


class _Evidence(NamedTuple):
    """What a word, a letter or a piece is worth for each language: a share of its weight among those that have it."""

    words: dict[str, dict[str, float]]
    letters: dict[str, dict[str, float]]
    pieces: dict[str, dict[str, float]]


@cache
def _evidence() -> _Evidence:
    return _Evidence(
        words=_shares({language: set(words.split()) for language, words in tongues.WORDS.items()}, 1.0),
        letters=_shares({language: set(letters) for language, letters in tongues.LETTERS.items()}, _LETTER_WEIGHT),
        pieces=_shares({language: set(pieces.split()) for language, pieces in tongues.PIECES.items()}, _PIECE_WEIGHT),
    )


def _shares(owned: dict[str, set[str]], weight: float) -> dict[str, dict[str, float]]:
    owners: dict[str, list[str]] = {}
    for language, items in owned.items():
        for item in items:
            owners.setdefault(item, []).append(language)
    return {item: dict.fromkeys(languages, weight / len(languages)) for item, languages in owners.items()}
