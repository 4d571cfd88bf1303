"""Korean text to sounds: numbers as they are said, syllables taken apart, and what neighbours make of each other.

eSpeak NG joins words and voices the wrong consonants; a dozen rules of standard pronunciation are understood better.
"""

from __future__ import annotations

import re
import unicodedata

from voice_design_mcp.sandbox.engine.neural.vocabulary import pairs

_ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS_SAID = "a ɛ ja jɛ ʌ e jʌ je o wa wɛ we jo u wʌ we wi ju ɯ ɰi i"
_VOWELS = _VOWELS_SAID.split()
_CODAS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_FIRST, _LAST = 0xAC00, 0xD7A3
_NONE = "ㅇ"
"""An onset that is not there."""

_CLUSTERS = pairs("ㄳ=ㄱㅅ ㄵ=ㄴㅈ ㄶ=ㄴㅎ ㄺ=ㄹㄱ ㄻ=ㄹㅁ ㄼ=ㄹㅂ ㄽ=ㄹㅅ ㄾ=ㄹㅌ ㄿ=ㄹㅍ ㅀ=ㄹㅎ ㅄ=ㅂㅅ")
_ALONE = {  # a coda that nothing follows
    **dict.fromkeys("ㄱㄲㅋㄳㄺ", "ㄱ"),
    **dict.fromkeys("ㄴㄵㄶ", "ㄴ"),
    **dict.fromkeys("ㄷㅅㅆㅈㅊㅌㅎ", "ㄷ"),
    **dict.fromkeys("ㄹㄼㄽㄾㅀ", "ㄹ"),
    **dict.fromkeys("ㅁㄻ", "ㅁ"),
    **dict.fromkeys("ㅂㅍㅄㄿ", "ㅂ"),
    "ㅇ": "ㅇ",
    " ": " ",
}
_ASPIRATED = dict(zip("ㄱㄷㅂㅈ", "ㅋㅌㅍㅊ", strict=True))
_TENSE = dict(zip("ㄱㄷㅂㅅㅈ", "ㄲㄸㅃㅆㅉ", strict=True))
_NASAL = dict(zip("ㄱㄷㅂ", "ㅇㄴㅁ", strict=True))
_PALATAL = {"ㄷ": "ㅈ", "ㅌ": "ㅊ"}
_ONSET_SOUNDS = pairs(
    "ㄱ=k ㄲ=k ㄴ=n ㄷ=t ㄸ=t ㄹ=ɾ ㅁ=m ㅂ=p ㅃ=p ㅅ=s ㅆ=s ㅇ= ㅈ=ʨ ㅉ=ʨ ㅊ=ʨʰ ㅋ=kʰ ㅌ=tʰ ㅍ=pʰ ㅎ=h"
)
_VOICED = {"ㄱ": "ɡ", "ㄷ": "d", "ㅂ": "b", "ㅈ": "ʥ"}
_CODA_SOUNDS = {"ㄱ": "k", "ㄴ": "n", "ㄷ": "t", "ㄹ": "l", "ㅁ": "m", "ㅂ": "p", "ㅇ": "ŋ", " ": ""}

_DIGITS = "영일이삼사오육칠팔구"
_UNITS = ("", "십", "백", "천")
_MYRIADS = ("", "만", "억", "조")
_LONGEST_NUMBER = 16
_GROUPED = re.compile(r"(?<=\d),(?=\d{3})")
_NUMBER = re.compile(r"(\d+)(?:\.(\d+))?(%)?")
_WORD = re.compile(r"[\uac00-\ud7a3]+")

Syllable = tuple[str, str, str]
"""Onset and coda as letters, and the vowel between them as a sound."""


def sounds(text: str) -> str:
    """Return `text` with its hangul and digits as sounds; everything else stays."""
    text = _NUMBER.sub(_numeral, _GROUPED.sub("", unicodedata.normalize("NFC", text)))
    return _WORD.sub(lambda word: _said(_joined([_apart(syllable) for syllable in word[0]])), text)


