"""The natural engine, extra `neural`: Kokoro-82M v1.0 by ONNX Runtime, its voices blended to what a description asks for.

Behind the same seam as the base engine, and from the same numbers of a voice (`traits_to_voice`), so that either can
speak for the other. One direction, top to bottom:

    speaking      a text to blocks of sound
      design        numbers of a voice to a blend of Kokoro's voices (voices: what each of them sounds like)
      styles        a blend in one language at one pitch to the model's style (voices.npz, built by .ci/voice_table.py)
      clauses       text to clauses; phonemes: clauses to sounds, and to pieces for the model
        ipa           eight languages by eSpeak NG (phoneme_worker: its process)
        chinese       numbers and pinyin
        kana          Japanese, once its kanji are read
        vocabulary    the model's symbols
      model         the session in ONNX Runtime
        weights       the model's file, found and verified
"""
