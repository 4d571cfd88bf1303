"""Whatever is sent, the answer is the vendor's: no 5xx, a known shape, and a bill that equals what took place."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.asking import CUSTOMIZATION, GENERATION, SPEECH_MODEL, Asker

TEXT = st.text(st.characters(exclude_categories=[]), max_size=20)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
ANYTHING = LEAF | st.lists(LEAF, max_size=2) | st.dictionaries(TEXT, LEAF | st.lists(LEAF, max_size=1), max_size=2)

CREATE = {
    "action": "create",
    "target_model": SPEECH_MODEL,
    "voice_prompt": "A calm man.",
    "preview_text": "Hi.",
    "preferred_name": "a",
    "language": "en",
}
VALID: list[dict[str, Any]] = [
    {"model": "qwen-voice-design", "input": CREATE, "parameters": {"sample_rate": 8000, "response_format": "pcm"}},
    {"model": "qwen-voice-design", "input": {"action": "list", "page_index": 0, "page_size": 10}},
    {"model": "qwen-voice-design", "input": {"action": "query", "voice": "nobody"}},
    {"model": "qwen-voice-design", "input": {"action": "delete", "voice": "noone"}},
    {"model": SPEECH_MODEL, "input": {"text": "Hi.", "voice": "nobody"}, "parameters": {"language_type": "Korean"}},
]
PLACES = [("model",), ("input",), ("parameters",), ("surprise",)] + [
    (part, name)
    for part in ("input", "parameters")
    for name in (*CREATE, "page_index", "page_size", "voice", "text", "language_type", "sample_rate", "response_format")
]
CHANGES = st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), max_size=3)


def changed(request: dict[str, Any], changes: list[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    """The request with a few of its fields, known or not, set to anything."""
    whole: dict[str, Any] = json.loads(json.dumps(request))
    for (*parts, name), value in changes:
        place = whole
        for part in parts:
            place = place.setdefault(part, {})
        if isinstance(place, dict):
            place[name] = value
    return whole


REQUEST = st.builds(changed, st.sampled_from(VALID), CHANGES)
BODY = st.one_of(
    REQUEST.map(lambda body: json.dumps(body).encode()),
    REQUEST.map(lambda body: json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")),
    ANYTHING.map(lambda body: json.dumps(body).encode()),
    st.binary(max_size=100),
)


def test_no_request_makes_the_sandbox_fail(asker: Asker) -> None:
    """`nobody`, in half of the requests, is the name of a real voice."""
    voice, created = asker.voice(), 1

    @settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(path=st.sampled_from([CUSTOMIZATION, GENERATION]), body=BODY, sse=st.sampled_from(["", "enable"]))
    def ask(path: str, body: bytes, sse: str) -> None:
        nonlocal created
        content = body.replace(b"nobody", voice.encode()) if sse else body
        answer = asker.http.post(path, content=content, headers={"X-DashScope-SSE": sse})
        assert answer.status_code < 500, answer.text
        if answer.headers["content-type"].startswith("text/event-stream"):
            assert '"finish_reason": "stop"' in answer.text
            return
        told = answer.json()
        expected = {"output", "usage", "request_id"} if answer.status_code == 200 else {"request_id", "code", "message"}
        assert set(told) == expected
        created += "preview_audio" in told.get("output", {})

    ask()
    assert created > 1
    assert asker.usage()["voice_creations"] == asker.list()["total_count"] == created
