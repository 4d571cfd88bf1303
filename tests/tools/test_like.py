"""design_voice(like=…): a voice that starts from another's description, with what is different said before and after it is paid."""

from __future__ import annotations

from typing import Any

import pytest

from clients import DESIGN, ERAS, Era, Person, connected, text_of
from voice_design_mcp.config import Settings

OLDER: dict[str, Any] = {**DESIGN, "voice_prompt": "older woman, fast"}
WHOLE = "A calm older woman with a deep, resonant voice, low pitch, fast, for documentaries."


@pytest.mark.parametrize("era", ERAS)
async def test_the_question_and_the_result_say_what_changed_and_the_whole_is_what_is_sent(
    settings: Settings, era: Era
) -> None:
    person = Person()
    async with connected(settings, era=era, person=person) as call:
        first = (await call("design_voice", **DESIGN))["voice"]
        result = await call.raw("design_voice", **OLDER, like=first)
        assert result.structured_content is not None
        second = result.structured_content["voice"]
        assert (await call("get_voice", voice=second))["voice_prompt"] == WHOLE
        changed = f'As {first}, without "middle-aged, man, slow", with "older woman, fast".'
        assert changed in person.asked[-1]
        assert person.asked[-1].splitlines()[-1] == f'Description: "{WHOLE}"'
        assert changed in text_of(result)
        assert changed in result.structured_content["notes"]
        again = await call("design_voice", **OLDER, like=first)
        assert (again["status"], again["voice"]) == ("reused", second)


async def test_an_approval_sent_back_opens_the_same_change_and_no_other(settings: Settings) -> None:
    async with connected(settings) as call:
        first = (await call.approved("design_voice", **DESIGN))["voice"]
        asked = await call("design_voice", **OLDER, like=first, candidates=2)
        assert (asked["like"], asked["voice_prompt"]) == (first, WHOLE)
        approval = asked["approval"]["id"]
        other = {**OLDER, "voice_prompt": "older woman"}
        error = await call.error("design_voice", **other, like=first, candidates=2, approval=approval)
        assert error["code"] == "approval_invalid"
        made = await call("design_voice", **OLDER, like=first, candidates=2, approval=approval)
        assert [each["status"] for each in made["candidates"]] == ["created"] * 2
        assert made["notes"][0].startswith(f"As {first}, ")


@pytest.mark.parametrize(
    ("arguments", "code", "argument"),
    [
        ({"like": "nobody"}, "voice_not_found", "voice"),
        ({"voice_prompt": "  "}, "invalid_argument", "voice_prompt"),
        ({"voice_prompt": "slow"}, "invalid_argument", "voice_prompt"),
        ({"voice_prompt": f"lisping {'x' * 2040}"}, "invalid_argument", "voice_prompt"),
    ],
    ids=["nobody", "nothing", "no change", "too long with the rest"],
)
async def test_what_nothing_can_be_made_of_is_refused_by_name(
    settings: Settings, arguments: dict[str, Any], code: str, argument: str
) -> None:
    async with connected(settings) as call:
        first = (await call.approved("design_voice", **DESIGN))["voice"]
        error = await call.error("design_voice", **{**OLDER, "like": first, **arguments})
        assert (error["code"], error["argument"]) == (code, argument)
        assert error["hint"]
        assert len((await call("list_voices"))["voices"]) == 1
