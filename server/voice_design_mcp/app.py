"""Builds the server: hands the studio what it shares, registers tools and resources."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mcp.server.mcpserver import MCPServer

from . import __version__
from .config import Settings
from .edge import VoiceDesignServer
from .hooks import nothing_stops, utc_now
from .notices import Notices, tell_sessions
from .setting import Secret
from .studio import Studio

if TYPE_CHECKING:
    import httpx2

    from .dashscope.http import Timeouts
    from .dashscope.retries import Retries
    from .desk import Patience
    from .tools.spec import ToolSpec

NAME: Final = "voice-design-mcp"
INSTRUCTIONS: Final = (
    "Design voices from descriptions, keep them, and speak with them.\n"
    "1. design_voice makes a voice: describe gender, age, pitch, speed, emotion, character and use, in English or Chinese. It "
    "costs money and asks the user first; on confirmation_required ask the user, then repeat the call with its approval and "
    "unchanged arguments. Repeating a call never pays twice; raise `take` for another voice of the same description. With "
    "`candidates` it makes several to choose from; keep_voice keeps one and deletes the others. With `like` it starts from another "
    "voice's description. review_description is free. compare_voices speaks one line with several voices.\n"
    "2. Results carry audio as links (voice://…/preview, audio://…) and, on this machine, as file paths; let the user listen. What "
    "was measured of the audio is said in words.\n"
    "3. synthesize speaks with a voice: give the voice, its model follows. A status `pending` means an answer was lost: make the "
    "same call again later, it buys nothing new.\n"
    "4. narrate reads a whole script or document with one voice or a cast, into one file with subtitles. Begin with dry_run. On "
    "in_progress make the same call again until it is done. A changed script pays only for its changed lines.\n"
    "Without an API key everything runs in an offline sandbox that really speaks; its results say so and cost nothing."
)


def build_server(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utc_now,
    passed: Callable[[str], None] = nothing_stops,
    timeouts: Timeouts | None = None,
    retries: Retries | None = None,
    patience: Patience | None = None,
    hosted: bool = False,
    kind: type[VoiceDesignServer] = VoiceDesignServer,
) -> VoiceDesignServer:
    """Build the server. Nothing is opened and nothing read before the first call.

    Args:
        settings: The user's settings.
        clock: The time now, in UTC.
        passed: Called with the name of each boundary of a purchase as it is passed.
        timeouts: How long the vendor is waited for; None for the defaults.
        retries: How often it is asked again; None for the defaults.
        patience: How long a call waits; None for the defaults.
        hosted: Whether it is served to others, over HTTP: then callers say who they are, and replicas share keys, as the
            settings have it.
        kind: The server's class: the conformance tests serve their fixtures by one of their own.
    """
    caller_keys = settings.hosting.caller_keys if hosted else ""
    if (
        caller_keys == "must"
    ):  # then nothing is done with the server's own key, and no sandbox stands in for a missing one
        settings = replace(settings, api_key=Secret(""), sandbox=False)
    studio = Studio(
        settings,
        sandbox_transport=lambda: _sandbox_transport(settings),
        clock=clock,
        passed=passed,
        timeouts=timeouts,
        retries=retries,
        patience=patience,
        identifies=hosted and settings.hosting.identifies,
        caller_keys=caller_keys,
    )
    server = kind(
        studio,
        _tools,
        name=NAME,
        title="Voice Design",
        version=__version__,
        instructions=INSTRUCTIONS,
        lifespan=_lifespan(studio),
        middleware=[tell_sessions],
        subscriptions=Notices(studio),
        **(_shared(settings) if hosted else {}),
    )
    if hosted:  # nobody waits for its start, and everybody for its first answer
        server.furnish()
    return server


def _tools() -> tuple[ToolSpec, ...]:
    from .panel.read_audio import TOOL as READ_AUDIO
    from .tools import TOOLS

    return *TOOLS, READ_AUDIO


def _shared(settings: Settings) -> dict[str, Any]:
    """What is the same on every replica: who is let in, and the keys by which one reads what another has sealed."""
    from mcp.server.request_state import RequestStateSecurity

    from .serving.access import auth_options

    keys = [key.reveal() for key in settings.hosting.state_keys]
    sealed = {"request_state_security": RequestStateSecurity(keys=keys)} if keys else {}
    return {**auth_options(settings.hosting), **sealed}


def _lifespan(studio: Studio) -> Callable[[MCPServer[Studio]], AbstractAsyncContextManager[Studio]]:
    @asynccontextmanager
    async def lifespan(_server: MCPServer[Studio]) -> AsyncGenerator[Studio]:
        async with studio:
            yield studio

    return lifespan


def _sandbox_transport(settings: Settings) -> httpx2.AsyncBaseTransport:
    """The vendor's sandbox, in this process: the client can't tell, so what costs money is what every offline call runs."""
    import httpx2

    from .sandbox.app import sandbox_app

    app: Any = sandbox_app(
        settings.data_dir / "sandbox" / "vendor", engine=settings.sandbox_engine, kokoro_model=settings.kokoro_model
    )
    return httpx2.ASGITransport(app)


def serve_sandbox(settings: Settings, port: int, state: Path | None, key: str, ready: Callable[[str], None]) -> None:
    """Serve the sandbox on loopback until it is stopped.

    Args:
        settings: Say which engine speaks.
        port: The port; 0 takes a free one.
        state: The folder that keeps its voices; None for one that goes when it stops.
        key: The only key it accepts; "" for any.
        ready: Called with its URL once it listens.
    """
    import tempfile

    from .sandbox.server import serve

    with ExitStack() as stack:
        if state is None:
            state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voice-design-sandbox-")))
        serve(port, state, key, ready=ready, engine=settings.sandbox_engine, kokoro_model=settings.kokoro_model)
