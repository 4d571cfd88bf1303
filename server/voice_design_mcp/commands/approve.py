"""`approve`: a person's decision outside the model. On the terminal itself, or on a page that only this person's browser gets.

An agent that drives this terminal, or that has a shell of the same user, could do what the person does: this binds models that
only have our tools.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import anyio

from ..config import Settings
from ..errors import VoiceDesignError
from ..spending.approvals import Quote
from .books import Book, opened

_TERMINAL = "CONIN$" if sys.platform == "win32" else "/dev/tty"


@dataclass(frozen=True, slots=True)
class Pending:
    """A question that waits for a person."""

    book: Book
    quote: Quote

    @property
    def amount(self) -> str:
        """What the person types to approve."""
        return f"{self.quote.currency} {self.quote.amount}"


def on_terminal(settings: Settings) -> int:
    """Go through what is pending; each needs its amount typed on the terminal itself, not on standard input."""
    try:
        with open(_TERMINAL, encoding="utf-8") as terminal:  # noqa: PTH123 a device, not a path
            anyio.run(_go_through, settings, terminal)
    except OSError as error:
        raise VoiceDesignError(
            "approve needs a terminal: a person types the amount on it.", hint="Run it in one, or use `approve --page`."
        ) from error
    return 0


def on_page(settings: Settings) -> int:
    """Serve the page on a random loopback port until the person stops it."""
    from .approve_page import serve

    def ready(url: str) -> None:
        print(f"Open this in your browser, and stop with Ctrl-C when done:\n{url}", flush=True)

    anyio.run(serve, settings, ready)
    return 0


async def pending(books: list[Book]) -> list[Pending]:
    """Everything that waits for a decision, oldest first."""
    waiting = [Pending(book, quote) for book in books for quote in await book.approvals.waiting()]
    return sorted(waiting, key=lambda each: each.quote.created_at)


async def decide(waiting: Pending, *, approved: bool, by: str) -> bool:
    """Record a person's decision. False when it came too late."""
    if not approved:
        return await waiting.book.approvals.decide(waiting.quote.id, "declined")
    return await waiting.book.approvals.approve(waiting.quote.id, by)


async def _go_through(settings: Settings, terminal: IO[str]) -> None:
    async with opened(settings) as books:
        waiting = await pending(books)
        if not waiting:
            print("Nothing is waiting for approval.")
        for each in waiting:
            await _ask(each, terminal.readline, say=_say)


async def _ask(each: Pending, read: Callable[[], str], say: Callable[[str], None]) -> None:
    say(f"\n{each.quote.question}\n(asked {each.quote.created_at}, expires {each.quote.expires_at})")
    say(f"Type {each.amount} to approve, no to decline, or nothing to leave it open: ")
    typed = await anyio.to_thread.run_sync(read)
    if " ".join(typed.split()).casefold() == each.amount.casefold():
        done = await decide(each, approved=True, by="terminal")
        say("Approved. Let the agent make the same call again." if done else "Too late: it is no longer open.")
    elif typed.strip().casefold() == "no":
        await decide(each, approved=False, by="terminal")
        say("Declined.")
    else:
        say("Left open.")


def _say(line: str) -> None:
    print(line, flush=True)
