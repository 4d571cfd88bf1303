"""Memory: what long work gives back goes back to the system, and what stays for good is not looked through again and again."""

from __future__ import annotations

import gc
import sys
from functools import cache
from typing import Final

_LOTS: Final = (10_000, 10, 100)
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_LARGE_BYTES: Final = 4 << 20


def keep_for_good() -> None:
    """Have the collector of garbage leave alone what there is now: modules, classes and schemas, which live as long as the process.

    It would look through all of it each time that much has been made anew, for a tenth of a second in which nobody is answered.
    """
    gc.freeze()


def collect_seldom() -> None:
    """Have the collector look at what is new in larger lots, and seldom at everything, for a process that many wait for.

    A hundred sessions hold some fifty thousand objects, which take 40 ms to look through. Most of what cycles hold is found new.
    """
    gc.set_threshold(*_LOTS)


@cache
def give_back_what_is_large() -> None:
    """Have blocks of 4 MB and more mapped by themselves, and unmapped when they are freed; smaller ones stay for the next.

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