def _apart(syllable: str) -> Syllable:
    onset, rest = divmod(ord(syllable) - _FIRST, len(_VOWELS) * len(_CODAS))
    vowel, coda = divmod(rest, len(_CODAS))
    return _ONSETS[onset], _VOWELS[vowel], _CODAS[coda]


def _joined(syllables: list[Syllable]) -> list[Syllable]:
    """Let each coda meet the onset behind it."""
    met: list[Syllable] = []
    onset = syllables[0][0]
    for (_, vowel, coda), following in zip(syllables, [*syllables[1:], None], strict=True):
        if following is None:
            kept, after = _ALONE[coda], ""
        elif following[0] == _NONE:
            kept, after = _carried(coda, following[1])
        else:
            kept, after = _met(coda, following[0])
        met.append((onset, vowel, kept))
        onset = after
    return met


def _carried(coda: str, vowel: str) -> tuple[str, str]:
    """A coda before a vowel becomes its onset: 읽어 is 일거."""
    if coda in {" ", "ㅇ"}:
        return coda, _NONE
    rest, moved = _CLUSTERS.get(coda, f" {coda}")
    if moved == "ㅎ":
        return (" ", rest) if rest != " " else (" ", _NONE)
    if vowel.startswith(("i", "j")):
        moved = _PALATAL.get(moved, moved)
    return rest, _TENSE["ㅅ"] if coda in {"ㄳ", "ㅄ"} else moved


def _met(coda: str, onset: str) -> tuple[str, str]:
    """A coda before a consonant: aspiration, then tension, nasals and liquids."""
    if coda in "ㅎㄶㅀ" and onset in _ASPIRATED:
        return {"ㅎ": " ", "ㄶ": "ㄴ", "ㅀ": "ㄹ"}[coda], _ASPIRATED[onset]
    plain = _ALONE[coda]
    if onset == "ㅎ":
        rest, last = _CLUSTERS.get(coda, f" {coda}")
        aspirated = _ASPIRATED.get(last) or _ASPIRATED.get(_ALONE[last])
        return (rest, aspirated) if aspirated else (plain, onset)
    if plain in _NASAL and onset in "ㄴㅁㄹ":
        return _NASAL[plain], "ㄴ" if onset == "ㄹ" else onset
    if plain in _NASAL:
        return plain, _TENSE.get(onset, onset)
    if plain in "ㅁㅇ" and onset == "ㄹ":
        return plain, "ㄴ"
    if plain + onset in {"ㄴㄹ", "ㄹㄴ"}:
        return "ㄹ", "ㄹ"
    return plain, onset


def _said(syllables: list[Syllable]) -> str:
    line, before = "", ""
    for onset, vowel, coda in syllables:
        sound = _ONSET_SOUNDS[onset]
        if onset in _VOICED and before and before not in "ㄱㄷㅂ":
            sound = _VOICED[onset]
        elif onset == "ㄹ" and before == "ㄹ":
            sound = "l"
        elif onset in "ㅅㅆ" and vowel.startswith(("i", "j", "wi")):
            sound = "ɕ"
        line += sound + vowel + _CODA_SOUNDS[coda]
        before = coda
    return line


def _numeral(found: re.Match[str]) -> str:
    whole, decimals, percent = found[1], found[2], found[3]
    is_code = len(whole) > _LONGEST_NUMBER or (len(whole) > 1 and whole[0] == "0")
    said = "".join(_DIGITS[int(digit)] for digit in whole) if is_code else _count(whole)
    if decimals:
        said += " 점 " + "".join(_DIGITS[int(digit)] for digit in decimals)
    return said + (" 퍼센트" if percent else "")


def _count(digits: str) -> str:
    """A number in words: 2026 is 이천이십육; one is not said before ten, hundred and thousand, nor before a first 만."""
    said = ""
    for place, digit in zip(range(len(digits) - 1, -1, -1), map(int, digits), strict=True):
        if digit:
            said += ("" if digit == 1 and place % 4 else _DIGITS[digit]) + _UNITS[place % 4]
        if place % 4 == 0 and int(digits[max(0, len(digits) - place - 4) : len(digits) - place]):
            said += _MYRIADS[place // 4]
    return said.removeprefix("일") if said.startswith("일만") else said or _DIGITS[0]
