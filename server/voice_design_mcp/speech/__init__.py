"""How audio is made whole: formats, sample rates, loudness and what can be measured of a sound.

Knows nothing of vendors, voices or money. Importing a module here costs nothing; numpy and its kin come on first use.
"""
