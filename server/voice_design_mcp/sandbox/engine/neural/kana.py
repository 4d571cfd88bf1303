"""Kana to the sounds that Kokoro-82M was trained on. Knows no kanji: those are read before."""

from __future__ import annotations

import unicodedata

from voice_design_mcp.sandbox.engine.neural.vocabulary import pairs

_VOWELS = "aiɯeo"
_ROWS = {  # five kana, the consonants before a i u e o
    "アイウエオ": ("", "", "", "", ""),
    "カキクケコ": ("k", "kʲ", "k", "k", "k"),
    "ガギグゲゴ": ("ɡ", "ɡʲ", "ɡ", "ɡ", "ɡ"),
    "サシスセソ": ("s", "ɕ", "s", "s", "s"),
    "ザジズゼゾ": ("ʣ", "ʥ", "z", "ʣ", "ʣ"),
    "タチツテト": ("t", "ʨ", "ʦ", "t", "t"),
    "ダヂヅデド": ("d", "ʥ", "z", "d", "d"),
    "ナニヌネノ": ("n", "ɲ", "n", "n", "n"),
    "ハヒフヘホ": ("h", "ç", "ɸ", "h", "h"),
    "バビブベボ": ("b", "bʲ", "b", "b", "b"),
    "パピプペポ": ("p", "pʲ", "p", "p", "p"),
    "マミムメモ": ("m", "mʲ", "m", "m", "m"),
    "ラリルレロ": ("ɾ", "ɾʲ", "ɾ", "ɾ", "ɾ"),
}
_CENTRAL = {"ス": "sɨ", "ズ": "zɨ", "ツ": "ʦɨ", "ヅ": "zɨ"}  # their u is fronted
_OTHERS = pairs("ヤ=ja ユ=jɯ ヨ=jo ワ=βa ヰ=i ヱ=e ヲ=o ヴ=vɯ ー=ː ッ=ʔ ヷ=va ヸ=vʲi ヹ=ve ヺ=vo ヵ=ka ヶ=ke")
_SMALL = {"ャ": "a", "ュ": "ɨ", "ョ": "o", "ァ": "a", "ィ": "i", "ゥ": "ɯ", "ェ": "e", "ォ": "o", "ヮ": "a"}
_BORROWED = pairs(  # a syllable before a small kana, where its consonant is not the one it has alone
    """
        ウ=β ク=kᵝ グ=ɡᵝ ヴ=v イ=j テュ=tʲɨ デュ=dʲɨ フュ=ɸʲɨ フョ=ɸʲo ヴュ=bʲɨ ヴョ=bʲo ティ=tʲi
        ディ=dʲi フィ=ɸʲi ツィ=ʦʲi ヴィ=vʲi
    """
)
_REGULAR = {
    kana: onset + vowel
    for row, onsets in _ROWS.items()
    for kana, onset, vowel in zip(row, onsets, _VOWELS, strict=True)
}
_PLAIN = _REGULAR | _CENTRAL | _OTHERS
_NASAL_BEFORE = {
    **dict.fromkeys("mpb", "m"),
    **dict.fromkeys("kɡ", "ŋ"),
    **dict.fromkeys("ɲʨʥ", "ɲ"),
    **dict.fromkeys("ntdɾzʣʦ", "n"),
}
_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


def sounds(text: str) -> str:
    """Return `text` with its kana as sounds; everything else stays."""
    kana = unicodedata.normalize("NFKC", text).translate(_HIRAGANA)
    said: list[str] = []
    for place, character in enumerate(kana):
        following = kana[place + 1 : place + 2]
        if character in _SMALL:
            said.append(_joined(said, kana[place - 1 : place] if place else "", character))
        elif character == "ン":
            said.append("ン")  # waits for what follows it
        elif character == "ッ" and not (following and following in _PLAIN):
            continue
        else:
            said.append(_PLAIN.get(character, character))
    return _with_nasals("".join(said))


def _joined(said: list[str], before: str, small: str) -> str:
    """Take back the syllable before a small kana and say both as one."""
    if not said or before not in _PLAIN:
        return _SMALL[small]
    alone = said.pop()
    if whole := _BORROWED.get(before + small):
        return whole
    onset = _BORROWED.get(before, alone[:-1])
    return onset + _SMALL[small]


def _with_nasals(said: str) -> str:
    return "".join(
        _NASAL_BEFORE.get(said[place + 1 : place + 2], "ɴ") if sound == "ン" else sound
        for place, sound in enumerate(said)
    )
