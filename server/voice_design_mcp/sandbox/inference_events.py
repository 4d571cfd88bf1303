"""The server's events of an inference task, field by field as the vendor's reference prints them. Decides nothing."""

from __future__ import annotations

import uuid
from typing import Any

Event = dict[str, Any]


def started(task_id: str) -> Event:
    """The task takes text now."""
    return _event(task_id, "task-started", {})


def sentence_begin(task_id: str, index: int, text: str) -> Event:
    """What is spoken next."""
    return _result(task_id, "sentence-begin", index, text)


def sentence_synthesis(task_id: str, index: int) -> Event:
    """Announces the one binary frame that follows."""
    return _result(task_id, "sentence-synthesis", index)


def sentence_end(task_id: str, index: int, text: str, characters: int) -> Event:
    """What was spoken, and what the task has cost so far."""
    event = _result(task_id, "sentence-end", index, text)
    event["payload"]["usage"] = {"characters": characters}
    return event


def finished(task_id: str, characters: int) -> Event:
    """The end of a task; the connection can take another."""
    event = _event(task_id, "task-finished", {"usage": {"characters": characters}})
    event["header"]["attributes"]["request_uuid"] = str(uuid.uuid4())
    return event


def failed(task_id: str, code: str, message: str) -> Event:
    """The end of a task, and of its connection."""
    event = _event(task_id, "task-failed", {})
    event["header"] |= {"error_code": code, "error_message": message}
    return event


def _result(task_id: str, kind: str, index: int, original_text: str | None = None) -> Event:
    output: Event = {"sentence": {"index": index, "words": []}, "type": kind}
    if original_text is not None:
        output["original_text"] = original_text
    return _event(task_id, "result-generated", {"output": output})


def _event(task_id: str, kind: str, payload: Event) -> Event:
    return {"header": {"task_id": task_id, "event": kind, "attributes": {}}, "payload": payload}
