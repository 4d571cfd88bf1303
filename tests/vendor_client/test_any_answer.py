"""Whatever JSON, or whatever bytes, the vendor answers: a result, or an error that was foreseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import anyio
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vendor_client.asking import KEY, OPERATIONS, PURCHASES, RESULTS, http
from voice_design_mcp.dashscope.enrollment import EnrollmentFamily
from voice_design_mcp.dashscope.http import Http
from voice_design_mcp.dashscope.qwen import QwenFamily
from voice_design_mcp.dashscope.seam import VoiceFamily
from voice_design_mcp.errors import UpstreamError, VoiceNotFoundError

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
KEYS = st.sampled_from(
    ["output", "usage", "code", "message", "request_id", "voice", "voice_list", "audio", "url", "data", "preview_audio",
     "target_model", "voice_id", "status", "total_count",
     "page_size", "page_index", "characters", "count", "sample_rate", "models", "model"]
)  # fmt: skip
JSON = st.recursive(
    SCALARS | st.sampled_from(["VoiceNotFound", "Throttling", "InternalError", "UklGRg=="]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 408, 418, 429, 499, 500, 503, 599])


def mutated(result: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A good answer with one field anywhere replaced."""
    paths = [path for path in _paths(result) if path]
    return st.tuples(st.sampled_from(paths), JSON).map(lambda drawn: _replaced(result, *drawn))


def _items(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value).items())
    return list(enumerate(cast("list[Any]", value))) if isinstance(value, list) else []


def _paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    return [before, *(path for key, inner in _items(value) for path in _paths(inner, (*before, key)))]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    items = {key: _replaced(inner, path[1:], new) if key == path[0] else inner for key, inner in _items(value)}
    return items if isinstance(value, dict) else list(items.values())


def outcome(operation: str, status: int, content: bytes, family: Callable[[Http], VoiceFamily] = QwenFamily) -> Any:
    """What an operation comes to when every request is answered so."""

    def reply(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, content=content)

    async def run() -> Any:
        async with http("http://vendor.test", transport=httpx2.MockTransport(reply)) as client:
            try:
                return await OPERATIONS[operation](family(client))
            except (UpstreamError, VoiceNotFoundError) as error:
                return error

    return anyio.run(run)


@pytest.mark.parametrize("operation", OPERATIONS)
@given(status=STATUSES, body=JSON)
@settings(deadline=None, max_examples=60)
def test_any_json_is_a_result_or_an_error_of_ours(operation: str, status: int, body: Any) -> None:
    found = outcome(operation, status, json.dumps(body).encode())
    assert found is not None
    if status >= 300:
        assert isinstance(found, UpstreamError | VoiceNotFoundError) or (operation, found) == ("delete", False)
    if status >= 500:
        assert found.billed == ("maybe" if operation in PURCHASES else "no")


@pytest.mark.parametrize("operation", OPERATIONS)
@given(status=STATUSES, body=JSON)
@settings(deadline=None, max_examples=40)
def test_any_json_is_a_result_or_an_error_of_ours_in_the_other_family_too(
    operation: str, status: int, body: Any
) -> None:
    found = outcome(operation, status, json.dumps(body).encode(), EnrollmentFamily)
    assert found is not None
    if status >= 500:
        assert found.billed == ("maybe" if operation in PURCHASES else "no")


@pytest.mark.parametrize("operation", OPERATIONS)
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_a_good_answer_with_any_field_replaced_is_a_result_or_an_error_of_ours(
    operation: str, data: st.DataObject
) -> None:
    body = data.draw(mutated(RESULTS[operation]))
    found = outcome(operation, 200, json.dumps(body).encode())
    named = isinstance(body.get("output"), dict) and body["output"].get("voice")
    if operation == "create" and isinstance(named, str) and named and not body.get("code"):
        assert found.voice == named, "a voice that has been paid for was lost to another field"


@pytest.mark.parametrize("operation", OPERATIONS)
@given(content=st.binary(max_size=60) | st.just(b"[" * 100_000) | st.just(b'{"output":' * 5_000))
@settings(deadline=None, max_examples=30)
def test_any_bytes_are_an_error_of_ours(operation: str, content: bytes) -> None:
    found = outcome(operation, 200, content)
    assert isinstance(found, UpstreamError)
    assert KEY not in str(found)
