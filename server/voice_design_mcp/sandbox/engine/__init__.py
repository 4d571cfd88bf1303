"""The offline speech engine: how a description becomes a voice, and a voice becomes sound.

`seam` is all that the rest of the sandbox may use: `design` turns a description and a seed into a `VoiceSpec` (numbers,
no sound), `speak` turns a spec and a text into blocks of sound. A spec names the engine it was designed for and holds
all that this engine needs, so a voice sounds the same for ever and another engine can stand beside this one.

    seam            design, speak, speak_whole
    spec            VoiceSpec, EngineError, the languages and the sample rate
    formant         the base engine: eSpeak NG with a voice variant of its own for each voice
      traits_to_voice   traits and seed to numbers
      variant           numbers and language to eSpeak's words
      reading           any text to what eSpeak can read (japanese: kanji to kana)
      espeak            the worker process and its data folder (data_folder)
      shaping           PCM to level, faded, resampled blocks
    worker          the program that the process runs; it knows nothing of this package
"""
