"""The natural engine reads any text: clauses with their marks, numbers as they are said, and only sounds that its model knows."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_design_mcp.sandbox.engine import espeak, seam
from voice_design_mcp.sandbox.engine.data_folder import DataFolder
from voice_design_mcp.sandbox.engine.neural import chinese, ipa, kana, korean, phonemes
from voice_design_mcp.sandbox.engine.neural.clauses import Clause, clauses
from voice_design_mcp.sandbox.engine.neural.model import MOST_TOKENS
from voice_design_mcp.sandbox.engine.neural.vocabulary import NUMBERS, tokens

from .test_voices import TEXTS


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Hello, Mr. Smith! It is 3.5 degrees.", ["Hello ,", "Mr. Smith !", "It is 3.5 degrees ."]),
        ("At 10:30 a.m. today we sold 1,000 cups", ["At 10:30 a.m. today we sold 1,000 cups ."]),
        ("你好,世界!今天是2026年,温度3.5度。", ["你好 ,", "世界 !", "今天是2026年 ,", "温度3.5度 ."]),
        ("One\ntwo?\n\nthree", ["One \n", "two ?", "three ."]),
        ("Wait... what?! (really)", ["Wait …", "what ?", "really ."]),
        ("J. R. R. Tolkien wrote www.example.com, twice", ["J. R. R. Tolkien wrote www.example.com ,", "twice ."]),
        ("「はい」、『いいえ』。", ["はい ,", "いいえ ."]),
        ("a — b - c", ["a —", "b —", "c ."]),
        ("…!? ,,", []),
    ],
)
def test_a_text_is_cut_where_a_reader_pauses(text: str, cut: list[str]) -> None:
    assert [f"{clause.words} {clause.mark}" for clause in clauses(text)] == cut


@given(st.text(max_size=200))
def test_no_word_is_lost_between_clauses(text: str) -> None:
    kept = "".join(character for clause in clauses(text) for character in clause.words if character.isalnum())
    assert kept == "".join(character for character in text if character.isalnum())


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2026年11月22日", "二零二六年十一月二十二日"),
        ("3.5度", "三点五度"),
        ("100,000", "十万"),
        ("10010", "一万零一十"),
        ("1002003", "一百万二千零三"),
        ("120000000", "一亿二千万"),
        ("10:05", "十点零五分"),
        ("2:00", "两点整"),
        ("-15%", "负百分之十五"),
        ("2个人", "两个人"),
        ("12个人", "十二个人"),
        ("3-5天", "三到五天"),
        ("13800138000", "一三八零零一三八零零零"),
        ("007", "零零七"),
        ("0", "零"),
        ("没有数字", "没有数字"),
    ],
)
def test_chinese_numbers_are_written_out_as_they_are_said(written: str, said: str) -> None:
    assert chinese.numbers_said(written) == said


@given(st.text(alphabet="0123456789,.:%-年个百 ", max_size=40))
def test_any_mixture_of_digits_can_be_said_and_none_is_left(text: str) -> None:
    for said in (chinese.numbers_said(text), korean.sounds(text)):
        assert not any(character.isdecimal() for character in said)


@given(st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), max_size=30))
def test_any_row_of_korean_syllables_can_be_said(text: str) -> None:
    assert set(korean.sounds(text)) <= NUMBERS.keys()


@pytest.mark.parametrize(
    ("syllable", "sounds"),
    [
        ("zhong1", "ꭧʊ→ŋ"),
        ("guo2", "kwo↗"),
        ("ni3", "ni↓"),
        ("shi4", "ʂɨ↘"),
        ("de5", "tɤ"),
        ("xue2", "ɕɥe↗"),
        ("yuan2", "ɥɛ↗n"),
        ("lv4", "ly↘"),
        ("liu4", "ljou↘"),
        ("er2", "ɚ↗"),
        ("o2", "ɔ↗"),
        ("wen4", "wə↘n"),
    ],
)
def test_pinyin_becomes_sounds_with_the_tone_behind_the_vowel(syllable: str, sounds: str) -> None:
    assert chinese.sounds_of_syllable(syllable) == sounds


def test_what_is_no_pinyin_has_no_sounds() -> None:
    assert [chinese.sounds_of_syllable(text) for text in ("Python", "zh1", "a9", "", "，")] == [None] * 5


@pytest.mark.extras
def test_every_chinese_character_that_can_be_read_has_sounds() -> None:
    pypinyin: Any = importlib.import_module("pypinyin")
    options = {"style": pypinyin.Style.TONE3, "neutral_tone_with_five": True}
    syllables: set[str] = {pypinyin.lazy_pinyin(chr(code), **options)[0] for code in range(0x4E00, 0x9FA6)}
    known = {syllable for syllable in syllables if syllable.isascii()}
    assert len(known) > 1200
    assert {syllable for syllable in known if chinese.sounds_of_syllable(syllable) is None} == set()


@pytest.mark.extras
def test_a_character_with_two_readings_is_read_by_its_word() -> None:
    (bank,) = phonemes.sounds([Clause("银行", ".")], "zh")
    (walk,) = phonemes.sounds([Clause("行走", ".")], "zh")
    assert bank.endswith("xa↗ŋ")
    assert walk.startswith("ɕi↗ŋ")


@pytest.mark.parametrize(
    ("written", "sounds"),
    [
        ("ミナサン", "mʲinasaɴ"),
        ("こんばんは", "kombaɴha"),
        ("シンカンセン", "ɕiŋkaɴseɴ"),
        ("ニューヨーク", "ɲɨːjoːkɯ"),
        ("ガッコウ", "ɡaʔkoɯ"),
        ("ファイル", "ɸaiɾɯ"),
        ("パーティー", "paːtʲiː"),
        ("ジャズ", "ʥazɨ"),
        ("ｶﾞ", "ɡa"),
        ("ッ", ""),
    ],
)
def test_kana_becomes_sounds(written: str, sounds: str) -> None:
    assert kana.sounds(written) == sounds


@pytest.mark.parametrize(
    ("written", "sounds"),
    [
        ("안녕하세요", "annjʌŋhasejo"),
        ("읽어", "ilɡʌ"),
        ("같이", "kaʨʰi"),
        ("좋다", "ʨotʰa"),
        ("좋아", "ʨoa"),
        ("국물", "kuŋmul"),
        ("독립", "toŋnip"),
        ("신라", "ɕilla"),
        ("앉히다", "anʨʰida"),
        ("입학", "ipʰak"),
        ("못하다", "motʰada"),
        ("값이", "kapɕi"),
        ("감기", "kamɡi"),
        ("2026년", "iʨʰʌniɕibjuŋnjʌn"),
        ("10,000원", "manwʌn"),
        ("3.5%", "sam ʨʌm o pʰʌsentʰɯ"),
    ],
)
def test_korean_letters_become_what_their_neighbours_make_of_them(written: str, sounds: str) -> None:
    assert korean.sounds(written) == sounds


@pytest.mark.parametrize("language", [name for name in seam.LANGUAGES if name != "zh"])
def test_the_model_knows_every_sound_of_every_language(language: str) -> None:
    said = "".join(phonemes.sounds(clauses(TEXTS[language]), language))
    assert set(said) - NUMBERS.keys() == set()
    assert len(tokens(said)) > 60


@pytest.mark.extras
@pytest.mark.parametrize(
    ("language", "text", "native", "english"),
    [("zh", "今天学习Python编程", "ɕɥe↗ɕi↗", "pˈIθ"), ("ja", "今日はPythonを学びます", "manabʲi", "pˈIθ")],
)
def test_latin_words_in_chinese_and_japanese_are_read_as_english(
    language: str, text: str, native: str, english: str
) -> None:
    (said,) = phonemes.sounds(clauses(text), language)
    assert native in said
    assert english in said


def test_the_first_piece_is_short_and_no_piece_is_too_long_for_the_model() -> None:
    text = "Well, this is it. " + "a very long sentence without any mark that goes on and on " * 20 + ". The end."
    spoken = clauses(text)
    said = phonemes.sounds(spoken, "en")
    pieces = phonemes.pieces(spoken, said)
    assert len(pieces[0].tokens) <= 80
    assert max(len(piece.tokens) for piece in pieces) < MOST_TOKENS / 2
    assert [piece.mark for piece in pieces][-1] == "."
    assert "" in {piece.mark for piece in pieces}
    kept = sum(len(piece.tokens) for piece in pieces)
    assert kept >= sum(len(tokens(one.replace(" ", ""))) for one in said)


@given(st.text(alphabet="abc ,.!?\n。、あア漢字ё한🎉\u0301'-()", max_size=120), st.sampled_from(["ja", "en"]))
@settings(max_examples=20, deadline=None)
def test_any_text_can_be_cut_into_pieces(text: str, language: str) -> None:
    spoken = clauses(text)
    for piece in phonemes.pieces(spoken, phonemes.sounds(spoken, language)):
        assert 0 < len(piece.tokens) <= MOST_TOKENS


def test_a_transcriber_that_fails_twice_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = espeak.Installation(espeak.installed().library, DataFolder(tmp_path))
    monkeypatch.setattr(espeak, "installed", lambda: broken)
    with pytest.raises(seam.EngineError, match="failed twice"):
        ipa.sounds(["Hello"], "en")


def test_the_transcriber_is_a_program_of_its_own() -> None:
    source = Path(ipa.__file__).with_name("phoneme_worker.py").read_text(encoding="utf-8")
    imported = {line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported - set(sys.stdlib_module_names) == {"__future__"} - set(sys.stdlib_module_names)
