"""The command line. The only place, with the demo, that prints, and the only one that exits."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from . import __version__
from .config import SETTINGS, Settings
from .errors import ConfigError, VoiceDesignError
from .hosting import HOSTING
from .identity.principals import OPERATOR, SCOPES
from .setting import Setting, is_loopback

_EVERY: Final = (*SETTINGS, *HOSTING)
_PORT_MAX: Final = 65_535
_NOT_BOUND: Final = "attempting to bind"
"""What Python's own error says of an address that can't be had, and then the address."""
_SANDBOX: Final = [
    row for row in SETTINGS if row.variable in {"VOICE_DESIGN_SANDBOX_ENGINE", "VOICE_DESIGN_KOKORO_MODEL"}
]


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
    except OSError as error:
        if _NOT_BOUND not in str(error):
            raise
        print(
            f"voice-design-mcp: {error.strerror}. Choose another port (0 takes a free one), or an address of this machine.",
            file=sys.stderr,
        )
        return ConfigError.exit_code
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
    _add_flags(shared, SETTINGS)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    serve = commands.add_parser("serve", parents=[shared], help="serve MCP (the default): stdio, or --http")
    _add_flags(serve, HOSTING)
    serve.add_argument("--http", action="store_true", help="serve streamable HTTP at /mcp and SSE at /sse")
    serve.add_argument(
        "--host", default="127.0.0.1", help="address for --http; beyond loopback callers must be identified"
    )
    serve.add_argument(
        "--stateless", action="store_true", help="keep no sessions: any replica answers any request; no SSE"
    )
    serve.add_argument("--insecure", action="store_true", help="beyond loopback too, let everybody call as one user")
    serve.add_argument("--port", type=_port, default=8000, help="port for --http; 0 takes a free one")
    serve.set_defaults(run=_serve)

    demo = commands.add_parser("demo", help="design a voice in the offline sandbox, hear it and speak with it")
    demo.add_argument(
        "--out", type=Path, default=Path("voice-design-demo"), help="folder for preview.wav and speech.wav"
    )
    _add_flags(demo, _SANDBOX)
    demo.set_defaults(run=_demo)

    _add_token(commands)
    _add_share(commands, shared)
    _add_ledger(commands, shared)
    _add_approve(commands, shared)
    _add_doctor(commands, shared)
    _add_sandbox(commands)
    return parser


def _add_flags(parser: argparse.ArgumentParser, rows: Sequence[Setting]) -> None:
    for row in rows:
        if not row.secret:  # a key on a command line is in every process list
            flag = "--" + row.variable.removeprefix("VOICE_DESIGN_").lower().replace("_", "-")
            parser.add_argument(flag, dest=row.variable, metavar="VALUE", default=argparse.SUPPRESS, help=row.help)


def _add_sandbox(commands: Any) -> None:
    sandbox = commands.add_parser("sandbox", help="serve the sandbox, an emulator of the vendor's API, on loopback")
    sandbox.add_argument("--port", type=_port, required=True, help="port; 0 takes a free one")
    sandbox.add_argument("--state", type=Path, default=None, help="folder that keeps its voices (default: a new one)")
    sandbox.add_argument("--key", default="", help="accept only this key")
    _add_flags(sandbox, _SANDBOX)
    sandbox.set_defaults(run=_sandbox)


def _add_token(commands: Any) -> None:
    token = commands.add_parser(
        "token", help="make a bearer token for a private deployment, and the row that lets it in"
    )
    token.add_argument("name", metavar="NAME", help="whose it is: letters, digits and ._@-")
    token.add_argument(
        "--scope",
        action="append",
        default=[],
        choices=[*SCOPES, OPERATOR],
        help="what it allows, again for each; default: all but operator",
    )
    token.set_defaults(run=_token)


def _add_share(commands: Any, shared: argparse.ArgumentParser) -> None:
    share = commands.add_parser(
        "share", parents=[shared], help="let every user speak with a voice that one of them designed"
    )
    share.add_argument("voice", metavar="VOICE")
    share.add_argument("--off", action="store_true", help="take it back: its owner's alone")
    share.set_defaults(run=_share)


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


def _add_doctor(commands: Any, shared: argparse.ArgumentParser) -> None:
    doctor = commands.add_parser(
        "doctor", parents=[shared], help="check key, region, host, clock, folders and models, free of charge"
    )
    doctor.add_argument("--json", action="store_true", help="the checks as JSON")
    doctor.set_defaults(run=_doctor)


def _add_approve(commands: Any, shared: argparse.ArgumentParser) -> None:
    approve = commands.add_parser(
        "approve", parents=[shared], help="decide on what agents have asked for, outside the model"
    )
    approve.add_argument(
        "--page", action="store_true", help="on a page in your browser, on loopback, instead of the terminal"
    )
    approve.set_defaults(run=_approve)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _PORT_MAX):
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to {_PORT_MAX}, not {text!r}")
    return int(text)


def _settings(arguments: argparse.Namespace) -> Settings:
    given = vars(arguments)
    return Settings.load({row.variable: given[row.variable] for row in _EVERY if row.variable in given})


@contextmanager
def _uncollected() -> Generator[None]:
    """Import and build without the garbage collector, which finds nothing in what is there to stay: now, or ever again."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _serve(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    if not arguments.http:
        with _uncollected():
            from .app import build_server

            server = build_server(settings)
        server.run("stdio")
        return 0
    if not (is_loopback(arguments.host) or settings.hosting.identifies or arguments.insecure):
        raise ConfigError(
            f"--host {arguments.host} is not loopback and callers are not identified, so anyone who reached it could spend. Set "
            "VOICE_DESIGN_OAUTH_ISSUER or VOICE_DESIGN_TOKENS, or say --insecure."
        )
    with _uncollected():
        from .app import build_server
        from .serving.run import run

        server = build_server(settings, hosted=True)

    def ready(url: str) -> None:
        also = "" if arguments.stateless else " (SSE on /sse)"
        print(f"Serving MCP on {url}/mcp{also}", file=sys.stderr, flush=True)

    _hide_secrets(settings)
    run(server, settings.hosting, host=arguments.host, port=arguments.port, stateless=arguments.stateless, ready=ready)
    return 0


