"""Which language a text is taken for, and when a stated language is contradicted or only doubted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_design_mcp.describe.language import (
    LANGUAGES,
    can_describe,
    contradicts,
    doubtful,
    has_letter_of,
    recognise,
)

PLAIN = {
    "zh": [
        "你好",
        "各位听众朋友，大家好，欢迎收听今天的节目。",
        "歡迎來到我們的直播間，今天給大家介紹一款新產品。",
        "请打开 Model Studio 的控制台",
        "今天买了iPhone 16 Pro Max",
        "第3章：雨夜",
    ],
    "en": [
        "Hello!",
        "Good evening, everyone, and thank you for joining us.",
        "The old lighthouse had not been lit for many years.",
        "What would you like to hear next?",
        "Welcome to 北京, the city of my dreams!",
        "PLEASE STAND CLEAR OF THE DOORS",
    ],
    "de": [
        "Guten Morgen!",
        "Meine Damen und Herren, wir begrüßen Sie zu unserer Sendung.",
        "Es war einmal ein König, der hatte drei Töchter.",
        "Der Zug fährt um neun Uhr ab.",
        "Das Meeting mit dem Team ist heute um zehn.",
        "Ich weiß es nicht.",
    ],
    "it": [
        "Buongiorno",
        "Signore e signori, benvenuti alla nostra trasmissione di stasera.",
        "C'era una volta un re che aveva tre figlie.",
        "Non so cosa dire, ma grazie lo stesso.",
        "Il nuovo iPhone è arrivato anche da noi.",
        "La colazione è pronta!",
    ],
    "pt": [
        "Bom dia!",
        "Senhoras e senhores, sejam bem-vindos ao nosso programa.",
        "Era uma vez um rei que tinha três filhas.",
        "Não sei o que você quer dizer com isso.",
        "A previsão do tempo para amanhã",
        "Obrigado por ouvir o nosso podcast.",
    ],
    "es": [
        "¡Buenos días!",
        "Señoras y señores, bienvenidos a nuestro programa de esta noche.",
        "Había una vez un rey que tenía tres hijas.",
        "No sé qué quieres decir con eso.",
        "Mañana lloverá en Madrid",
        "Gracias por escuchar nuestro podcast.",
    ],
    "ja": [
        "こんにちは",
        "皆さん、今晩は。今夜のニュースをお伝えします。",
        "昔々、ある所にお爺さんとお婆さんがいました。",
        "iPhoneを買いました",
        "東京の天気",
        "ｶﾀｶﾅﾃﾞｽ",
    ],
    "ko": [
        "안녕하세요",
        "청취자 여러분, 안녕하십니까. 저녁 뉴스를 시작하겠습니다.",
        "옛날 옛적에 한 왕이 살았습니다.",
        "Samsung 갤럭시를 샀어요",
        "서울의 날씨",
        "네!",
    ],
    "fr": [
        "Bonjour",
        "Mesdames et messieurs, bienvenue dans notre émission de ce soir.",
        "Il était une fois un roi qui avait trois filles.",
        "Je ne sais pas ce que vous voulez dire.",
        "Où est la gare ?",
        "L’hôtel est fermé aujourd’hui.",
    ],
    "ru": [
        "Привет",
        "Дорогие слушатели, добрый вечер. Начинаем выпуск новостей.",
        "Жил-был царь, и было у него три дочери.",
        "Это новый iPhone",
        "Погода в Москве",
        "Да!",
    ],
}
TEXTS = [(text, language) for language, texts in PLAIN.items() for text in texts]


def test_the_ten_languages_are_all_tried() -> None:
    assert set(PLAIN) == set(LANGUAGES)


@pytest.mark.parametrize(("text", "language"), TEXTS)
def test_script_or_words_make_the_language_plain(text: str, language: str) -> None:
    guess = recognise(text)
    assert (guess.language, guess.certain) == (language, True)
    assert not contradicts(text, language)
    assert doubtful(text, language) == ""
    assert has_letter_of(text, language)


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("네, 좋아요", "ko", "it is written in hangul"),
        ("Да", "ru", "it is written in Cyrillic"),
        ("はい", "ja", "it has kana"),
        ("是的", "zh", "it is written in Chinese characters, without kana"),
        ("Yes, that is what we were told", "en", "its words are English"),
    ],
)
def test_a_certain_guess_says_by_what(text: str, language: str, reason: str) -> None:
    guess = recognise(text)
    assert (guess.language, guess.certain, guess.reason) == (language, True, reason)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("東京駅", "ja"),
        ("優の良品新店開業歡迎光臨各位", "ja"),
        ("Привіт, як справи?", "ru"),
        ("Breaking: stocks fall", "en"),
        ("大韓民國 만세", "zh"),
        ("Hola everyone, welcome a todos", "en"),
    ],
)
def test_what_is_not_plain_is_a_guess_that_says_so(text: str, language: str) -> None:
    guess = recognise(text)
    assert (guess.language, guess.certain) == (language, False)
    assert guess.reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123 … !?",
        "Xyzzy qwrt",
        "مرحبا بكم",
        "Γειά σου",
        "Dzień dobry państwu",
        "Chào buổi sáng",
        "No",
        "iPhone 16 Pro",
    ],
)
def test_nothing_is_guessed_where_nothing_can_be_said(text: str) -> None:
    guess = recognise(text)
    assert (guess.language, guess.certain) == (None, False)
    assert guess.reason


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("hello", "en de it pt es fr"),
        ("ñ", "en de it pt es fr"),
        ("ＡＢＣ", "en de it pt es fr"),
        ("漢字", "zh ja"),
        ("かな", "ja"),
        ("カナ", "ja"),
        ("한글", "ko"),
        ("ㅋㅋ", "ko"),
        ("да", "ru"),
        ("漢字 abc", "zh ja en de it pt es fr"),
        ("𠮷", "zh ja"),
        ("123, ×÷ ・ー。", ""),
        ("ไทย", ""),
    ],
)
def test_a_text_has_letters_of_the_languages_whose_script_it_uses(text: str, languages: str) -> None:
    assert {language for language in LANGUAGES if has_letter_of(text, language)} == set(languages.split())


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("안녕하세요", "en"),
        ("안녕하세요 Samsung", "en"),
        ("안녕하세요", "zh"),
        ("안녕하세요", "ja"),
        ("こんにちは", "zh"),
        ("東京は日本の首都です", "zh"),
        ("こんにちは", "en"),
        ("欢迎收听", "en"),
        ("欢迎使用iPhone", "en"),
        ("欢迎收听", "ko"),
        ("欢迎收听", "ru"),
        ("Добрый вечер", "en"),
        ("Добрый вечер", "de"),
        ("Добрый вечер", "zh"),
        ("Good evening", "zh"),
        ("Good evening", "ja"),
        ("Good evening", "ko"),
        ("Good evening", "ru"),
        ("สวัสดี", "en"),
    ],
)
def test_another_script_contradicts(text: str, language: str) -> None:
    assert contradicts(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("欢迎使用 Alibaba Cloud Model Studio", "zh"),
        ("优の良品新店开业", "zh"),
        ("東京都", "ja"),
        ("你好吗", "ja"),
        ("Welcome to 北京", "en"),
        ("Her name is Юлия, she said", "en"),
        ("大韓民國 만세를 부릅시다", "ko"),
        ("삼성 Galaxy S25 Ultra", "ko"),
        ("Это iPhone 16 Pro Max", "ru"),
        ("Guten Morgen", "en"),
        ("Bonjour à tous", "es"),
        ("123", "zh"),
        ("", "ko"),
    ],
)
def test_names_digits_and_shared_scripts_do_not_contradict(text: str, language: str) -> None:
    assert not contradicts(text, language)


@pytest.mark.parametrize(
    ("text", "language", "looks"),
    [
        ("Guten Morgen, meine Damen und Herren", "en", "German"),
        ("Good evening and welcome to the show", "de", "English"),
        ("Señoras y señores, bienvenidos", "pt", "Spanish"),
        ("Era uma vez um rei que não tinha nada", "es", "Portuguese"),
        ("Buonasera a tutti voi, siamo molto felici", "fr", "Italian"),
        ("Je ne sais pas ce que vous voulez", "it", "French"),
        ("各位听众朋友，大家好", "ja", "Chinese"),
        ("東京駅", "zh", "Japanese"),
        ("Welcome to 北京, the city of my dreams!", "zh", "English"),
    ],
)
def test_words_of_another_language_make_doubtful_in_one_sentence(text: str, language: str, looks: str) -> None:
    warning = doubtful(text, language)
    assert warning.startswith(f"The text looks {looks} (")
    assert warning.endswith(".")
    assert "\n" not in warning
    assert not contradicts(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Straße", "en"),
        ("No", "es"),
        ("La Rosa", "en"),
        ("Xyzzy", "fr"),
        ("Olá a todos", "es"),
        ("OK", "de"),
        ("…", "ja"),
        ("Dzień dobry", "en"),
    ],
)
def test_little_evidence_makes_no_doubt(text: str, language: str) -> None:
    assert doubtful(text, language) == ""


@pytest.mark.parametrize(
    ("description", "can"),
    [
        ("a deep voice", True),
        ("低沉的声音", True),
        ("深い声", True),
        ("ＤＥＥＰ", True),
        ("ひくいこえ", False),
        ("낮은 목소리", False),
        ("низкий голос", False),
        ("123 !?", False),
        ("", False),
    ],
)
def test_a_description_needs_a_latin_or_han_letter(description: str, *, can: bool) -> None:
    assert can_describe(description) is can


@given(st.text(), st.sampled_from(LANGUAGES))
def test_every_text_gets_an_answer_that_holds_together(text: str, language: str) -> None:
    guess = recognise(text)
    assert guess.reason
    assert guess.language is None or guess.language in LANGUAGES
    assert guess.language is not None or not guess.certain
    if guess.certain and guess.language:
        assert has_letter_of(text, guess.language) or guess.language == "zh"
    if contradicts(text, language):
        assert not (guess.certain and guess.language == language)
    assert doubtful(text, language) == "" or guess.language != language
