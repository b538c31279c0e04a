"""Files that customers send: evidence of a dispute, pictures of a document. Kept encrypted in PostgreSQL, each
customer's own (row-level security), never changed.

    running.attachments: Attachments              (one for each process, from its secret key)
    await attachments.store(context, purpose="dispute", name=..., content=...)  -> Attachment   (its own transaction)
    await attachments.read(database, scope, attachment_id)                      -> (Attachment, bytes)
    await find_attachment(db, customer_id, attachment_id, "dispute")            -> Attachment | None

REST: ``POST /api/v1/attachments`` (multipart: file, purpose) gives the id that tools take; ``GET`` gives the file back.
A file that nothing refers to is kept all the same: it is a record of what was sent.

What is accepted is decided by the content, never by the name or the declared type (content.py). Malware is not looked
for: whoever opens a file relies on the machine that opens it. A name is text that a stranger wrote: shown, never used.
"""
