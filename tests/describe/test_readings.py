"""What whole descriptions are read as: a labelled table in both languages, the guide's examples first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from voice_design_mcp.describe.traits import Traits, missing, parse

# description, expected traits (gender, age, years, pitch, speed, emotions, characteristics, uses), dimensions not found
GUIDE = [
    (
        "Standard broadcast style: clear and precise articulation with perfect enunciation",
        Traits("neutral", "adult", None, 0, 0, (), ("crisp",), ("news",)),
        "gender age pitch speed emotion",
    ),
    (
        "Young and lively female voice, fast-paced with a noticeable rising intonation, suited for fashion product presentations",
        Traits("female", "young", None, 0, 2, ("lively", "rising"), (), ("advertising",)),
        "pitch characteristics",
    ),
    (
        "Calm, slow-paced middle-aged male voice, deep and resonant, suited for news reading or documentary narration",
        Traits("male", "middle", None, 0, -2, ("calm",), ("deep", "resonant"), ("news", "documentary")),
        "pitch",
    ),
    (
        "Gentle and thoughtful female, around 30 years old, even-toned, suited for audio book reading",
        Traits("female", "young", 30, 0, 0, ("gentle", "calm"), (), ("audiobook",)),
        "pitch speed characteristics",
    ),
    (
        "Cute child's voice, approximately an 8-year-old girl, slightly childish speech, suited for animation character voiceover",
        Traits("female", "child", 8, 0, 0, (), ("sweet", "childish"), ("animation",)),
        "pitch speed emotion",
    ),
    (
        (
            "A composed middle-aged male announcer with a deep, rich and magnetic voice, a steady speaking speed and clear "
            "articulation, is suitable for news broadcasting or documentary commentary."
        ),
        Traits(
            "male", "middle", None, 0, 0, ("composed", "calm"), ("deep", "resonant", "crisp"), ("news", "documentary")
        ),
        "pitch",
    ),
    (
        (
            "A young and lively female voice with a fast speaking rate and a noticeably rising intonation, suitable for "
            "introducing fashion products."
        ),
        Traits("female", "young", None, 0, 2, ("lively", "rising"), (), ("advertising",)),
        "pitch characteristics",
    ),
]

ENGLISH = [
    (
        "Aged man, hoarse and low, who talks slowly and gravely; nature documentaries",
        Traits("male", "senior", None, -2, -2, ("serious",), ("husky",), ("documentary",)),
        "",
    ),
    (
        "Teenage lad of about 15, strong, clear, full of energy, speaking slightly fast, for a video game",
        Traits("male", "teen", 15, 0, 1, ("lively",), ("powerful", "crisp"), ("animation",)),
        "pitch",
    ),
    (
        "Comforting young lady with a sugary, whispery voice, pitched slightly high, slow, for bedtime stories",
        Traits("female", "young", None, 1, -2, ("soothing",), ("sweet", "breathy"), ("audiobook",)),
        "",
    ),
    (
        "Androgynous, average pitch and average speed, stern, virtual assistant",
        Traits("neutral", "adult", None, 0, 0, ("serious",), (), ("assistant",)),
        "age characteristics",
    ),
    (
        "Upbeat twenty-something woman, medium-high pitch, quick tempo, podcast host",
        Traits("female", "young", 25, 1, 2, ("cheerful",), (), ()),
        "characteristics",
    ),
    (
        "Middle-aged British man, mid-50s, gravelly, measured pace, audiobook",
        Traits("male", "middle", 55, 0, 0, ("composed",), ("husky",), ("audiobook",)),
        "pitch",
    ),
    (
        "A gruff old pirate captain, around 60, booming, game character",
        Traits("neutral", "senior", 60, 0, 0, (), ("husky", "powerful"), ("animation",)),
        "gender pitch speed emotion",
    ),
    (
        "Pitch: low; speed: slow; gender: male; age: 50",
        Traits("male", "middle", 50, -2, -2),
        "emotion characteristics use_case",
    ),
    (
        "pitch high, speed slow, female, 28, cheerful",
        Traits("female", "young", 28, 2, -2, ("cheerful",)),
        "characteristics use_case",
    ),
    (
        "FEMALE, HIGH-PITCHED, VERY FAST, HAPPY",
        Traits("female", "adult", None, 2, 2, ("cheerful",)),
        "age characteristics use_case",
    ),
    (
        "She speaks softly and a bit faster than average; her pitch is on the high side",
        Traits("female", "adult", None, 1, 1, (), ("mellow",)),
        "age emotion use_case",
    ),
    (
        "Slightly low-pitched tenor of a schoolboy",
        Traits("male", "child", None, -1),
        "speed emotion characteristics use_case",
    ),
    (
        "A bright soprano, brisk and bubbly, for commercials",
        Traits("female", "adult", None, 2, 2, ("lively",), ("bright",), ("advertising",)),
        "age",
    ),
    (
        "An unhurried baritone, velvety and warm",
        Traits("male", "adult", None, -1, -1, ("gentle",), ("mellow",)),
        "age use_case",
    ),
    (
        "Poised woman in her early forties, crisp diction, medium speed, customer service",
        Traits("female", "middle", 42, 0, 0, ("composed",), ("crisp",), ("assistant",)),
        "pitch",
    ),
    (
        "A masculine but soft-spoken woman",
        Traits("female", "adult", None, 0, 0, ("gentle",)),
        "age pitch speed characteristics use_case",
    ),
    (
        "Boyish female voice, energetic, for anime",
        Traits("female", "adult", None, 0, 0, ("lively",), ("childish",), ("animation",)),
        "age pitch speed",
    ),
    (
        "A grandmother with a husky, mellow voice telling fairy tales",
        Traits("female", "senior", None, 0, 0, (), ("husky", "mellow"), ("audiobook",)),
        "pitch speed emotion",
    ),
    (
        "Sad and tired robot, nasal, for a radio drama",
        Traits(),
        "gender age pitch speed",
    ),
    (
        "Elegant lady in her fifties, slightly low, unhurried, smooth and rich, for a perfume commercial",
        Traits("female", "middle", 55, -1, -1, ("gentle",), ("mellow", "resonant"), ("advertising",)),
        "",
    ),
    (
        "Nervous adolescent boy whose voice is thin and a little high, stammering quickly",
        Traits("male", "teen", None, 1, 2, (), ()),
        "use_case",
    ),
    (
        "A commanding general: loud, powerful, stern, mid-range pitch, moderate tempo",
        Traits("neutral", "adult", None, 0, 0, ("serious",), ("powerful",)),
        "gender age use_case",
    ),
    (
        "Sleepy, relaxing female whisper for meditation, very slow",
        Traits("female", "adult", None, 0, -2, ("soothing",), ("breathy",)),
        "age pitch",
    ),
    (
        "Friendly neighbourhood dad voice, 40-ish, warm, natural pace, not too deep",
        Traits("male", "middle", 40, 0, 0, ("gentle",)),
        "pitch characteristics use_case",
    ),
    (
        "Confident businesswoman, thirty-something, crisp and clear, brisk pace, explainer for a product launch",
        Traits("female", "young", 35, 0, 2, ("composed",), ("crisp",), ("advertising",)),
        "pitch",
    ),
    (
        "Cartoon villain with a nasal, high-pitched cackle and rapid-fire delivery",
        Traits("neutral", "adult", None, 2, 2, (), (), ("animation",)),
        "gender age emotion",
    ),
    (
        "Old storyteller with a weathered, gravelly voice. He speaks slowly, with warmth. Not for news.",
        Traits("male", "senior", None, 0, -2, ("gentle",), ("husky",), ("audiobook",)),
        "pitch",
    ),
    (
        "Toddler, giggly and sweet, high voice",
        Traits("neutral", "child", None, 2, 0, (), ("sweet",)),
        "gender speed emotion use_case",
    ),
    (
        "Voice of a navigation system: neutral, calm, clear, medium speed, no emotion",
        Traits("neutral", "adult", None, 0, 0, ("calm",), ("crisp",), ("assistant",)),
        "age pitch",
    ),
    (
        "A wise old wizard with a deep, resonant voice that commands respect; slow and deliberate, for fantasy audiobooks.",
        Traits("male", "senior", None, 0, -2, (), ("deep", "resonant"), ("audiobook",)),
        "pitch emotion",
    ),
    (
        "British butler, formal, dignified, measured, slightly nasal, around sixty",
        Traits("male", "senior", 60, 0, 0, ("serious", "composed")),
        "pitch speed use_case",
    ),
    (
        "The voice of an elderly grandfather, kind and slow, slightly hoarse, telling folk tales to his grandson.",
        Traits("male", "senior", None, 0, -2, ("gentle",), ("husky",), ("audiobook",)),
        "pitch",
    ),
    ("A nice normal voice", Traits(), "gender age pitch speed emotion characteristics use_case"),
    ("", Traits(), "gender age pitch speed emotion characteristics use_case"),
]

CHINESE = [
    (
        "稳重的中年男声，嗓音低沉而有磁性，语速平稳，咬字清楚，用于新闻与纪录片旁白。",
        Traits(
            "male", "middle", None, 0, 0, ("composed", "calm"), ("deep", "resonant", "crisp"), ("news", "documentary")
        ),
        "pitch",
    ),
    (
        "充满活力的年轻女声，说话较快，语调上扬，用来推广时尚品牌。",
        Traits("female", "young", None, 0, 2, ("lively", "rising"), (), ("advertising",)),
        "pitch characteristics",
    ),
    (
        "软萌的6岁小男孩，奶声奶气，声音清脆，给动画片配音。",
        Traits("male", "child", 6, 0, 0, (), ("sweet", "childish", "crisp"), ("animation",)),
        "pitch speed emotion",
    ),
    (
        "和蔼的老太太，语速很慢，嗓子有点哑，适合给孩子讲故事。",
        Traits("female", "senior", None, 0, -2, ("gentle",), ("husky",), ("audiobook",)),
        "pitch",
    ),
    (
        "慈祥的老爺爺，聲音沙啞，語速較慢，適合紀錄片解說。",
        Traits("male", "senior", None, 0, -2, ("gentle",), ("husky",), ("documentary",)),
        "pitch",
    ),
    (
        "大叔音，低沉有磁性，语速偏慢，适合有声书",
        Traits("male", "middle", None, 0, -1, (), ("deep", "resonant"), ("audiobook",)),
        "pitch emotion",
    ),
    (
        "萝莉音，可爱甜美，语速偏快",
        Traits("female", "child", None, 0, 1, (), ("sweet",)),
        "pitch emotion use_case",
    ),
    (
        "语速：慢，音调：低，性别：男，年龄：60岁左右",
        Traits("male", "senior", 60, -2, -2),
        "emotion characteristics use_case",
    ),
    (
        "音调：中等；语速：中等；情绪：平静；中性",
        Traits("neutral", "adult", None, 0, 0, ("calm",)),
        "age characteristics use_case",
    ),
    (
        "语速和音调适中的男声，从容自信",
        Traits("male", "adult", None, 0, 0, ("composed",)),
        "age characteristics use_case",
    ),
    (
        "声音偏高语速偏快的女孩",
        Traits("female", "child", None, 1, 1),
        "emotion characteristics use_case",
    ),
    (
        "治愈系女声，气声明显，节奏舒缓，适合语音助手",
        Traits("female", "adult", None, 0, -1, ("soothing",), ("breathy",), ("assistant",)),
        "age pitch",
    ),
    (
        "男中音，圆润醇厚，不紧不慢，解说",
        Traits("male", "adult", None, -1, 0, ("calm",), ("mellow",), ("documentary",)),
        "age",
    ),
    (
        "高亢嘹亮的女高音，铿锵有力",
        Traits("female", "adult", None, 2, 0, (), ("powerful", "bright")),
        "age speed emotion use_case",
    ),
    (
        "阳光开朗的十七八岁少年，语速稍快，声音明亮，游戏配音",
        Traits("male", "teen", 17, 0, 1, ("cheerful",), ("bright",), ("animation",)),
        "pitch",
    ),
    (
        "严肃庄重的女主播，播报新闻，字正腔圆",
        Traits("female", "adult", None, 0, 0, ("serious",), ("crisp",), ("news",)),
        "age pitch speed",
    ),
    (
        "一位Young的female助理，语速medium",
        Traits("female", "young", None, 0, 0, (), (), ("assistant",)),
        "pitch emotion characteristics",
    ),
    (
        "四十岁左右的男性，声音醇厚，语速偏慢，从容不迫，适合有声书旁白",
        Traits("male", "middle", 40, 0, -1, ("composed",), ("mellow",), ("audiobook", "documentary")),
        "pitch",
    ),
    (
        "元气满满的少女音，音调偏高，语速快，适合游戏角色",
        Traits("female", "teen", None, 1, 2, ("lively",), (), ("animation",)),
        "characteristics",
    ),
    (
        "知性优雅的女声，三十出头，音色柔和，语速适中，适合冥想引导",
        Traits("female", "young", 32, 0, 0, ("gentle",), ("mellow",)),
        "pitch",
    ),
    (
        "霸气的将军，嗓音洪亮，中气十足，语速不紧不慢",
        Traits("male", "adult", None, 0, 0, ("calm",), ("resonant", "powerful")),
        "age pitch use_case",
    ),
    (
        "阴森的老妇人，声音嘶哑低沉，说话缓慢，用于动画里的反派",
        Traits("female", "senior", None, 0, -2, (), ("husky", "deep"), ("animation",)),
        "pitch",
    ),
    (
        "专业的客服小姐姐，亲切有耐心，吐字清晰，语速中等偏快",
        Traits("female", "young", None, 0, 1, ("gentle",), ("crisp",), ("assistant",)),
        "pitch",
    ),
    (
        "中性的声音，音调中等，语速较慢，平和冷静",
        Traits("neutral", "adult", None, 0, -2, ("calm",)),
        "age characteristics use_case",
    ),
    (
        "活潑可愛的小女孩，大約八歲，聲音清亮，語速稍快，適合動畫配音",
        Traits("female", "child", 8, 0, 1, ("lively",), ("sweet", "crisp", "bright"), ("animation",)),
        "pitch",
    ),
    (
        "端庄大气的女播音员，普通话标准，语调平稳，适合政务宣传片",
        Traits("female", "adult", None, 0, 0, ("composed", "calm"), (), ("news", "advertising")),
        "age pitch speed characteristics",
    ),
    (
        "老年男性，声音苍老浑厚，语速慢，像历史纪录片的旁白，不要太沙哑",
        Traits("male", "senior", None, 0, -2, (), ("resonant",), ("documentary",)),
        "pitch emotion",
    ),
    (
        "青年男声，清澈干净，语速适中，音调中等偏高，适合校园广播剧",
        Traits("male", "young", None, 1, 0, (), ("crisp",)),
        "emotion",
    ),
    (
        "慵懒的低音炮，鼻音略重，适合电台",
        Traits("neutral", "adult", None, -2, 0, (), ("deep",), ()),
        "gender age speed",
    ),
]


@pytest.mark.parametrize(("description", "expected", "not_found"), GUIDE + ENGLISH + CHINESE)
def test_a_description_is_read_along_the_seven_dimensions(description: str, expected: Traits, not_found: str) -> None:
    traits = parse(description)
    assert replace(traits, matches=()) == expected
    assert missing(traits) == tuple(not_found.split())
