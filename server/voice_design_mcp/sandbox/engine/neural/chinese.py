"""Chinese text to the sounds that Kokoro-82M was trained on: numbers as they are said, pinyin, its IPA with tone arrows."""

from __future__ import annotations

import re

from voice_design_mcp.sandbox.engine.neural.vocabulary import pairs

_DIGITS = "零一二三四五六七八九"
_UNITS = ("", "十", "百", "千")
_MYRIADS = ("", "万", "亿", "万亿")
_LONGEST_NUMBER = 12

_YEAR = re.compile(r"(?<!\d)(\d{4})(?=年)")
_PERCENT = re.compile(r"([-−]?)(\d+(?:\.\d+)?)%")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d)")
_RANGE = re.compile(r"(?<![\d.-])(\d{1,3})[-–~](\d{1,3})(?![\d-])")
_COUPLE = re.compile(r"(?<![\d.])2(?=[个位只条本张件次天岁间台辆家种名块页层场倍年两百千万亿])")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3})")
_NUMBER = re.compile(r"((?<!\d)[-−])?(\d+)(?:\.(\d+))?")

_INITIALS = pairs(
    """
        b=p p=pʰ m=m f=f d=t t=tʰ n=n l=l g=k k=kʰ h=x j=ʨ
        q=ʨʰ x=ɕ zh=ꭧ ch=ꭧʰ sh=ʂ r=ɻ z=ʦ c=ʦʰ s=s
    """
)
_FINALS = pairs(  # the tone goes to the place of the 0
    """
        a=a0 ai=ai0 an=a0n ang=a0ŋ ao=au0 e=ɤ0 ei=ei0 en=ə0n eng=ə0ŋ er=ɚ0 ê=ɛ0 i=i0
        ia=ja0 ian=jɛ0n iang=ja0ŋ iao=jau0 ie=je0 in=i0n ing=i0ŋ io=jɔ0 iong=jʊ0ŋ iou=jou0 o=wo0 ong=ʊ0ŋ
        ou=ou0 u=u0 ua=wa0 uai=wai0 uan=wa0n uang=wa0ŋ uei=wei0 uen=wə0n ueng=wə0ŋ uo=wo0 v=y0 ve=ɥe0
        van=ɥɛ0n vn=y0n m=m0 n=n0 ng=ŋ0
    """
)
_SHORTENED = {"iu": "iou", "ui": "uei", "un": "uen"}
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_SYLLABLE = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?([a-zêü]+)([1-5])")


def numbers_said(text: str) -> str:
    """Return `text` with its digits as the characters that are said for them: 2026年 is 二零二六年, 15% is 百分之十五."""
    text = _GROUPED.sub("", _COUPLE.sub("两", text))
    text = _YEAR.sub(lambda found: _one_by_one(found[1]), text)
    text = _CLOCK.sub(lambda found: _clock(int(found[1]), int(found[2])), text)
    text = _PERCENT.sub(lambda found: f"{'负' * bool(found[1])}百分之{_number(found[2])}", text)
    text = _RANGE.sub(r"\1到\2", text)
    return _NUMBER.sub(_signed, text)


def sounds_of_syllable(pinyin: str) -> str | None:
    """Return the sounds of one syllable of pinyin with its tone's digit ("zhong1", "lv4"); None when it is none."""
    found = _SYLLABLE.fullmatch(pinyin.replace("ü", "v"))
    if found is None:
        return None
    initial, final, tone = found[1] or "", found[2], found[3]
    if initial in {"y", "w"}:
        initial, final = "", _written_out(initial, final)
    elif initial in {"j", "q", "x"} and final.startswith("u"):
        final = "v" + final[1:]
    final = _SHORTENED.get(final, final)
    if final == "i" and initial in {"zh", "ch", "sh", "r", "z", "c", "s"}:
        sounds = "ɨ0"
    else:
        sounds = "ɔ0" if found[0][:-1] == "o" else _FINALS.get(final)  # 哦 alone has no glide
    return None if sounds is None else _INITIALS.get(initial, "") + sounds.replace("0", _TONES[tone])


def _written_out(glide: str, rest: str) -> str:
    """The final behind the spelling of a syllable that begins with y or w: yan is ian, wu is u, yuan is van."""
    if glide == "w":
        return rest if rest.startswith("u") else "u" + rest
    if rest.startswith("u"):
        return "v" + rest[1:]
    return {"ou": "iou", "i": "i", "in": "in", "ing": "ing"}.get(rest, "i" + rest)


def _signed(found: re.Match[str]) -> str:
    return "负" * bool(found[1]) + _number(found[2] + (f".{found[3]}" if found[3] else ""))


def _number(digits: str) -> str:
    whole, _, decimals = digits.partition(".")
    is_code = len(whole) > _LONGEST_NUMBER or (len(whole) > 1 and whole[0] == "0") or len(whole) == 11
    said = _one_by_one(whole) if is_code else _count(whole)
    return said + (f"点{_one_by_one(decimals)}" if decimals else "")


def _clock(hours: int, minutes: int) -> str:
    said = _count(str(hours)) if hours != 2 else "两"
    return f"{said}点" + (f"{'零' * (minutes < 10)}{_count(str(minutes))}分" if minutes else "整")


def _one_by_one(digits: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in digits)


def _count(digits: str) -> str:
    """A number of up to twelve digits in words: 10010 is 一万零一十."""
    said, skipped = "", False
    for place, digit in zip(range(len(digits) - 1, -1, -1), map(int, digits), strict=True):
        if digit:
            said += "零" * (skipped and bool(said)) + _DIGITS[digit] + _UNITS[place % 4]
        skipped = not digit and place % 4 > 0
        if place % 4 == 0 and int(digits[max(0, len(digits) - place - 4) : len(digits) - place]):
            said += _MYRIADS[place // 4]
    return (said[1:] if said.startswith("一十") else said) or _DIGITS[0]
