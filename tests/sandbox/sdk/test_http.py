"""The SDK's HTTP surfaces, both generations: each documented call returns what it returns for the vendor's sample."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from sandbox.asking import AUDIO_MODEL, COSY_MODEL, REALTIME_MODEL, SPEECH_MODEL
from sandbox.sdk.hearing import assert_printed_as, assert_speech, assert_speech_at, assert_speech_in
from sandbox.sdk.pointing import Sdk

pytestmark = [pytest.mark.extras, pytest.mark.filterwarnings("ignore")]

TEXT = "今天天气不错，let's go."
CHARACTERS = 22
PROMPT = "A composed middle-aged male announcer with a deep, rich and magnetic voice"
PREVIEW = "Dear listeners, hello everyone."


def test_multi_modal_conversation_plain(sdk: Sdk) -> None:
    voice = sdk.asker.voice()
    answer = sdk.module.MultiModalConversation.call(model=SPEECH_MODEL, text=TEXT, voice=voice, stream=False)
    assert (answer.status_code, answer.code, answer.message) == (200, "", "")
    assert answer.usage.characters == CHARACTERS
    assert_speech_at(answer.output.audio.url)
    assert_printed_as(answer, "qwen_nonrealtime_response")


def test_multi_modal_conversation_streamed(sdk: Sdk) -> None:
    voice = sdk.asker.voice()
    call = sdk.module.MultiModalConversation.call
    assert_speech_in(list(call(model=SPEECH_MODEL, text=TEXT, voice=voice, language_type="Chinese", stream=True)))


def test_multi_modal_conversation_async(sdk: Sdk) -> None:
    asked = {"model": SPEECH_MODEL, "text": TEXT, "voice": sdk.asker.voice()}

    async def speak() -> tuple[Any, list[Any]]:
        call = sdk.module.AioMultiModalConversation.call
        plain = await call(**asked)
        streamed = [chunk async for chunk in await call(**asked, stream=True)]
        await sdk.module.close_shared_aio_session()
        return plain, streamed

    plain, streamed = asyncio.run(speak())
    assert_speech_at(plain.output.audio.url)
    assert_speech_in(streamed)


def test_qwen_tts_plain_and_streamed(sdk: Sdk) -> None:
    call = sdk.part("audio.qwen_tts").SpeechSynthesizer.call
    asked = {"model": SPEECH_MODEL, "text": TEXT, "voice": sdk.asker.voice(), "language_type": "Chinese"}
    plain = call(**asked)
    assert (plain.status_code, plain.usage["characters"]) == (200, CHARACTERS)
    assert_speech_at(plain.output.audio["url"])
    assert_speech_in(list(call(**asked, stream=True)))


def test_a_refusal_is_an_answer_in_the_first_generation_and_an_error_in_the_second(sdk: Sdk) -> None:
    answer = sdk.module.MultiModalConversation.call(model=SPEECH_MODEL, text=TEXT, voice="nobody")
    assert (answer.status_code, answer.code) == (400, "InvalidParameter")
    errors = sdk.part("v2.errors")
    with pytest.raises(errors.BadRequestError) as refused:
        sdk.client(max_retries=0).audio.tts.http.synthesize(TEXT, model=SPEECH_MODEL, voice="nobody")
    assert refused.value.code == "InvalidParameter"
    sdk.asker.script({"status": 401})
    with pytest.raises(errors.AuthenticationError):
        sdk.client().audio.voice_design.list()


def test_voice_enrollment_service(sdk: Sdk) -> None:
    tts = sdk.part("audio.tts_v2")
    service = tts.VoiceEnrollmentService()
    chinese = {"voice_prompt": "沉稳的中年男性播音员", "preview_text": "各位听众朋友，大家好，欢迎收听今天的节目。"}
    first = service.create_voice(COSY_MODEL, "announcer", None, language_hints=["zh"], **chinese)
    with_format = tts.VoiceEnrollmentService(sample_rate=16000, response_format="mp3")
    second = with_format.create_voice(COSY_MODEL, "announcer", "", **chinese)
    assert [item["voice_id"] for item in service.list_voices(prefix="announcer")] == [second, first]
    found = service.query_voice(first)
    assert (found["status"], found["target_model"]) == ("OK", COSY_MODEL)
    assert service.get_last_request_id()
    service.delete_voice(first)
    enrollment = sdk.part("audio.tts_v2.enrollment")
    with pytest.raises(enrollment.VoiceEnrollmentException) as gone:
        service.query_voice(first)
    assert "BadRequest.ResourceNotExist" in str(gone.value)
    assert sdk.asker.usage() == {"voice_creations": 0, "free_quota_used": 0, "characters": 0}


def test_voice_enrollment_service_waits_for_a_voice_as_the_documents_do(sdk: Sdk) -> None:
    sdk.asker.review({"queries": 2})
    service = sdk.part("audio.tts_v2").VoiceEnrollmentService()
    voice_id = service.create_voice(COSY_MODEL, "a", None, voice_prompt=PROMPT, preview_text=PREVIEW)
    assert [service.query_voice(voice_id)["status"] for _ in range(3)] == ["DEPLOYING", "DEPLOYING", "OK"]


def test_http_speech_synthesizer_plain(sdk: Sdk) -> None:
    voice = sdk.asker.enrolled()
    answer = sdk.module.HttpSpeechSynthesizer.call(model=COSY_MODEL, text=TEXT, voice=voice)
    assert (answer.status_code, answer.usage) == (200, {"characters": CHARACTERS})
    assert answer.audio_id == f"audio_{answer.request_id}"
    assert_speech_at(answer.audio_url)


def test_http_speech_synthesizer_with_every_parameter(sdk: Sdk) -> None:
    answer = sdk.module.HttpSpeechSynthesizer.call(
        model=AUDIO_MODEL,
        text=TEXT,
        voice=sdk.asker.enrolled(target_model=AUDIO_MODEL),
        audio_format="mp3",
        sample_rate=22050,
        volume=60,
        rate=1.2,
        pitch=0.9,
        seed=7,
        language_hints=["zh"],
        instruction="开心",
        enable_ssml=False,
        workspace="llm-ws123",
        url=sdk.http_url,
    )
    assert_speech_at(answer.audio_url, "MP3", 22050)


def test_http_speech_synthesizer_streamed(sdk: Sdk) -> None:
    call = sdk.module.HttpSpeechSynthesizer.call
    chunks = list(call(model=COSY_MODEL, text=TEXT, voice=sdk.asker.enrolled(), audio_format="pcm", stream=True))
    assert_speech(b"".join(chunk.audio_data or b"" for chunk in chunks[:-1]), "PCM")
    assert chunks[-1].audio_url
    assert chunks[-1].sentences[0]["index"] == 0


def test_client_voice_design(sdk: Sdk) -> None:
    designs = sdk.client().audio.voice_design
    made = designs.create(
        target_model=REALTIME_MODEL,
        voice_prompt=PROMPT,
        preview_text=PREVIEW,
        preferred_name="announcer",
        language="en",
        parameters={"sample_rate": 24000, "response_format": "wav"},
    )
    assert (made.status_code, made.target_model, made.is_error) == (200, REALTIME_MODEL, False)
    assert_speech(base64.b64decode(made.preview_audio["data"]))
    page = designs.list()
    assert (page.total_count, page.voices[0]["voice"]) == (1, made.voice)
    assert designs.get(made.voice).voice_prompt == PROMPT
    assert designs.delete(made.voice).status_code == 200
    with pytest.raises(sdk.part("v2.errors").BadRequestError) as gone:
        designs.get(made.voice)
    assert gone.value.code == "VoiceNotFound"


def test_client_voices(sdk: Sdk) -> None:
    voices = sdk.client().audio.voices
    made = voices.create(
        target_model=COSY_MODEL,
        prefix="announcer",
        url="",
        extra_input={"voice_prompt": PROMPT, "preview_text": PREVIEW},
        parameters={"sample_rate": 24000, "response_format": "wav"},
    )
    assert_speech(base64.b64decode(made.preview_audio["data"]))
    assert [item["voice_id"] for item in voices.list(prefix="announcer").voices] == [made.voice_id]
    assert voices.get(made.voice_id).status == "OK"
    assert voices.delete(made.voice_id).status_code == 200
    assert voices.list().voices == []


@pytest.mark.parametrize("family", ["qwen", "enrollment"])
def test_client_tts_http_plain_and_streamed(sdk: Sdk, family: str) -> None:
    http = sdk.client().audio.tts.http
    is_qwen = family == "qwen"
    asked: dict[str, Any] = {
        "model": SPEECH_MODEL if is_qwen else COSY_MODEL,
        "voice": sdk.asker.voice() if is_qwen else sdk.asker.enrolled(),
    }
    if not is_qwen:
        asked |= {"format": "wav", "sample_rate": 24000, "extra_input": {"rate": 1.1}}
    plain = http.synthesize(TEXT, **asked)
    assert plain.usage == {"characters": CHARACTERS}
    assert_speech_at(plain.output["audio"]["url"])
    *chunks, last = http.stream(TEXT, **asked)
    sound = b"".join(chunk.audio or b"" for chunk in chunks)
    assert_speech(sound, "PCM" if is_qwen else "WAV")
    assert_speech_at(last.output["audio"]["url"])


def test_models(sdk: Sdk) -> None:
    assert sdk.client().models.get("voice-enrollment").name == "Voice-Enrollment"
    assert sdk.module.Models.get("qwen-voice-design").output["model"] == "qwen-voice-design"
    assert SPEECH_MODEL in {model.model for model in sdk.client().models.list(page_size=50).models}
