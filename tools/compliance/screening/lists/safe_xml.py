"""XML from outside, read as a stream: one element at a time is in memory, no entity is expanded, nothing is fetched.

A document type is refused altogether: no publisher of lists sends one, and every trick with entities needs one.
libxml2's own limits stay on (depth 256, 10 MB for one text).
"""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from lxml import etree as _etree  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

from tools.compliance.screening.lists.broken import BrokenList, shorten

etree: Any = _etree  # pyright: ignore[reportUnknownVariableType]
"""It has no types of its own."""

Element = Any
"""An lxml element."""


def stream(path: Path, tags: frozenset[str], *, also: Callable[[Element], None] | None = None) -> Generator[Element]:
    """The elements of these local names, each with its children and gone after its turn.

    Args:
        also: told the root element before anything else.

    Raises:
        BrokenList: for what is no XML, ends in the middle, or brings a document type.
    """
    try:
        with path.open("rb") as file:
            yield from _elements(file, tags, also)
    except etree.XMLSyntaxError as error:
        raise BrokenList(f"The file is no complete XML document: {shorten(str(error))}.") from error


def _elements(file: Any, tags: frozenset[str], also: Callable[[Element], None] | None) -> Generator[Element]:
    events = etree.iterparse(
        file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    root: Element | None = None
    inside = 0
    for event, element in events:
        if root is None:
            root = element
            _require_plain(element)
            if also:
                also(element)
        wanted = local_name(element) in tags
        if event == "start":
            inside += wanted
            continue
        inside -= wanted
        if inside:
            continue
        if wanted:
            yield element
        if element is not root:
            _forget(element)


def local_name(element: Element) -> str:
    """The tag without its namespace; empty for comments and entities."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def child(element: Element, name: str) -> Element | None:
    return next((found for found in element if local_name(found) == name), None)


def children(element: Element | None, *path: str) -> list[Element]:
    """Those that a path of local names leads to."""
    found = [] if element is None else [element]
    for name in path:
        found = [below for each in found for below in each if local_name(below) == name]
    return found


def text(element: Element | None, *path: str) -> str:
    """Of the first that the path leads to, spaces made single; empty where there is none."""
    found = children(element, *path)
    return " ".join((found[0].text or "").split()) if found else ""


def texts(element: Element | None, *path: str) -> list[str]:
    return [said for found in children(element, *path) if (said := " ".join((found.text or "").split()))]


def _require_plain(root: Element) -> None:
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise BrokenList("The file brings a document type (DOCTYPE), which no published list does. Nothing was read.")


def _forget(element: Element) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
