"""/sandbox/*: what the vendor does not have: the bill so far, a clean slate, and the scripts of faults and reviews."""

from __future__ import annotations

from dataclasses import asdict
from urllib.parse import urlsplit

from anyio import to_thread
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from voice_design_mcp.sandbox.connection import is_served
from voice_design_mcp.sandbox.peer import Peer, read_bytes

HELD_LIMIT_S = 30.0


async def usage(peer: Peer, request: Request) -> Response:  # noqa: ARG001  every surface has one signature
    """GET /sandbox/usage: what the vendor would have billed, exactly three numbers."""
    return JSONResponse(asdict(await to_thread.run_sync(peer.state.usage)))


async def reset(peer: Peer, request: Request) -> Response:
    """POST /sandbox/reset: no voices, no bill, no audio, no faults, no reviews."""
    if _is_foreign(request):
        return _problem(403, "This page's origin is not the sandbox's.")
    await to_thread.run_sync(peer.state.reset)
    await to_thread.run_sync(peer.audio.clear)
    await to_thread.run_sync(peer.speakers.clear)
    peer.script.clear()
    peer.reviews.clear()
    return JSONResponse(asdict(await to_thread.run_sync(peer.state.usage)))


async def faults(peer: Peer, request: Request) -> Response:
    """/sandbox/faults: GET shows what is left and how many answers are held, POST appends a script, DELETE clears it.

    `GET ?held=N` answers when N answers are held, at the latest after 30 s: a test needs no sleeping.
    """
    if request.method == "GET":
        wanted = request.query_params.get("held", "0")
        await peer.script.until_held(int(wanted) if wanted.isdecimal() else 0, HELD_LIMIT_S)
    elif _is_foreign(request):
        return _problem(403, "This page's origin is not the sandbox's.")
    elif request.method == "DELETE":
        peer.script.clear()
    else:
        try:
            peer.script.add(await read_bytes(request), served=is_served(request.scope))
        except ValidationError as error:
            return _problem(400, *_problems("faults", error))
        except ValueError as error:
            return _problem(400, str(error))
    return JSONResponse(peer.script.report())


async def release(peer: Peer, request: Request) -> Response:
    """POST /sandbox/faults/release: what is held goes on."""
    if _is_foreign(request):
        return _problem(403, "This page's origin is not the sandbox's.")
    return JSONResponse({"released": peer.script.release()})


async def review(peer: Peer, request: Request) -> Response:
    """/sandbox/review: GET shows what is left and how many voices are in review, POST appends a script, DELETE clears it."""
    if request.method != "GET":
        if _is_foreign(request):
            return _problem(403, "This page's origin is not the sandbox's.")
        if request.method == "DELETE":
            peer.reviews.clear()
        else:
            try:
                peer.reviews.add(await read_bytes(request))
            except ValidationError as error:
                return _problem(400, *_problems("reviews", error))
    deploying = await to_thread.run_sync(peer.state.reviews)
    return JSONResponse({"reviews": peer.reviews.report(), "deploying": deploying})


async def end_reviews(peer: Peer, request: Request) -> Response:
    """POST /sandbox/review/release: every voice in review has its outcome now."""
    if _is_foreign(request):
        return _problem(403, "This page's origin is not the sandbox's.")
    return JSONResponse({"released": await to_thread.run_sync(lambda: peer.state.end_reviews(now=peer.now()))})


def _is_foreign(request: Request) -> bool:
    """Whether a web page of somebody else's asks: a browser lets any page post to loopback, and says who it is."""
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


def _problem(status: int, *problems: str) -> Response:
    return JSONResponse({"problems": list(problems)}, status_code=status)


def _problems(script: str, error: ValidationError) -> list[str]:
    return [f"{script}{_place(one['loc'])}: {one['msg']}" for one in error.errors(include_url=False)]


def _place(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
