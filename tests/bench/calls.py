"""What a call of each tool takes beside the floor's, which makes the same request to the same served sandbox, and how many bytes.

A benchmark, not a test: it prints, and judges nothing but the ratios of pairs: list, get and delete 1.25 × the floor, design
1.5 × the floor with the same commits made raw. A deletion is always asked about, so it is two calls: the first looks at the
voice and asks, the second deletes. A raw httpx2 request and the floor with and without commits are measured in the same rows.
Over stdio: `python tests/bench/calls.py --runs 100`.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import figures
import httpx2
import paired
from figures import Row
from mcp import Client
from paired import QWEN, Pairs, called, floor

from sandbox.served import sandbox_process

BARS = {
    "list_voices": ("floor", 1.25),
    "get_voice": ("floor", 1.25),
    "delete_voice": ("floor", 1.25),
    "design_voice": ("commits", 1.5),
}
"""Of each tool what it is compared with, and how many times that it may take."""
COMMITS = " with the same commits"
MEASURED = ("ours", "floor", "commits", "raw")


async def raw(client: httpx2.AsyncClient, tool: str, **given: Any) -> None:
    """The requests of a tool, made by themselves."""
    for body in floor.requests_of(tool, given):
        (await client.post(floor.CUSTOMIZATION, json=body)).raise_for_status()


async def reads(clients: dict[str, Client], direct: httpx2.AsyncClient, tool: str, runs: int, **given: Any) -> Pairs:
    """Pairs of a tool that changes nothing."""
    pairs = Pairs(*MEASURED)
    does = {name: partial(called, client, tool, **given) for name, client in clients.items()}
    for _ in range(runs):
        await pairs.row(**does, raw=partial(raw, direct, tool, **given))
    return pairs


async def changes(clients: dict[str, Client], direct: httpx2.AsyncClient, numbers: range) -> dict[str, Pairs]:
    """Pairs of designs, each followed by pairs of deletions of what was designed."""
    designs, deletions = Pairs(*MEASURED), Pairs(*MEASURED)
    made: dict[str, str] = {}

    async def design(name: str, number: int) -> None:
        asked = QWEN | {"preview_text": f"Good evening, run {number:06}."}
        if name != "raw":
            told = (await called(clients[name], "design_voice", **asked)).structured_content
            assert told is not None
            made[name] = told["voice"]
            return
        [body] = floor.requests_of("design_voice", asked)
        made[name] = (await direct.post(floor.CUSTOMIZATION, json=body)).json()["output"]["voice"]

    async def delete(name: str) -> None:
        if name == "raw":
            await raw(direct, "delete_voice", voice=made[name])
            await raw(direct, "delete_voice", voice=made[name], approval="yes")
            return
        told = (await called(clients[name], "delete_voice", voice=made[name])).structured_content
        assert told is not None
        approval = told["approval"]["id"]
        told = (await called(clients[name], "delete_voice", voice=made[name], approval=approval)).structured_content
        assert told is not None
        assert told["status"] == "deleted"

    for number in numbers:
        await designs.row(**{name: partial(design, name, number) for name in MEASURED})
        await deletions.row(**{name: partial(delete, name) for name in MEASURED})
    return {"design_voice": designs, "delete_voice": deletions}


async def measured(base_url: str, folder: Path, runs: int) -> tuple[dict[str, Pairs], dict[str, int]]:
    """The pairs of each tool, and the bytes of `tools/list` and of each result."""
    spec = await paired.learnt(base_url, folder / "learnt")
    plain = paired.written(spec, folder / "floor.json")
    committing = paired.written(spec, folder / "commits.json", commits=True)
    async with (
        paired.over_stdio(paired.OURS, floor.our_environment(base_url, folder / "ours")) as ours,
        paired.over_stdio(floor.command(plain)) as bare,
        paired.over_stdio(floor.command(committing)) as bare_commits,
        httpx2.AsyncClient(base_url=base_url, headers={"Authorization": "Bearer sk-bench"}) as direct,
    ):
        clients = {"ours": ours, "floor": bare, "commits": bare_commits}
        page = {"family": "qwen"}
        await reads(clients, direct, "list_voices", 5, **page)
        await changes(clients, direct, range(3))
        pairs = {
            "list_voices": await reads(clients, direct, "list_voices", runs, **page),
            "get_voice": await reads(clients, direct, "get_voice", runs, voice=spec["voice"]),
            **await changes(clients, direct, range(3, 3 + max(runs // 3, 5))),
        }
        sizes = {
            name: len((await client.list_tools()).model_dump_json(by_alias=True, exclude_none=True))
            for name, client in clients.items()
        }
        results = {
            tool: len(str(answer["content"]).encode()) + len(str(answer.get("structuredContent", "")).encode())
            for tool, answer in spec["answers"].items()
        }
    return pairs, {"tools/list": sizes["ours"], "tools/list of the floor": sizes["floor"], **results}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--runs", type=int, default=100, help="pairs of each read; a third as many of design and delete"
    )
    figures.option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sandbox_process(Path(name) / "vendor") as sandbox:
        pairs, sizes = asyncio.run(measured(sandbox.base_url, Path(name), options.runs))
    print(f"{'tool':13} {'ours ms':>8} {'floor':>8} {'+commits':>8} {'raw':>8} {'ratio':>6} {'+commits':>8}   bar")
    rows: list[Row] = []
    for tool, taken in pairs.items():
        beside, bar = BARS[tool]
        ratio = taken.ratio("ours", beside)
        rows.append(
            row := Row(f"a call of {tool}, beside the floor{COMMITS if beside == 'commits' else ''}", ratio, bar)
        )
        print(
            f"{tool:13} {taken.ms('ours'):8.2f} {taken.ms('floor'):8.2f} {taken.ms('commits'):8.2f} {taken.ms('raw'):8.2f} "
            f"{taken.ratio('ours', 'floor'):6.3f} {taken.ratio('ours', 'commits'):8.3f}   "
            f"{bar} × {beside}: {row.verdict}"
        )
    print("bytes: " + ", ".join(f"{each} {size:,}" for each, size in sizes.items()))
    rows += [Row(f"bytes of {each}", size, unit="B") for each, size in sizes.items()]
    figures.keep(options.json, rows)


if __name__ == "__main__":
    main()
