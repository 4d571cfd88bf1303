"""How money is guarded.

The life of a purchase:

    quoted ──► approved ──► held ──► sent ──► answered ──► charged
      │                       │        │
      ├► declined             │        ├──► released              the vendor refused: nothing billed
      ├► cancelled            │        └──► unknown               no answer, or one that can't be read
      └► expired              └──► released                 ├──► charged                adopted: its tag turned up
                              (nothing had been sent)       └──► assumed_not_billed ──► charged, if the tag turns up later

Each arrow is one transaction. `sent` is committed before the first byte leaves; `answered` (the voice's name and the request id)
before its audio is stored. A hold without `sent` may be released by anyone, one with it never: absence is decided only by looking.
Whatever was decided by looking, the owner's real answer overrides it. A person may close what is unknown, either way.
Speech leaves nothing to look for: sent and not answered, it counts as charged in full.
"""
