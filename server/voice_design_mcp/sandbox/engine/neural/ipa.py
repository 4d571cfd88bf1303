"""Text to the sounds that Kokoro-82M knows, by eSpeak NG in a process of its own: every language but Chinese and Japanese."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from voice_design_mcp.sandbox.engine import espeak
from voice_design_mcp.sandbox.engine.spec import EngineError
from voice_design_mcp.sandbox.engine.variant import ACCENTS

_WORKER = Path(__file__).with_name("phoneme_worker.py")
_STALL_S = 30.0
_TRIES = 2
_OTHER_LANGUAGE = re.compile(r"\([a-z-]+\)")
_SYLLABIC = re.compile("([^ ])\u0329")
# What training wrote as one letter, and the nearest sound of those that it never heard.
_COMMON = (
    *(("a^ɪ", "I"), ("a^ʊ", "W"), ("d^z", "ʣ"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("o^ʊ", "O"), ("ə^ʊ", "Q")),
    *(("s^s", "S"), ("t^s", "ʦ"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y"), ("ə^l", "ᵊl"), ("^", ""), ("-", "")),
    *(("ʑ", "ʥ"), ("ɫ", "l"), ("ɭ", "l"), ("ʏ", "y"), ("ɵ", "o"), ("ʉ", "u"), ("g", "ɡ"), ("ɱ", "m")),
)
_ENGLISH = (
    *(("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɚ", "əɹ"), ("r", "ɹ"), ("ɐ", "ə"), ("ː", ""), ("o", "ɔ")),
    *(("ɾ", "T"), ("ʔ", "t"), ("x", "k"), ("ç", "k"), ("ɬ", "l"), ("\u0303", "")),
)


def sounds(texts: Sequence[str], language: str) -> list[str]:
    """Return the sounds of each text, in one run of eSpeak NG for all.

    Args:
        texts: Each of one line.
        language: A code of `LANGUAGES`; Latin words in another script are read as English.

    Raises:
        EngineError: eSpeak NG is missing or failed twice.
    """
    if not texts:
        return []
    changes = (*_COMMON, *_ENGLISH) if language == "en" else _COMMON
    return [_mapped(line, changes) for line in _transcribed(texts, ACCENTS[language].voice)]


def _mapped(line: str, changes: Sequence[tuple[str, str]]) -> str:
    line = _SYLLABIC.sub(r"ᵊ\1", _OTHER_LANGUAGE.sub("", line).strip())
    for old, new in changes:
        line = line.replace(old, new)
    return line


def _transcribed(texts: Sequence[str], voice: str) -> list[str]:
    installation = espeak.installed()
    folder = installation.data.home()
    command = [sys.executable, "-I", "-S", str(_WORKER), installation.library, ".", voice, str(espeak.PCM_RATE_HZ)]
    given = "".join(f"{' '.join(text.split())}\n" for text in texts).encode()
    for _ in range(_TRIES):
        try:
            ran = subprocess.run(  # noqa: S603 - our own worker, no shell
                command,
                cwd=folder,
                input=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_STALL_S,
                check=False,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        lines = ran.stdout.decode("utf-8", "replace").split("\n")[:-1]
        if ran.returncode == 0 and len(lines) == len(texts):
            return lines
    raise EngineError("The natural voice cannot read the text: eSpeak NG failed twice.")
