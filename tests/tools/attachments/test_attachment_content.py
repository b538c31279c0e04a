"""What a file is, is told from its content; whatever is more than a document or a picture is refused. Issue 6:
"evidence uploads (type and size checked, stored encrypted)"."""

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_files import ACCEPTED, PICTURES, pdf, pdf_with, picture, png_of

from core.errors import InvalidInput, TooLarge
from tools.attachments.content import MOST_BYTES, recognise


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("payload.html", "<script>alert(1)</script>")
    return file.getvalue()


@pytest.mark.parametrize("media_type", sorted(ACCEPTED))
def test_documents_and_pictures_are_known_by_their_content(media_type: str):
    assert recognise(ACCEPTED[media_type]) == media_type


def test_a_telephones_picture_with_further_pictures_behind_it_is_one():
    assert recognise(picture("JPEG") + picture("JPEG") + b"\x00" * 64) == "image/jpeg"


def test_a_pdf_that_is_packed_as_usual_is_accepted():
    assert recognise(pdf_with(b"<< /Type /Catalog /Pages 2 0 R >>")) == "application/pdf"


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"MZ\x90\x00" + b"\x00" * 100,
        b"GIF89a" + b"\x00" * 100,
        b"#!/bin/sh\nrm -rf /\n",
        b"\x00",
        b"    ftypavif",
        archive(),
    ],
    ids=["svg", "html", "program", "gif", "script", "nothing", "avif", "archive"],
)
def test_anything_else_is_refused_whatever_it_is_called(content: bytes):
    with pytest.raises(InvalidInput, match="Send a PDF or a picture") as error:
        recognise(content)
    assert error.value.error_code == "file_not_accepted"


@pytest.mark.parametrize("media_type", sorted(ACCEPTED))
@pytest.mark.parametrize("behind", [archive(), b"<script>alert(1)</script>"], ids=["archive", "script"])
def test_a_file_that_is_two_things_is_refused(media_type: str, behind: bytes):
    with pytest.raises(InvalidInput):
        recognise(ACCEPTED[media_type] + behind)


@pytest.mark.parametrize("media_type", sorted(PICTURES))
def test_a_picture_that_is_cut_off_is_refused(media_type: str):
    with pytest.raises(InvalidInput):
        recognise(PICTURES[media_type][:-20])


@pytest.mark.parametrize(
    "objects",
    [
        b"<< /S /JavaScript /JS (app.alert(1)) >>",
        b"<< /S /J#61vaScript >>",
        b"<< /S /Launch /F (cmd.exe) >>",
        b"<< /Names << /EmbeddedFiles 4 0 R >> >>",
    ],
    ids=["script", "escaped-name", "program", "file-inside"],
)
@pytest.mark.parametrize("hidden", [False, True], ids=["open", "in-an-object-stream"])
def test_a_pdf_that_does_something_is_refused(objects: bytes, hidden: bool):
    content = pdf_with(objects) if hidden else b"%PDF-1.7\n1 0 obj\n" + objects + b"\nendobj\n%%EOF"
    with pytest.raises(InvalidInput, match="more than a document"):
        recognise(content)


def test_a_pdf_with_a_password_is_refused_with_a_way_on():
    with pytest.raises(InvalidInput, match=r"has a password\. Print it"):
        recognise(pdf("secret"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (pdf_with(b"\x00" * 70_000_000), "too large when it is unpacked"),
        (pdf_with(b"<< >>", more=b"/Filter /LZWDecode"), "cannot look into"),
        (pdf_with(b"<< >>", more=b"/Filter [/FlateDecode /FlateDecode]"), "cannot look into"),
        (pdf_with(b"", packed=b"no zlib"), "damaged"),
        (pdf_with(b"<< >>", more=b"/Filter [/FlateDecode /ASCIIHexDec#6fde]"), "cannot look into"),
        (pdf_with(b"<< >>", more=b"/Filter /FlateDecode /F /ASCIIHexDecode"), "cannot look into"),
        (pdf_with(b"<< >>", more=b"/Filter /AHx /X (\n1 0 obj <<) /Filter /FlateDecode"), "cannot look into"),
        (pdf_with(b"<< /S /JavaScript >>").replace(b"/ObjStm", b"/Obj#53tm"), "cannot look into|more than a document"),
        (b"%PDF-1.7\n" + b"/ObjStm stream\n" * 1000 + b"%%EOF", "damaged|cannot look into"),
        (png_of(30_000, 30_000), "too many pixels"),
        (png_of(8_000, 8_000), "too many pixels"),
    ],
    ids=[
        "bomb",
        "other-packing",
        "packed-twice",
        "no-zlib",
        "packed-twice-escaped",
        "another-packing-of-the-same",
        "packing-in-a-text",
        "escaped-stream",
        "nested",
        "huge-picture",
        "large-picture",
    ],
)
def test_what_would_fill_a_memory_or_hides_its_content_is_refused(content: bytes, says: str):
    with pytest.raises(InvalidInput, match=says):
        recognise(content)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8\xff" + b"\xff" * 5_000_000 + b"\x00",
        pdf_with(b"#41" * 20_000_000),
        b"%PDF-1.7\n" + pdf_with(b"x", more=b"/Filter /FlateDecode " + b"Decode" * 600)[9:] * 1_000,
        b"%PDF-1.7\n" + b"/ObjStm stream\nendstream\n" * 300_000 + b"%%EOF",
    ],
    ids=["markers", "escapes", "packings", "streams"],
)
def test_what_is_made_to_be_slow_to_look_at_is_looked_at_once(content: bytes):
    """A file is read from its beginning to its end a few times. Were it read once for each of its bytes, this test
    would take days."""
    with suppress(InvalidInput):
        recognise(content)


def test_a_file_that_is_too_large_is_said_to_be():
    with pytest.raises(TooLarge, match="10 MB"):
        recognise(b"%PDF-1.7" + b" " * MOST_BYTES)


@given(
    media_type=st.sampled_from(sorted(ACCEPTED)),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=12)), max_size=4),
)
def test_damaged_files_are_accepted_or_refused_and_nothing_else(media_type: str, cuts: list[tuple[float, bytes]]):
    """Whatever a stranger sends, no parser of ours fails in another way."""
    content = bytearray(ACCEPTED[media_type])
    for place, put in cuts:
        at = int(place * len(content))
        content[at : at + len(put)] = put
    with suppress(InvalidInput):
        assert recognise(bytes(content)) == media_type
