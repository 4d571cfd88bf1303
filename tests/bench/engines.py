"""How fast the sandbox's engines speak: seconds of work for a second of speech, and how long until the first sound.

A benchmark, not a test: it prints, and judges nothing but its bars, by the best run, as other work on the machine only ever adds.
The engines are warm: what loading the natural one takes is printed by itself. Run it alone on an idle machine of two cores, in an
environment with the extra `neural`: `python tests/bench/engines.py --runs 10`. The work of every process is counted in "CPU", which
says more than the clock where the machine is never idle; divided by the cores in use it is what an idle machine would take.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import figures
from figures import Row

from voice_design_mcp.sandbox.engine import seam

BARS = {seam.FORMANT: (0.02, 60.0), seam.NEURAL: (0.6, 1500.0)}
"""Of each engine the most seconds for a second of speech, and the most milliseconds until the first sound."""
DESCRIPTION = "A composed middle-aged male announcer with a deep, rich and magnetic voice, a steady speaking speed."
TEXTS = {
    "en": "Good evening, and welcome to the programme. Tonight we follow a river from its spring to the sea, and meet the "
    "people who live on its banks. Some of them have never left their village; others came from far away.",
    "zh": "各位听众朋友，大家好，欢迎收听今天的节目。今晚我们沿着一条河，从源头一直走到大海，认识住在两岸的人们。",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One text spoken: seconds by the clock, of all processors' work, of sound, and until the first sound."""

    wall_s: float
    cpu_s: float
    sound_s: float
    first_s: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7, help="times that each text is spoken")
    parser.add_argument("--at-once", type=int, default=8, help="callers that speak at the same time")
    figures.option(parser)
    options = parser.parse_args()
    print(
        f"{'engine':8} {'language':8} {'speech s':>8} {'RTF best':>9} {'median':>7} {'CPU':>6} {'first sound ms':>15} {'median':>7}"
    )
    for engine in BARS:
        if reason := seam.unavailable(engine):
            print(f"{engine:8} not measured: {reason}")
            continue
        loaded_s = _timed(engine, "en", TEXTS["en"].partition(".")[0]).wall_s
        every = [_shown(engine, language, options.runs) for language in TEXTS]
        print(
            f"{engine:8} first call ever {loaded_s * 1000:.0f} ms; {_verdict(engine, [run for runs in every for run in runs])}"
        )
        print(f"{engine:8} {_at_once(engine, options.at_once)}")
        figures.keep(options.json, _rows(engine, [run for runs in every for run in runs]))


def _shown(engine: str, language: str, times: int) -> list[Run]:
    runs = [_timed(engine, language, TEXTS[language]) for _ in range(times)]
    factors = [run.wall_s / run.sound_s for run in runs]
    firsts = [run.first_s * 1000 for run in runs]
    cpu = min(run.cpu_s / run.sound_s for run in runs)
    print(
        f"{engine:8} {language:8} {runs[0].sound_s:8.1f} {min(factors):9.4f} {statistics.median(factors):7.4f} {cpu:6.3f} "
        f"{min(firsts):15.0f} {statistics.median(firsts):7.0f}"
    )
    return runs


def _rows(engine: str, runs: Sequence[Run]) -> list[Row]:
    most, most_ms = BARS[engine]
    factor = max(
        min(run.wall_s / run.sound_s for run in runs if run.sound_s == length)
        for length in {run.sound_s for run in runs}
    )
    return [
        Row(f"the {engine} engine, seconds for a second of speech", factor, most, "s"),
        Row(f"the {engine} engine, first sound", min(run.first_s for run in runs) * 1000, most_ms, "ms"),
    ]


def _verdict(engine: str, runs: Sequence[Run]) -> str:
    factor, first = _rows(engine, runs)
    verdict = "holds" if factor.holds and first.holds else "MISSED"
    return f"RTF {factor.measured:.4f} (bar {factor.bar}), first sound {first.measured:.0f} ms (bar {first.bar:.0f}): {verdict}"


def _at_once(engine: str, count: int) -> str:
    """How busy the machine is while several callers speak at once."""
    import os
    from concurrent.futures import ThreadPoolExecutor

    began, worked = time.perf_counter(), _work_s()
    with ThreadPoolExecutor(count) as callers:
        asked = [callers.submit(_timed, engine, "en", TEXTS["en"]) for _ in range(count)]
        runs = [one.result() for one in asked]
    wall_s, cpu_s = time.perf_counter() - began, _work_s() - worked
    sound_s = sum(run.sound_s for run in runs)
    return (
        f"{count} at once: {sound_s:.0f} s of speech in {wall_s:.2f} s (RTF {wall_s / sound_s:.4f}), "
        f"{cpu_s / wall_s:.2f} of {os.cpu_count()} cores busy"
    )


def _timed(engine: str, language: str, text: str) -> Run:
    began, worked = time.perf_counter(), _work_s()
    blocks = seam.speak(seam.design(DESCRIPTION, 0, engine), text, language)
    samples = len(next(blocks))
    first_s = time.perf_counter() - began
    samples += sum(map(len, blocks))
    return Run(time.perf_counter() - began, _work_s() - worked, samples / seam.SAMPLE_RATE_HZ, first_s)


def _work_s() -> float:
    """Seconds that every processor has worked for this process and for those that it started and that have ended."""
    if sys.platform == "win32":
        return time.process_time()
    import resource

    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
