"""Whether the audit log is as it was written: every entry against its hash, every link against the one before, every
chain against its head and against the signed checkpoints. Where a signed checkpoint says that a stretch was removed
after its time, the chain goes on from the hash that was signed at its end."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
from psycopg import Connection
from psycopg.rows import class_row

from core.audit.checkpoints import Journal, wanted_links
from core.audit.entries import BEGINNING, QUERIES, Head, Link
from core.audit.removals import Ends, fills, removed_ends

Kind = Literal["edited", "deleted", "inserted", "reordered", "cut", "rebuilt", "checkpoint"]
_MOST_FAULTS = 20
_AT_ONCE = 2_000
"""Rows that are fetched in one go."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``entry_id``, ``chain`` and ``seq`` name the first row that is not as it was, as far as they are known."""

    kind: Kind
    message: str
    chain: int | None = None
    seq: int | None = None
    entry_id: int | None = None
    after: int = field(default=0, repr=False)
    """The entry before it, which says where it stood."""

    @property
    def order(self) -> tuple[int, int]:
        return (self.entry_id or self.after, 0 if self.entry_id else 1)


@dataclass(frozen=True, slots=True)
class Verdict:
    entries: int
    chains: int
    checkpoints: int
    faults: tuple[Fault, ...]
    """The first one first; twenty at most."""
    removed: int = 0
    """Entries that were taken away after their time, on record."""

    @property
    def is_whole(self) -> bool:
        return not self.faults


def verify_log(owner_url: str, journal: Journal) -> Verdict:
    """Reads the whole log once, in one snapshot, as the owner of the tables."""
    with psycopg.connect(owner_url) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        return check(connection, journal)


def check(connection: Connection[Any], journal: Journal) -> Verdict:
    """As ``verify_log``, of what the connection's transaction sees."""
    removed = removed_ends(checkpoint.removed for checkpoint in journal.checkpoints)
    chains = _Chains(_heads(connection), wanted_links(journal.checkpoints), removed)
    for link in _links(connection):
        chains.add(link)
    chains.finish()
    unlinked: list[tuple[int]] = connection.execute(QUERIES["list_unlinked"]).fetchall()
    found = [[Fault("checkpoint", text[0].upper() + text[1:] + ".")] for text in journal.faults]
    found += [each for each in chains.faults if each]
    found += [[Fault("inserted", f"Entry {n} is in no chain: it was put in.", entry_id=n)] for (n,) in unlinked]
    # Faults of one chain stay in its order, chains are told in the order of what is first wrong in each.
    ordered = [fault for faults in sorted(found, key=lambda faults: faults[0].order) for fault in faults]
    faults = tuple(ordered[:_MOST_FAULTS])
    return Verdict(chains.entries, chains.count, len(journal.checkpoints), faults, chains.removed)


def _heads(connection: Connection[Any]) -> dict[int, Head]:
    with connection.cursor(row_factory=class_row(Head)) as cursor:
        return {head.chain: head for head in cursor.execute(QUERIES["list_heads"])}


def _links(connection: Connection[Any]) -> Iterator[Link]:
    with connection.cursor(name="links", row_factory=class_row(Link)) as cursor:
        cursor.itersize = _AT_ONCE
        yield from cursor.execute(QUERIES["list_entries"])


class _Chains:
    """Takes links in the order of chain and place."""

    def __init__(
        self, heads: dict[int, Head], signed: dict[int, dict[int, bytes]], gone: dict[int, dict[int, set[int]]]
    ) -> None:
        self._heads = dict(heads)
        self._signed = signed
        self._gone = gone
        self._chain: _Chain | None = None
        self.faults: list[list[Fault]] = []
        self.entries = self.count = self.removed = 0

    def add(self, link: Link) -> None:
        if self._chain is None or self._chain.number != link.chain:
            self._close()
            self._chain = self._open(link.chain)
        self._chain.add(link)
        self.entries += 1

    def finish(self) -> None:
        """Chains that have a head, or were signed, and no link are cut to nothing."""
        self._close()
        for chain in sorted(self._heads.keys() | self._signed.keys()):
            self._finish(self._open(chain))

    def _open(self, chain: int) -> "_Chain":
        return _Chain(chain, self._heads.pop(chain, None), self._signed.pop(chain, {}), self._gone.get(chain, {}))

    def _close(self) -> None:
        if self._chain is not None:
            self._finish(self._chain)
            self.count += 1
            self._chain = None

    def _finish(self, chain: "_Chain") -> None:
        self.faults.append(chain.finish())
        self.removed += chain.removed


