"""The command line. The only place, with the demo, that prints, and the only one that exits."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from . import __version__
from .config import SETTINGS, Settings
from .errors import ConfigError, VoiceDesignError
from .setting import is_loopback

if TYPE_CHECKING:
    from starlette.applications import Starlette

_FLAGS: Final = {
    "--" + row.variable.removeprefix("VOICE_DESIGN_").lower().replace("_", "-"): row
    for row in SETTINGS
    if not row.secret  # a key on a command line is in every process list
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage or settings.
    """
    arguments = _parser().parse_args(argv)
    _log_to_stderr(verbose=arguments.verbose)
    try:
        return int(arguments.run(arguments))
    except ConfigError as error:
        print(f"voice-design-mcp: {error.message}", file=sys.stderr)
        return ConfigError.exit_code
    except VoiceDesignError as error:
        print(f"voice-design-mcp: {error.message} {error.hint}".rstrip(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="voice-design-mcp",
        description="Design a voice from a description, hear it, keep it and speak with it, from any MCP client.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.set_defaults(run=_serve, http=False, host="127.0.0.1", port=8000, verbose=False)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--verbose", action="store_true", default=argparse.SUPPRESS, help="log every request to stderr")
    for flag, row in _FLAGS.items():
        shared.add_argument(flag, dest=row.variable, metavar="VALUE", default=argparse.SUPPRESS, help=row.help)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    serve = commands.add_parser("serve", parents=[shared], help="serve MCP (the default): stdio, or --http")
    serve.add_argument("--http", action="store_true", help="serve streamable HTTP at /mcp and SSE at /sse")
    serve.add_argument("--host", default="127.0.0.1", help="address for --http (loopback only)")
    serve.add_argument("--port", type=int, default=8000, help="port for --http; 0 takes a free one")
    serve.set_defaults(run=_serve)

    demo = commands.add_parser("demo", help="design a voice in the offline sandbox, hear it and speak with it")
    demo.add_argument(
        "--out", type=Path, default=Path("voice-design-demo"), help="folder for preview.wav and speech.wav"
    )
    demo.set_defaults(run=_demo)

    _add_ledger(commands, shared)
    _add_approve(commands, shared)

    sandbox = commands.add_parser("sandbox", help="serve the sandbox, an emulator of the vendor's API, on loopback")
    sandbox.add_argument("--port", type=int, required=True, help="port; 0 takes a free one")
    sandbox.add_argument("--state", type=Path, default=None, help="folder that keeps its voices (default: a new one)")
    sandbox.add_argument("--key", default="", help="accept only this key")
    sandbox.set_defaults(run=_sandbox)
    return parser


def _add_ledger(commands: Any, shared: argparse.ArgumentParser) -> None:
    ledger = commands.add_parser(
        "ledger", parents=[shared], help="show what was spent and held, and settle what is unknown"
    )
    ledger.add_argument("--json", action="store_true", help="as JSON")
    ledger.set_defaults(run=_ledger, act="show")
    acts = ledger.add_subparsers(title="what only a person can settle", metavar="ACT")
    adopt = acts.add_parser("adopt", parents=[shared], help="a lost purchase did make this voice: book it")
    adopt.add_argument("hold", metavar="HOLD")
    adopt.add_argument("voice", metavar="VOICE")
    adopt.set_defaults(act="adopt")
    resolve = acts.add_parser("resolve", parents=[shared], help="close a purchase whose outcome is not known")
    resolve.add_argument("hold", metavar="HOLD")
    resolve.add_argument("outcome", choices=["billed", "not-billed"])
    resolve.set_defaults(act="resolve")


def _add_approve(commands: Any, shared: argparse.ArgumentParser) -> None:
    approve = commands.add_parser(
        "approve", parents=[shared], help="decide on what agents have asked for, outside the model"
    )
    approve.add_argument(
        "--page", action="store_true", help="on a page in your browser, on loopback, instead of the terminal"
    )
    approve.set_defaults(run=_approve)


def _settings(arguments: argparse.Namespace) -> Settings:
    given = vars(arguments)
    return Settings.load({row.variable: given[row.variable] for row in SETTINGS if row.variable in given})


def _serve(arguments: argparse.Namespace) -> int:
    from .app import build_server

    settings = _settings(arguments)
    if arguments.http and not is_loopback(arguments.host):
        raise ConfigError(
            f"--host {arguments.host} is not loopback. This version has no identities, so anyone who reached it could spend."
        )
    server = build_server(settings)
    if not arguments.http:
        server.run("stdio")
        return 0
    from .app import http_app

    _serve_http(http_app(server, arguments.host), arguments.host, arguments.port)
    return 0


def _serve_http(app: Starlette, host: str, port: int) -> None:
    import socket

    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        bound = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        print(f"Serving MCP on http://{shown}:{bound}/mcp (SSE on /sse)", file=sys.stderr, flush=True)
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=10)
        uvicorn.Server(config).run(sockets=[listener])


def _demo(arguments: argparse.Namespace) -> int:
    from .commands.demo import run

    return run(arguments.out)


def _ledger(arguments: argparse.Namespace) -> int:
    from .commands import ledger

    settings = _settings(arguments)
    match arguments.act:
        case "adopt":
            return ledger.adopt(settings, arguments.hold, arguments.voice)
        case "resolve":
            return ledger.resolve(settings, arguments.hold, billed=arguments.outcome == "billed")
        case _:
            return ledger.show(settings, as_json=arguments.json)


def _approve(arguments: argparse.Namespace) -> int:
    from .commands import approve

    settings = _settings(arguments)
    return approve.on_page(settings) if arguments.page else approve.on_terminal(settings)


def _sandbox(arguments: argparse.Namespace) -> int:
    from .app import serve_sandbox

    def ready(url: str) -> None:
        print(
            f"The sandbox, an emulator of Alibaba Cloud Model Studio and not the vendor, is on {url}",
            file=sys.stderr,
            flush=True,
        )

    serve_sandbox(arguments.port, arguments.state, arguments.key, ready)
    return 0


def _log_to_stderr(*, verbose: bool) -> None:
    """One line an event, on stderr: stdout is the protocol's. Set before the SDK would set up its own."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    for noisy in ("httpx2", "httpcore2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
