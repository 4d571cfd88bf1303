"""A script becomes one file: read, planned, bought piece by piece, joined, with subtitles.

    script, markup    text → lines: who says what
    cast              characters and their voices, as TOML
    plan              lines → pieces: one request each, known by a key, with the pause behind it
    cache             pieces that were bought, by key
    obtaining         one piece: from the cache, from what a crash left, or bought
    running           all of them at once, at the model's pace, in order
    rendering         the pieces, joined and encoded as they come
    finished          what is stored, and copied out, of a narration that is whole
    register          the narrations of the database: one approval each, told once
    narrating         all of it, from the approval to the result

What happens if the process dies, line by line:

    register.begin    before its commit: nothing happened. After: the same call goes on under the same approval.
    each piece        as `spending/purchase.py` says. What is in the cache is not bought again. What was sent and not answered is
                      settled after its deadline: it counts as charged, is named once, and bought again only by another call.
    cache.put         before its commit: the sound is lost, its URL is in the ledger for a day, and it is fetched again.
    rendering         the file begins anew from the cache: the same pieces make the same bytes.
    audio stored      an object that nothing names; the file is made again.
    register.finish   before its commit: as above. After: the same call returns the result.
    register.told     before its commit: the result, or what is missing, is told once more. Nothing is bought by that.
"""
