# SPDX-License-Identifier: Apache-2.0 OR GPL-3.0-or-later
"""Transcribe lines of text with eSpeak NG and leave: UTF-8 lines on standard input, as many lines of IPA on standard output.

A program of its own, run by path, that knows nothing of its caller; beside worker.py, for the same reasons.

Usage: phoneme_worker.py LIBRARY DATA VOICE RATE_HZ

DATA is the folder that holds `espeak-ng-data`, RATE_HZ what that data says of itself. Sounds that belong together are
tied by `^`. The exit code is the answer: 0 transcribed, 3 no library, 4 no data, 5 no such voice.
"""

from __future__ import annotations

import ctypes
import os
import sys

NO_LIBRARY, NO_DATA, NO_VOICE = 3, 4, 5

_SYNCHRONOUS_RETRIEVAL = 2
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_IPA_TIED = (ord("^") << 8) | 0x80 | 0x02


def main(library: str, data: str, voice: str, rate_hz: str) -> int:
    """Transcribe what standard input holds and return the exit code."""
    try:
        espeak = ctypes.CDLL(library)
    except OSError:
        return NO_LIBRARY
    # A data path that does not fit is replaced by a built-in one in silence: only the rate that comes back tells.
    if espeak.espeak_Initialize(_SYNCHRONOUS_RETRIEVAL, 0, os.fsencode(data), _DO_NOT_EXIT) != int(rate_hz):
        return NO_DATA
    if espeak.espeak_SetVoiceByName(voice.encode()) != 0:
        return NO_VOICE
    transcribe = espeak.espeak_TextToPhonemes
    transcribe.restype = ctypes.c_char_p
    transcribe.argtypes = (ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int)
    for line in sys.stdin.buffer:
        text = ctypes.create_string_buffer(line.rstrip(b"\n"))
        rest = ctypes.c_void_p(ctypes.addressof(text))
        clauses: list[bytes] = []
        while rest.value:  # one clause a call
            clauses.append(transcribe(ctypes.byref(rest), _UTF8, _IPA_TIED) or b"")
        sys.stdout.buffer.write(b" ".join(clauses).replace(b"\n", b" ") + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
