"""What a description says: the lexicon and grammar of the seven dimensions, in English and Chinese, and the language of a text.

Pure and standard library only. Knows nothing of sound, of vendors or of prices; tables are indexed on first use.
"""
