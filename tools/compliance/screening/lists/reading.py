"""Which list a file is, by its content: the name of a download says nothing."""

import csv
from collections.abc import Callable
from pathlib import Path

from tools.compliance.screening.entries import Publication
from tools.compliance.screening.lists import ofac_advanced, ofac_csv, ofac_xml, simple_csv, un_xml
from tools.compliance.screening.lists.broken import BrokenList, shorten
from tools.compliance.screening.lists.safe_xml import etree, local_name

_HEAD = 65_536
_BY_ROOT: dict[str, Callable[[Path], Publication]] = {
    ofac_xml.ROOT: ofac_xml.read_ofac_xml,
    ofac_advanced.ROOT: ofac_advanced.read_ofac_advanced,
    un_xml.ROOT: un_xml.read_un_xml,
}
_KNOWN = "an OFAC SDN list (CSV, XML or advanced XML), the UN consolidated list (XML) or a CSV file with id and name"


def read_list(path: Path) -> Publication:
    """Everything of a file. Reads it as a stream; the entries are in memory.

    Raises:
        BrokenList: it is no list that we know, is empty, says the same number twice, or breaks off.
    """
    if not path.is_file():
        raise BrokenList(f"There is no file {path}.")
    read = _reader(path)
    publication = read(path)
    numbers = {entry.source_id for entry in publication.entries}
    if not numbers:
        raise BrokenList("The file has no entries. To empty a list, remove it: tellergraph compliance remove-list.")
    if len(numbers) != len(publication.entries):
        raise BrokenList("The file has two entries under one number.")
    return publication


def _reader(path: Path) -> Callable[[Path], Publication]:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        root = _root(head)
        if root not in _BY_ROOT:
            raise BrokenList(f"The file is XML with the root {shorten(root)!r}; we read {_KNOWN}.")
        return _BY_ROOT[root]
    none: list[str] = []
    first = next(csv.reader(head.decode("utf-8-sig", errors="replace").splitlines()), none)
    if set(first) >= simple_csv.NEEDED:
        return simple_csv.read_simple_csv
    if len(first) == ofac_csv.COLUMNS and first[0].isdecimal():
        return ofac_csv.read_ofac_csv
    raise BrokenList(f"The file is not {_KNOWN}.")


def _root(head: bytes) -> str:
    """The local name of the root element, from the beginning of a document."""
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, load_dtd=False)
    try:
        parser.feed(head)
        for _, element in parser.read_events():
            return local_name(element)
    except etree.XMLSyntaxError as error:
        raise BrokenList(f"The file is no XML document: {shorten(str(error))}.") from error
    return ""
