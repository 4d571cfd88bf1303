"""Twenty descriptions, the vendor's own examples first, and where their sound must lie on either engine."""

from __future__ import annotations

from typing import NamedTuple


class Described(NamedTuple):
    """A description, its median pitch in Hz, how its pace in English is felt, and its colour against the plain voice."""

    description: str
    lowest_hz: float
    highest_hz: float
    pace: str
    colour: str = ""


DESCRIBED = (
    Described(
        "Standard broadcast style: clear and precise articulation with perfect enunciation",
        132,
        182,
        "medium",
        "bright",
    ),
    Described(
        "Young and lively female voice, fast-paced with a noticeable rising intonation, suited for fashion product "
        "presentations",
        *(192, 258, "fast"),
    ),
    Described(
        "Calm, slow-paced middle-aged male voice, deep and resonant, suited for news reading or documentary narration",
        *(78, 112, "slow", "dark"),
    ),
    Described(
        "Gentle and thoughtful female, around 30 years old, even-toned, suited for audio book reading",
        185,
        242,
        "medium",
    ),
    Described(
        "Cute child's voice, approximately an 8-year-old girl, slightly childish speech, suited for animation character "
        "voiceover",
        *(260, 365, "medium"),
    ),
    Described(
        "A composed middle-aged male announcer with a deep, rich and magnetic voice, a steady speaking speed and clear "
        "articulation, suitable for news broadcasting or documentary commentary.",
        *(78, 112, "medium"),
    ),
    Described(
        "沉稳的中年男性播音员，音色低沉浑厚，富有磁性，语速平稳，吐字清晰，适合新闻播报或纪录片解说。",
        78,
        112,
        "medium",
    ),
    Described("年轻活泼的女性声音，语速较快，带有明显的上扬语调，适合介绍时尚产品。", 192, 258, "fast"),
    Described("An elderly man with a husky, low voice, speaking slowly and seriously", 78, 112, "slow"),
    Described("可爱的7岁小男孩，声音稚嫩清脆，适合动画角色配音。", 232, 335, "medium", "bright"),
    Described(
        "A powerful teenage boy, about 16 years old, crisp and energetic, speaking fast", 135, 180, "fast", "bright"
    ),
    Described("A soothing, sweet young woman with a slightly high voice, speaking slowly", 212, 285, "slow"),
    Described(
        "A gender-neutral voice, medium pitch, medium speed, serious tone, for a voice assistant", 130, 175, "medium"
    ),
    Described("慈祥的老奶奶，语速缓慢，声音温柔沙哑，适合讲故事。", 152, 202, "slow"),
    Described("甜美的少女音，语速适中，适合动画配音。", 212, 285, "medium"),
    Described("低沉有磁性的成年男声，语速缓慢，适合纪录片旁白。", 84, 120, "slow", "dark"),
    Described("A mellow, deep adult woman with a low voice", 132, 180, "medium", "dark"),
    Described("A bright, cheerful young man, speaking fast", 106, 145, "fast", "bright"),
    Described("明亮清脆的年轻女声，音调高，语速快。", 222, 295, "fast", "bright"),
    Described("严肃的中年女性新闻主播，声音圆润。", 160, 212, "medium"),
)
