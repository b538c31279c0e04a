"""Personal data encrypted field by field (docs/encryption.md).

fields.py     one value, AES-256-GCM, bound to its table, column, row and customer
data_keys.py  the customers' own keys, of which the database keeps what a master key has wrapped
masters.py    what wraps them: keys of the environment or a file, and the ring of all of them
vault.py      the same over HTTP: HashiCorp Vault's transit engine
ring.py       the ring that the settings describe
rotation.py   every key wrapped again by the present master key, while the server serves
"""