def _hide_secrets(settings: Settings) -> None:
    """Have the log tell none: whoever reads a server's log is not always whoever set it up."""
    from .serving.json_log import JsonLines
    from .serving.redaction import PlainLines, Redaction

    redact = Redaction(settings)
    for handler in logging.getLogger().handlers:
        as_it_is = handler.formatter or logging.Formatter()
        handler.setFormatter(JsonLines(redact) if settings.hosting.log_json else PlainLines(as_it_is, redact))


def _token(arguments: argparse.Namespace) -> int:
    from .identity.static_tokens import minted, parsed

    token, row = minted(arguments.name, arguments.scope)
    if parsed(row) is None:
        raise ConfigError(f"{arguments.name!r} is no name for a token: use letters, digits and ._@-, 64 at most.")
    print(f"Token, shown only now:\n{token}\nRow for VOICE_DESIGN_TOKENS:\n{row}")
    return 0


def _share(arguments: argparse.Namespace) -> int:
    from .commands.share import share

    return share(_settings(arguments), arguments.voice, shared=not arguments.off)


def _demo(arguments: argparse.Namespace) -> int:
    from .commands.demo import run

    return run(arguments.out, _settings(arguments))


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


def _doctor(arguments: argparse.Namespace) -> int:
    from .commands import doctor

    try:
        settings = _settings(arguments)
    except ConfigError as error:
        return doctor.settings_are_wrong(error, as_json=arguments.json)
    return doctor.run(settings, as_json=arguments.json)


def _sandbox(arguments: argparse.Namespace) -> int:
    from .app import serve_sandbox

    def ready(url: str) -> None:
        print(
            f"The sandbox, an emulator of Alibaba Cloud Model Studio and not the vendor, is on {url}",
            file=sys.stderr,
            flush=True,
        )

    serve_sandbox(_settings(arguments), arguments.port, arguments.state, arguments.key, ready)
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
