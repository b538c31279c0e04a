"""Screening of people against lists that a bank loads: sanctions (OFAC, United Nations) and politically exposed
persons.

For whoever decides about payments, payees and customers:

    screening = await screen_name(database, db, Screened(name, born=..., country=...))    (screener.py; about 1 ms)
    await record_screening(db, SubjectKind.PAYEE, payee_id, screening, now)               same transaction
    select screening_standing('payee', payee_id)                                          in functions of the owner

``screening_standing`` answers ``match`` (staff confirmed it), ``review`` (staff have not decided yet) or ``clear``; the
application's roles may not ask it, so that no tool, model or trace can show it. What a
screening found may have been reviewed: that only SQL knows.

    entries.py   what stands on a list      lists/     readers of the published formats
    matching/    names against names        load.py    a file becomes a list: tellergraph compliance load-list
    rescreen.py  everybody again            review.py  staff look at hits, four eyes
    payees.py    whom customers pay: must_wait() in SQL holds payments to whoever is not clear

docs/screening.md is the page about it.
"""
