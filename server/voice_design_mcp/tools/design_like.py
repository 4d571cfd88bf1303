"""design_voice(like=…): a new voice that starts from the description of one that is there, and what is different of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..errors import InputError
from .voice_lookup import usable, vendor_record
from .words import plain

if TYPE_CHECKING:
    from ..desk import Desk
    from ..identity.principals import Principal


_SHOWN: Final = 200


async def changed(desk: Desk, caller: Principal, like: str, change: str) -> dict[str, str]:
    """The arguments of a design that a change makes of a voice's description: `voice_prompt` is the whole of it.

    Raises:
        InputError: Nothing is known of how that voice was described, or the change changes nothing.
        VoiceNotFoundError: There is no such voice.
    """
    from ..describe.altering import altered

    if not change.strip():
        raise InputError(
            "voice_prompt", "voice_prompt is empty.", hint="Say what is to be different, such as: older, slower."
        )
    row = await usable(desk, caller, like)
    described = row.voice_prompt if row else (await vendor_record(desk, like)).voice_prompt
    if not described:
        raise InputError(
            "like",
            f"Nothing is known of how {like} was described.",
            hint="Leave like out, and describe the whole voice.",
        )
    made = altered(described, change)
    if made.text == described:
        raise InputError("voice_prompt", f"That is what {like} is already.", hint="Say what is to be different.")
    without = f'without "{plain(", ".join(made.left_out), _SHOWN)}", ' if made.left_out else ""
    return {
        "voice_prompt": made.text,
        "like": like,
        "changed": f'As {like}, {without}with "{plain(made.put_in, _SHOWN)}".',
    }
