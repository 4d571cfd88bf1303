"""The offline speech engines: how a description becomes a voice, and a voice becomes sound.

`seam` is all that the rest of the sandbox may use: `design` turns a description and a seed into a `VoiceSpec` (numbers,
no sound), `speak` turns a spec and a text into blocks of sound. A spec names the engine it was designed for and holds
all that this engine needs, so a voice sounds the same for ever. Both engines start from the same numbers of a voice, so
where the natural one is gone the base engine speaks for it, and `rendering` says so.

    seam            design, speak, speak_whole; best, unavailable, rendering
    spec            VoiceSpec, EngineError, the languages and the sample rate
    traits_to_voice traits and seed to the numbers of a voice
    reading         any text to what can be read (japanese: kanji to kana)
    formant         the base engine: eSpeak NG with a voice variant of its own for each voice
      variant           numbers and language to eSpeak's words
      espeak            the worker process and its data folder (data_folder)
    worker          the program that the process runs; it knows nothing of this package
    neural          the natural engine, extra `neural`: a package of its own
    shaping         sound to level, faded, resampled blocks
    fx              colour for finished speech
"""
