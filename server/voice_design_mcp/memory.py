"""What long work takes of memory and gives back is given back to the system, where the C library would keep it."""

from __future__ import annotations

import sys
from functools import cache
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_LARGE_BYTES: Final = 65536


@cache
def give_back_what_is_large() -> None:
    """Have blocks of 64 kB and more mapped by themselves, and unmapped when they are freed.

    glibc raises that bound to the largest block that was freed, and keeps what is below it for each thread: some minutes of sound,
    read by a thread here and a thread there, stay. Elsewhere than on glibc there is nothing to set.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)
