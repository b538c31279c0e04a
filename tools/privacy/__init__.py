"""What a person may ask of the bank about their data, and how long it is kept (docs/privacy.md).

catalogue.py  every table: whose it is, what of it is in a copy, what becomes of it at erasure and why
export.py     the copy: one archive with a JSON file for each table (GDPR article 15 and 20)
erasure.py    erasure: keys destroyed, rows deleted, what the law keeps sealed away (article 17)
holds.py      legal holds, and retention's exceptions
retention.py  what is older than its rule goes (article 5(1)(e))
requests.py   correction, objection, restriction (articles 16, 18, 21, 22)
cli.py        ``tellergraph privacy``
"""
