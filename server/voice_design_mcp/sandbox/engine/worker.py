# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Speak one text with eSpeak NG and leave: text on standard input, raw 16-bit PCM on standard output.

A program of its own, run by path, that knows nothing of its caller. eSpeak NG keeps state between texts, is not safe in
threads and can crash, so each text gets a fresh process.

Usage: worker.py LIBRARY DATA VOICE WORDS_PER_MINUTE RATE_HZ

DATA is the folder that holds `espeak-ng-data`. The exit code is the answer: 0 spoken, 3 no library, 4 no data,
5 no such voice, 6 not spoken.
"""

from __future__ import annotations

import ctypes
import os
import sys

NO_LIBRARY, NO_DATA, NO_VOICE, NOT_SPOKEN = 3, 4, 5, 6

_SYNCHRONOUS_RETRIEVAL = 2
_BUFFER_MS = 60
_DO_NOT_EXIT = 0x8000
_RATE_PARAMETER = 1
_CHARACTER_POSITION = 1
# UTF-8 and a pause at the end. SSML (0x10) and phoneme input (0x100) stay off: they would make user text into commands.
_TEXT_FLAGS = 0x1 | 0x1000

_OnSound = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


@_OnSound
def _write(samples: int | None, count: int, _events: int | None) -> int:
    if samples and count > 0:
        try:
            sys.stdout.buffer.write(ctypes.string_at(samples, 2 * count))
            sys.stdout.buffer.flush()
        except OSError:
            os._exit(NOT_SPOKEN)  # nobody listens any more
    return 0


def main(library: str, data: str, voice: str, words_per_minute: str, rate_hz: str) -> int:
    """Speak what standard input holds and return the exit code."""
    try:
        espeak = ctypes.CDLL(library)
    except OSError:
        return NO_LIBRARY
    # A data path that does not fit is replaced by a built-in one in silence: only the rate that comes back tells.
    if espeak.espeak_Initialize(_SYNCHRONOUS_RETRIEVAL, _BUFFER_MS, os.fsencode(data), _DO_NOT_EXIT) != int(rate_hz):
        return NO_DATA
    espeak.espeak_SetSynthCallback(_write)
    if espeak.espeak_SetVoiceByName(voice.encode()) != 0:
        return NO_VOICE
    if espeak.espeak_SetParameter(_RATE_PARAMETER, int(words_per_minute), 0) != 0:
        return NOT_SPOKEN
    text = sys.stdin.buffer.read() + b"\0"
    size = ctypes.c_size_t(len(text))
    if espeak.espeak_Synth(text, size, 0, _CHARACTER_POSITION, 0, _TEXT_FLAGS, None, None) != 0:
        return NOT_SPOKEN
    return NOT_SPOKEN if espeak.espeak_Synchronize() != 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
