"""vLLM-Omni, impersonated: a VoiceDesign server and a Base server of Qwen3-TTS, each at a base URL of its own.

The API is that of vLLM-Omni 0.30 (its Speech API page and its server's source). What it is refused with are that server's words.
"""