class _Chain:
    def __init__(self, number: int, head: Head | None, signed: dict[int, bytes], gone: Ends) -> None:
        self.number = number
        self.removed = 0
        self._head = head
        self._signed = signed
        self._gone = gone
        self._last = Head(number, 0, BEGINNING)
        self._entry = 0
        """The entry of the last link."""
        self._trusted = self._trusted_entry = 0
        """The last place whose hash was signed."""
        self._faults: list[Fault] = []
        self._is_rebuilt = False

    def add(self, link: Link) -> None:
        self._pass_over(link.seq - 1)
        if len(self._faults) < _MOST_FAULTS:
            self._check(link)
        self._last = Head(link.chain, link.seq, link.hash)
        self._entry = link.entry_id

    def _pass_over(self, last: int) -> None:
        """Goes on from the end of a stretch that was removed on record."""
        first = self._last.seq + 1
        if last < first or not fills(self._gone, first, last):
            return
        self._last = Head(self.number, last, self._signed[last])
        self._signed = {seq: signed for seq, signed in self._signed.items() if seq > last}
        self._trusted, self._trusted_entry = last, self._entry
        self.removed += last - first + 1

    def _check(self, link: Link) -> None:
        expected = self._last.seq + 1
        if link.seq != expected:
            self._note("deleted", expected, None, f"place {expected} of chain {self.number} is missing")
        elif link.prev_hash != self._last.hash:
            self._note("reordered", link.seq, link.entry_id, "it does not follow the one before it")
        if not link.is_there:
            self._note("deleted", link.seq, link.entry_id, "it is missing")
        elif link.computed != link.hash:
            self._note("edited", link.seq, link.entry_id, "it is not what was written")
        self._compare(link)

    def _compare(self, link: Link) -> None:
        signed = self._signed.pop(link.seq, None)
        if signed == link.hash and not self._is_rebuilt:
            self._trusted, self._trusted_entry = link.seq, link.entry_id
        elif signed is not None and signed != link.hash and not self._faults:
            self._is_rebuilt = True
            first = self._trusted + 1
            self._faults.append(
                Fault(
                    "rebuilt",
                    f"Chain {self.number} was written anew from place {first} or after it, up to place {link.seq}: "
                    f"a signed checkpoint has another hash for place {link.seq}, entry {link.entry_id}.",
                    self.number,
                    first,
                    after=self._trusted_entry,
                )
            )

    def finish(self) -> list[Fault]:
        if self._head:
            self._pass_over(self._head.seq)
        ends = [(seq, "a signed checkpoint") for seq in self._signed if seq > self._last.seq]
        if self._head and self._head.seq > self._last.seq:
            ends.append((self._head.seq, "its head"))
        if ends:
            end, witness = max(ends)
            text = f"places {self._last.seq + 1} to {end} of chain {self.number} are gone: {witness} has them"
            self._note("cut", self._last.seq + 1, None, text)
        elif self._head is None or self._head.seq < self._last.seq:
            self._note("inserted", self._last.seq, self._entry, f"it comes after the head of chain {self.number}")
        elif self._head.hash != self._last.hash:
            self._note("rebuilt", self._last.seq, self._entry, f"the head of chain {self.number} has another hash")
        return self._faults

    def _note(self, kind: Kind, seq: int, entry_id: int | None, text: str) -> None:
        subject = (
            f"Entry {entry_id} (chain {self.number}, place {seq}): {text}."
            if entry_id
            else f"{text[0].upper()}{text[1:]}."
        )
        self._faults.append(Fault(kind, subject, self.number, seq, entry_id, self._entry))
