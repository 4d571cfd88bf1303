"""`ledger`: what was spent, and the purchases that only a person can settle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import anyio

from ..app import build_server
from ..config import Settings
from ..errors import InputError
from ..identity.principals import LOCAL
from ..tools.get_spending import in_words, spending
from .books import Book, opened

if TYPE_CHECKING:
    from ..spending.holds import Hold

_ALL = 1_000_000


def show(settings: Settings, *, as_json: bool) -> int:
    """Print the ledger of the account that the settings lead to, and name the others in the folder."""
    anyio.run(_show, settings, as_json)
    return 0


def adopt(settings: Settings, hold_id: str, voice: str) -> int:
    """Book a lost purchase as charged: a person has seen its voice on the account."""
    anyio.run(_settle, settings, hold_id, voice)
    print(f"{hold_id} is charged; its voice is {voice}.")
    return 0


def resolve(settings: Settings, hold_id: str, *, billed: bool) -> int:
    """Close a purchase whose outcome is not known, by a person's word."""
    anyio.run(_close, settings, hold_id, billed)
    print(f"{hold_id} is closed as {'billed' if billed else 'not billed'}.")
    return 0


async def _show(settings: Settings, as_json: bool) -> None:  # noqa: FBT001 anyio.run passes positions
    server = build_server(settings)
    async with server.studio as studio:
        desk = await studio.open()
        await desk.settle(at_once=True)
        facts = await spending(desk, LOCAL, most=_ALL)
        lines = in_words(desk, facts)
    async with opened(settings) as books:
        others = [f"{book.name}: {name}" for book in books for name in await _accounts(book) if name != desk.account.id]
    if as_json:
        print(json.dumps({**facts, "other_accounts": others}, ensure_ascii=False, indent=2))
        return
    print("\n".join(lines))
    if others:
        print("Other accounts in this folder (set their key or sandbox to see them):", *others, sep="\n  ")


async def _accounts(book: Book) -> list[str]:
    from ..spending.report import accounts

    return await accounts(book.database)


async def _settle(settings: Settings, hold_id: str, voice: str) -> None:
    async with opened(settings) as books:
        book, hold = await _found(books, hold_id)
        if hold.kind != "voice":
            raise InputError("HOLD", f"{hold_id} is not the purchase of a voice.", hint="Use `ledger resolve`.")
        if not hold.may_adopt:
            raise _nothing_to_settle(hold)
        owner = await book.ledger.owner_of(hold.account, voice)
        if owner is not None:
            raise InputError("VOICE", f"{voice} belongs to {owner.id}.", hint="One voice settles one purchase.")
        settled = await book.ledger.adopted(hold, voice)
        if settled.voice != voice:
            raise InputError("HOLD", f"{hold_id} was settled by another process just now.", hint="Look again.")


async def _close(settings: Settings, hold_id: str, billed: bool) -> None:  # noqa: FBT001 anyio.run passes positions
    async with opened(settings) as books:
        book, hold = await _found(books, hold_id)
        if hold.state not in {"sent", "unknown", "assumed_not_billed"}:
            raise _nothing_to_settle(hold)
        await book.ledger.resolved(hold, billed=billed, reason="a person's word")


async def _found(books: list[Book], hold_id: str) -> tuple[Book, Hold]:
    for book in books:
        hold = await book.ledger.get(hold_id)
        if hold is not None:
            return book, hold
    raise InputError(
        "HOLD", f"There is no {hold_id} in this data folder.", hint="`voice-design-mcp ledger` shows them."
    )


def _nothing_to_settle(hold: Hold) -> InputError:
    return InputError("HOLD", f"{hold.id} is {hold.state}: there is nothing to settle.")
