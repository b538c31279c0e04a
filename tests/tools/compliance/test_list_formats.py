"""Lists are read as they are published, and a broken one is refused in whole. Issue 6: "OFAC SDN CSV/XML and the UN XML
format". The people in these files are made up."""

from contextlib import suppress
from datetime import date
from pathlib import Path

import listfiles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.compliance.screening.entries import BirthDates, EntryKind, ListEntry, NameQuality
from tools.compliance.screening.lists.birth_dates import find_births
from tools.compliance.screening.lists.broken import BrokenList
from tools.compliance.screening.lists.reading import read_list

FORMATS = {
    "sdn.csv": (listfiles.SDN, "OFAC sdn.csv"),
    "sdn.xml": (listfiles.SDN_XML, "OFAC sdn.xml"),
    "sdn_advanced.xml": (listfiles.ADVANCED, "OFAC advanced XML"),
    "consolidated.xml": (listfiles.UN, "UN consolidated list"),
    "pep.csv": (listfiles.OWN, "CSV"),
}


def day(year: int, month: int, number: int) -> BirthDates:
    return BirthDates(earliest=date(year, month, number), latest=date(year, month, number))


def names(entry: ListEntry) -> dict[str, NameQuality]:
    return {name.text.upper(): name.quality for name in entry.names}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_says_the_same_of_one_person(tmp_path: Path, name: str):
    text, called = FORMATS[name]
    listfiles.write(tmp_path, "alt.csv", listfiles.ALT)
    publication = read_list(listfiles.write(tmp_path, name, text))

    person = publication.entries[0]
    assert publication.format == called
    assert person.kind is EntryKind.PERSON
    assert names(person)["YUSUF MAHMUD AL-SAMPLE"] is NameQuality.PRIMARY
    assert names(person)["ABU SAMPLE"] is NameQuality.WEAK
    assert person.births[0] == day(1969, 3, 7)
    assert person.countries == ("IQ",)
    if name != "sdn_advanced.xml":
        assert names(person)["YOUSSEF ASSAMPLE"] is NameQuality.STRONG
        assert publication.entries[1].kind is EntryKind.ORGANISATION
    if name not in ("pep.csv", "consolidated.xml"):
        assert "SDGT" in person.programmes


def test_years_that_a_list_is_unsure_of_become_spans(tmp_path: Path):
    [person, _] = read_list(listfiles.write(tmp_path, "un.xml", listfiles.UN)).entries

    assert person.births[1:] == (
        BirthDates(earliest=date(1968, 1, 1), latest=date(1971, 12, 31)),
        BirthDates(earliest=date(1968, 1, 1), latest=date(1972, 12, 31)),
    )


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("10 Dec 1948", date(1948, 12, 10), date(1948, 12, 10)),
        ("Dec 1948", date(1948, 12, 1), date(1948, 12, 31)),
        ("1961 to 1963", date(1961, 1, 1), date(1963, 12, 31)),
        ("01 Jan 1960 to 31 Mar 1961", date(1960, 1, 1), date(1961, 3, 31)),
        ("circa 1979-1982", date(1976, 12, 31), date(1985, 1, 1)),
    ],
)
def test_dates_of_birth_as_they_are_written(said: str, first: date, last: date):
    found = find_births(said)

    assert found is not None
    assert abs(found.earliest - first).days <= 2
    assert abs(found.latest - last).days <= 2


@given(st.text(max_size=40))
def test_no_text_is_a_date_by_accident_or_an_error(text: str):
    found = find_births(text)

    assert found is None or found.earliest <= found.latest


LAUGHS = """<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<sdnList><sdnEntry><uid>1</uid><lastName>&b;</lastName><sdnType>Entity</sdnType></sdnEntry></sdnList>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/hostname">]>
<CONSOLIDATED_LIST><ENTITY><DATAID>1</DATAID><FIRST_NAME>&a;</FIRST_NAME></ENTITY></CONSOLIDATED_LIST>"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LAUGHS, "document type"),
        (OUTSIDE, "document type"),
        (listfiles.SDN_XML[:-30], "no complete XML"),
        (listfiles.SDN_XML.replace("<Record_Count>2", "<Record_Count>3"), "announces 3 entries and has 2"),
        (listfiles.SDN_XML.replace("<uid>102</uid>", "<uid>101</uid>"), "two entries under one number"),
        (listfiles.UN.replace("<FIRST_NAME>PRZYKLAD SHIPPING</FIRST_NAME>", ""), "has no name"),
        ("<html><body>404</body></html>", "root 'html'"),
        (listfiles.SDN.replace('"vessel"', '"balloon"'), "Line 3 is no entry"),
        (listfiles.SDN.replace(",-0-\n", "\n", 1), "columns"),
        ("id,name\n", "no entries"),
        ("id,name\n1,\n", "Line 2"),
        ("id,name,colour\n1,A,red\n", "Unknown column 'colour'"),
        ("id,name,birth\n1,A,yesterday\n", "no date of birth"),
        ("id,name,kind\n1,A,ghost\n", "about kind"),
        ("id,name\n1,A,more\n", "more columns"),
        ("just text", "The file is not an OFAC"),
        ("", "The file is not an OFAC"),
    ],
    ids=range(17),
)
def test_a_broken_list_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str):
    with pytest.raises(BrokenList) as refused:
        read_list(listfiles.write(tmp_path, "list", text))
    assert reason in refused.value.message


def test_bytes_that_are_no_text_are_refused(tmp_path: Path):
    path = tmp_path / "sdn.csv"
    path.write_bytes(listfiles.SDN.encode() + b'104,"\xff\xfe","individual",-0-,,,,,,,,-0-\n')
    with pytest.raises(BrokenList, match="UTF-8"):
        read_list(path)
    with pytest.raises(BrokenList, match="no file"):
        read_list(tmp_path / "nothing")


@given(cut=st.integers(0, len(listfiles.UN.encode())), junk=st.binary(max_size=20))
def test_whatever_is_cut_or_put_into_a_list_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, cut: int, junk: bytes
):
    whole = listfiles.UN.encode()
    path = tmp_path_factory.getbasetemp() / "fuzzed.xml"
    path.write_bytes(whole[:cut] + junk + whole[cut:])
    with suppress(BrokenList):
        assert read_list(path).entries
