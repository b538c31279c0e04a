"""Knowing the customer: who somebody is, how sure the bank is of it, and until when.

A customer fills an application section by section, adds pictures of documents and submits it; each of these is a
prepared operation that they confirm. Staff review it, one proposes and another decides. The states, who may move them
and what follows for ``customers.kyc_status`` and ``customers.kyc_level``, which limits read, are the database's
(0022_kyc.up.sql). What a level takes is data: ``kyc_levels``.

    application.py  what a customer says; kept sealed       mrz.py      the machine readable zone of ICAO 9303
    numbers.py      document and tax numbers by country     checks.py   what is missing, and what cannot be right
    status.py       how it stands                           filling.py, documents.py, submitting.py   the operations
    review.py       staff                                   kyc_cli.py  tellergraph kyc expire
"""
