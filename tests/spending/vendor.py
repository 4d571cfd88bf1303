"""A vendor that a test can look into: a real HTTP peer on loopback that keeps voices, bills what it makes, and fails on demand.

It is not the sandbox: it says nothing of being one, so everything runs as against the real vendor, caps included. Its previews
are one short tone, so that a purchase takes a few milliseconds.
"""

from __future__ import annotations

import asyncio
import base64
import io
import math
import socket
import struct
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from vendor_client.peer import Peer, Reply, Request, answer, drip, reset, stall, truncated
from voice_design_mcp.characters import billed_characters

TARGET = "qwen3-tts-vd-2026-01-26"
Fault = Callable[["Vendor", Request], Reply]
"""Answers a request in place of the vendor; it may let the vendor perform it first, which bills."""


@dataclass
class Vendor(Peer):
    """The vendor. `created` and `characters` are its bill; `voices` what is on the account, the oldest first.

    Args:
        page_size_max: What it cuts every page to, whatever was asked.
        newest_first: The order of its list.
        stamps: What it calls the moment of every creation.
        tells_prompts: Whether its list and its query tell descriptions.
        hides: Whether its list leaves out every voice, as one that is not up to date may.
        review: What it calls a voice of the second family that was just made.
        serves: What its catalogue lists.
    """

    page_size_max: int = 100
    newest_first: bool = True
    stamps: str = "2026-11-22 12:00:00"
    tells_prompts: bool = True
    hides: bool = False
    review: str = "OK"
    serves: tuple[str, ...] = ("qwen-voice-design", "voice-enrollment", TARGET, "cosyvoice-v3.5-flash")
    created: int = 0
    characters: int = 0
    strangers: int = 0
    voices: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    enrolled: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    made: list[str] = field(default_factory=list[str])
    faults: list[tuple[str, Fault]] = field(default_factory=list[tuple[str, Fault]])
    on_request: Callable[[str], None] = lambda _action: None

    def __post_init__(self) -> None:
        self.then = self._reply

    def spoil(self, operation: str, *faults: Fault) -> None:
        """Let the next answers of an operation go wrong, in this order."""
        self.faults += [(operation, fault) for fault in faults]

    def asked(self, operation: str) -> int:
        """How often an operation was asked for."""
        return sum(_operation(request) == operation for request in self.requests)

    def add(self, name: str, prompt: str = "Somebody else's voice.", *, preview_text: str = "Hello.") -> str:
        """Put a voice on the account that somebody else made; it is not on our bill."""
        self.strangers += 1
        voice = f"qwen-tts-vd-{name}-voice-20261122120000000-{self.strangers + 0xA000:04x}"
        self.voices[voice] = self._record(voice, TARGET, "en", prompt, preview_text)
        return voice

    def perform(self, request: Request) -> dict[str, Any]:
        """Do what is asked, and bill it."""
        operation = _operation(request)
        fields: dict[str, Any] = (
            request.json["input"] if request.body else dict(parse_qsl(urlsplit(request.target).query))
        )
        return getattr(self, f"_{operation}")(fields)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return self

    def stop_listening(self) -> None:
        """Refuse new connections until `come_up`; those that are open live on."""
        assert self._server is not None
        self._server.close()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self.port))

    async def go_down(self) -> None:
        """Refuse connections until `come_up`, and end those that are open."""
        self.stop_listening()
        self._closing.set()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)
        self._closing = asyncio.Event()

    async def come_up(self) -> None:
        """Accept connections again, on the same port."""
        await self.listen()

    def _reply(self, request: Request) -> Reply:
        operation = _operation(request)
        self.on_request(operation)
        for index, (wanted, fault) in enumerate(self.faults):
            if wanted == operation:
                del self.faults[index]
                return fault(self, request)
        if operation == "audio":
            return answer(tone(), headers={"content-type": "audio/wav"})
        return done(self, request)

    def _create(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.created += 1
        voice = f"qwen-tts-vd-{asked['preferred_name']}-voice-20261122120000{self.created:03d}-{self.created:04x}"
        self.made.append(voice)
        self.voices[voice] = self._record(
            voice, asked["target_model"], asked["language"], asked["voice_prompt"], asked["preview_text"]
        )
        audio = {"data": base64.b64encode(tone()).decode(), "sample_rate": 24000, "response_format": "wav"}
        return self._result({"preview_audio": audio, "target_model": asked["target_model"], "voice": voice}, count=1)

    def _list(self, asked: dict[str, Any]) -> dict[str, Any]:
        size = min(asked["page_size"], self.page_size_max)
        records = [self._told(record) for record in self.voices.values() if not self.hides]
        ordered = records[::-1] if self.newest_first else records
        page = ordered[asked["page_index"] * size : (asked["page_index"] + 1) * size]
        counts = {"page_index": asked["page_index"], "page_size": size, "total_count": len(ordered)}
        return self._result({**counts, "voice_list": page})

    def _query(self, asked: dict[str, Any]) -> dict[str, Any]:
        record = self.voices.get(asked["voice"])
        return _refused("VoiceNotFound") if record is None else self._result(self._told(record))

    def _delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        record = self.voices.pop(asked["voice"], None)
        return _refused("VoiceNotFound") if record is None else self._result({"voice": asked["voice"]})

    def _synthesize(self, asked: dict[str, Any]) -> dict[str, Any]:
        billed = billed_characters(asked["text"])
        self.characters += billed
        audio = {"url": f"{self.origin}/audio/{self.characters}.wav", "data": "", "expires_at": 1790000000}
        return self._result({"audio": audio, "finish_reason": "stop"}, characters=billed)

    def _create_voice(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.created += 1
        voice = f"{asked['target_model']}-vd-{asked['prefix']}-{self.created:032x}"
        self.made.append(voice)
        self.enrolled[voice] = {
            "voice_id": voice,
            "target_model": asked["target_model"],
            "voice_prompt": asked["voice_prompt"],
            "preview_text": asked["preview_text"],
            "gmt_create": self.stamps,
            "gmt_modified": self.stamps,
            "status": self.review,
        }
        audio = {"data": base64.b64encode(tone()).decode(), "sample_rate": 24000, "response_format": "wav"}
        told = {"voice_id": voice, "target_model": asked["target_model"], "preview_audio": audio}
        return self._result(told, count=1)

    def _list_voice(self, asked: dict[str, Any]) -> dict[str, Any]:
        size = min(asked["page_size"], self.page_size_max)
        ordered = [] if self.hides else list(self.enrolled.values())[::-1]
        page = ordered[asked["page_index"] * size : (asked["page_index"] + 1) * size]
        told = ("voice_id", "gmt_create", "gmt_modified", "status")
        return self._result({"voice_list": [{name: record[name] for name in told} for record in page]})

    def _query_voice(self, asked: dict[str, Any]) -> dict[str, Any]:
        record = self.enrolled.get(asked["voice_id"])
        return _refused("BadRequest.ResourceNotExist") if record is None else self._result(record)

    def _delete_voice(self, asked: dict[str, Any]) -> dict[str, Any]:
        record = self.enrolled.pop(asked["voice_id"], None)
        return _refused("BadRequest.ResourceNotExist") if record is None else self._result({})

    def _models(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = [model for model in self.serves if model == asked["model"]]
        return self._result({"total": len(found), "models": [{"model": model} for model in found]})

    def _record(self, voice: str, target_model: str, language: str, prompt: str, preview_text: str) -> dict[str, str]:
        return {
            "voice": voice,
            "target_model": target_model,
            "language": language,
            "voice_prompt": prompt,
            "preview_text": preview_text,
            "gmt_create": self.stamps,
            "gmt_modified": self.stamps,
        }

    def _told(self, record: dict[str, str]) -> dict[str, str]:
        hidden = () if self.tells_prompts else ("voice_prompt", "preview_text")
        return {name: value for name, value in record.items() if name not in hidden}

    def _result(self, output: dict[str, Any], **usage: int) -> dict[str, Any]:
        return {"output": output, "usage": usage, "request_id": f"req-{len(self.requests)}"}


def done(vendor: Vendor, request: Request) -> Reply:
    """No fault at all."""
    body = vendor.perform(request)
    return answer(body, status=400 if "code" in body else 200)


def last(reply: Reply) -> Reply:
    """The same, and the connection ends with it."""
    return Reply(raw=reply.raw.replace(b"\r\n", b"\r\nconnection: close\r\n", 1), ending="close")


def reset_before(_vendor: Vendor, _request: Request) -> Reply:
    """The connection is reset, and nothing was done."""
    return reset()


def reset_after(vendor: Vendor, request: Request) -> Reply:
    """It is done and billed, and the connection is reset."""
    vendor.perform(request)
    return reset()


def stalled(vendor: Vendor, request: Request) -> Reply:
    """It is done and billed, and the answer never comes."""
    vendor.perform(request)
    return stall()


def cut(vendor: Vendor, request: Request) -> Reply:
    """It is done and billed, and the connection ends in the middle of the answer."""
    return truncated(vendor.perform(request))


def short(vendor: Vendor, request: Request) -> Reply:
    """It is done and billed, and the answer's length says less than there is."""
    return answer(vendor.perform(request), length=20)


def garbled(vendor: Vendor, request: Request) -> Reply:
    """It is done and billed, and the answer is no JSON."""
    vendor.perform(request)
    return answer(b"\xff\xfe<html>\x00not JSON")


def refused_inside_200(_vendor: Vendor, _request: Request) -> Reply:
    """It is refused, with the status of success."""
    return answer(_refused("InvalidParameter"))


def throttled(_vendor: Vendor, _request: Request) -> Reply:
    """Too many requests; no wait is stated."""
    return answer(_refused("Throttling.RateQuota"), status=429)


def throttled_for_a_moment(_vendor: Vendor, _request: Request) -> Reply:
    """Too many requests, with the wait that would do."""
    return answer(_refused("Throttling.RateQuota"), status=429, headers={"retry-after": "0"})


def failed(_vendor: Vendor, _request: Request) -> Reply:
    """HTTP 500, and nothing was done."""
    return answer(_refused("InternalError"), status=500)


def failed_after(vendor: Vendor, request: Request) -> Reply:
    """It is done and billed, and HTTP 500 says it was not."""
    vendor.perform(request)
    return answer(_refused("InternalError"), status=500)


def unavailable(_vendor: Vendor, _request: Request) -> Reply:
    """HTTP 503, and nothing was done."""
    return answer(_refused("ModelUnavailable"), status=503)


def missing(_vendor: Vendor, _request: Request) -> Reply:
    """The voice is said not to be there."""
    return answer(_refused("VoiceNotFound"), status=400)


def counting(characters: int | None) -> Fault:
    """It is done, and the vendor's own count of the characters is this; None where it tells none."""

    def counted(vendor: Vendor, request: Request) -> Reply:
        before = vendor.characters
        body = vendor.perform(request)
        vendor.characters = before + (characters or 0)
        body["usage"] = {} if characters is None else {"characters": characters}
        return answer(body)

    return counted


def dripped(vendor: Vendor, request: Request) -> Reply:
    """It is done and billed, and the answer drips without an end."""
    vendor.perform(request)
    return drip()


@cache
def tone() -> bytes:
    """A WAV of 0.3 s."""
    rate_hz = 24000
    samples = (int(8000 * math.sin(2 * math.pi * 220 * n / rate_hz)) for n in range(int(0.3 * rate_hz)))
    packed = b"".join(struct.pack("<h", sample) for sample in samples)
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setparams((1, 2, rate_hz, 0, "NONE", ""))
        audio.writeframes(packed)
    return file.getvalue()


def _operation(request: Request) -> str:
    path = request.target.split("?")[0]
    if path.endswith("/customization"):
        return request.action
    return "audio" if path.startswith("/audio/") else "models" if path.endswith("/models") else "synthesize"


def _refused(code: str) -> dict[str, Any]:
    return {"request_id": "req-refused", "code": code, "message": "The vendor's own words."}
