"""Open weights: Qwen3-TTS on the user's own GPUs, behind two vLLM-Omni servers. Knows no MCP, no money, no other family.

A VoiceDesign server speaks a description's clip, and keeps nothing; a Base server makes a voice of an uploaded clip, and may
forget it. So the clip is the voice: it is kept here like any preview, before it is uploaded, and uploaded again when it is missed:

    create   designs the clip, by a seed that the voice's name tells; the voice is DEPLOYING
    query    uploads the clip where the Base server has none of that name; then the voice is OK

Where no clip is left, the description, the text and the seed make the same one again. Facts: vLLM-Omni 0.30's Speech API page, and
its server's source.
"""
