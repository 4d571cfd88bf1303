"""What Kokoro-82M's own voices sound like, as measured, and which of them a description draws on. Data only.

Left out are the whisper and the characters: af_nicole, bm_fable and the three santas.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prosody:
    """The prosody half of one voice, measured in 130 characters of English spoken with an average timbre.

    Attributes:
        pitch_hz: Median pitch.
        semitones: Standard deviation of the pitch.
        pace: How fast it speaks, against the middle of all.
    """

    pitch_hz: int
    semitones: float
    pace: float


@dataclass(frozen=True, slots=True)
class Accent:
    """How one language is made clear, and what it does to every voice.

    Attributes:
        male: A low voice that grew up with the language, or with its nearest.
        female: A high one.
        share: Its share in the timbre.
        pitch: How much higher than in English the same prosody comes out.
        pace: How much faster than the normal pace of the language the model speaks it by itself.
    """

    male: str
    female: str
    share: float = 0.45
    pitch: float = 1.0
    pace: float = 1.0


PROSODIES = {
    "af_alloy": Prosody(147, 3.0, 0.90),
    "af_aoede": Prosody(180, 3.1, 1.11),
    "af_bella": Prosody(191, 2.2, 1.03),
    "af_heart": Prosody(196, 3.0, 1.07),
    "af_jessica": Prosody(209, 3.7, 1.03),
    "af_kore": Prosody(153, 3.8, 1.08),
    "af_nova": Prosody(163, 3.1, 0.93),
    "af_river": Prosody(181, 2.0, 1.03),
    "af_sarah": Prosody(185, 3.7, 1.05),
    "af_sky": Prosody(166, 3.5, 0.96),
    "am_adam": Prosody(118, 2.7, 1.06),
    "am_echo": Prosody(109, 4.0, 0.87),
    "am_eric": Prosody(167, 3.1, 1.05),
    "am_fenrir": Prosody(143, 4.1, 1.13),
    "am_liam": Prosody(130, 4.4, 1.00),
    "am_michael": Prosody(111, 3.1, 0.93),
    "am_onyx": Prosody(89, 2.7, 0.97),
    "am_puck": Prosody(118, 3.3, 1.18),
    "bf_alice": Prosody(220, 3.7, 0.93),
    "bf_emma": Prosody(179, 1.8, 1.02),
    "bf_isabella": Prosody(209, 1.8, 0.98),
    "bf_lily": Prosody(190, 3.5, 0.89),
    "bm_daniel": Prosody(131, 2.5, 0.94),
    "bm_george": Prosody(147, 2.9, 0.79),
    "bm_lewis": Prosody(97, 2.9, 0.86),
    "ef_dora": Prosody(184, 2.9, 1.13),
    "em_alex": Prosody(136, 3.0, 1.07),
    "ff_siwis": Prosody(214, 2.2, 1.00),
    "hf_alpha": Prosody(218, 3.4, 0.84),
    "hf_beta": Prosody(188, 3.0, 0.99),
    "hm_omega": Prosody(134, 4.0, 0.85),
    "hm_psi": Prosody(139, 3.9, 0.89),
    "if_sara": Prosody(236, 2.0, 1.06),
    "im_nicola": Prosody(101, 2.8, 1.05),
    "jf_alpha": Prosody(266, 2.9, 0.98),
    "jf_gongitsune": Prosody(234, 3.1, 0.86),
    "jf_nezumi": Prosody(231, 2.2, 0.95),
    "jf_tebukuro": Prosody(324, 3.4, 1.00),
    "jm_kumo": Prosody(94, 3.3, 0.95),
    "pf_dora": Prosody(180, 2.5, 1.09),
    "pm_alex": Prosody(139, 2.6, 1.05),
    "zf_xiaobei": Prosody(242, 3.5, 0.88),
    "zf_xiaoni": Prosody(232, 2.5, 1.04),
    "zf_xiaoxiao": Prosody(241, 3.0, 1.07),
    "zf_xiaoyi": Prosody(299, 2.3, 1.11),
    "zm_yunjian": Prosody(111, 3.4, 1.03),
    "zm_yunxi": Prosody(163, 3.0, 1.09),
    "zm_yunxia": Prosody(287, 2.6, 1.06),
    "zm_yunyang": Prosody(119, 4.2, 1.11),
}
TIMBRES = {
    ("male", "child"): ("zm_yunxia", "zm_yunxi", "jf_tebukuro"),
    ("male", "teen"): ("am_eric", "zm_yunxi", "am_puck"),
    ("male", "young"): ("am_liam", "am_puck", "am_michael", "am_fenrir"),
    ("male", "adult"): ("am_michael", "bm_daniel", "am_adam"),
    ("male", "middle"): ("am_onyx", "bm_george", "im_nicola", "zm_yunjian"),
    ("male", "senior"): ("bm_lewis", "im_nicola", "jm_kumo"),
    ("female", "child"): ("jf_tebukuro", "zf_xiaoyi", "af_jessica"),
    ("female", "teen"): ("af_jessica", "zf_xiaobei", "jf_nezumi"),
    ("female", "young"): ("af_heart", "af_bella", "bf_isabella", "zf_xiaoxiao"),
    ("female", "adult"): ("af_heart", "bf_emma", "af_sarah"),
    ("female", "middle"): ("bf_emma", "af_aoede", "hf_beta", "bf_lily"),
    ("female", "senior"): ("af_kore", "af_sky", "bf_lily"),
    ("neutral", "child"): ("zm_yunxia", "jf_tebukuro"),
    ("neutral", "teen"): ("zm_yunxi", "af_kore"),
    ("neutral", "young"): ("af_alloy", "am_eric", "zm_yunxi"),
    ("neutral", "adult"): ("af_alloy", "am_eric", "af_sky"),
    ("neutral", "middle"): ("af_alloy", "am_eric", "bm_george"),
    ("neutral", "senior"): ("af_sky", "am_eric", "bm_lewis"),
}
ACCENTS = {
    "zh": Accent("zm_yunyang", "zf_xiaoxiao", pitch=1.045),
    "en": Accent("am_michael", "af_heart", share=0.0, pitch=0.985, pace=1.1),
    "de": Accent("im_nicola", "if_sara", pitch=0.99),
    "it": Accent("im_nicola", "if_sara", pitch=0.98),
    "pt": Accent("pm_alex", "pf_dora"),
    "es": Accent("em_alex", "ef_dora", pitch=0.98),
    "ja": Accent("jm_kumo", "jf_alpha", pace=1.2),
    "ko": Accent("jm_kumo", "jf_alpha", pitch=0.965, pace=1.1),
    "fr": Accent("bm_george", "ff_siwis", pitch=0.98, pace=1.08),
    "ru": Accent("im_nicola", "if_sara", pitch=0.975, pace=0.95),
}
