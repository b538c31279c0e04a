"""What a file is, by its content, and what is not accepted: anything that is no plain document or picture, or that is
something else besides. Linear in the file's length, and nothing is decoded beyond a bound.

    PDF     ISO 32000-2; ends with its own end, without scripts, launched programs, files inside, encryption
    PNG     W3C PNG, third edition: ends with IEND
    JPEG    ITU-T T.81: ends with EOI, or with further pictures (CIPA DC-007, as telephones write them)
    WebP    RFC 9649: is as long as its RIFF header says
    HEIC    ISO/IEC 23008-12: boxes of a still picture alone
"""

import io
import re
import struct
import zlib
from collections.abc import Callable
from typing import Literal
from zipfile import is_zipfile

from core.errors import InvalidInput, TooLarge

MediaType = Literal["application/pdf", "image/png", "image/jpeg", "image/webp", "image/heic"]

MOST_BYTES = 10_000_000
MOST_PIXELS = 60_000_000
"""Of a picture: more than telephones take, less than what fills a memory."""
MOST_INFLATED = 64_000_000
"""Bytes of a PDF's object streams."""

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
_HEIC_BOXES = frozenset({b"ftyp", b"meta", b"mdat", b"free", b"skip"})


def _named(*names: str) -> bytes:
    """A pattern for these names of a PDF, any letter of which may be written as its number (ISO 32000-2, 7.3.5)."""
    letters = {letter: rb"(?:%c|#(?i:%02x))" % (ord(letter), ord(letter)) for name in names for letter in name}
    spelt = b"|".join(b"".join(letters[letter] for letter in name) for name in names)
    return rb"/(?:" + spelt + rb")(?=[\s/\[\]<>(){}%0-9]|$)"


_ACTIVE = re.compile(
    _named(
        "JavaScript",
        "Launch",
        "EmbeddedFile",
        "EmbeddedFiles",
        "RichMedia",
        "SubmitForm",
        "ImportData",
        "XFA",
        "Encrypt",
    )
)
"""Names that make a document do something, or hide what it does."""
_LOCKED = re.compile(_named("Encrypt"))
_OBJECTS = re.compile(_named("ObjStm"))
_BEGINS_OBJECT = re.compile(rb"(?:[\r\n]|endobj)[ \t]*\d{1,10}[ \t]+\d{1,5}[ \t]+\Z")
_PACKED_AS_USUAL = re.compile(rb"/Filter\s*(?:/FlateDecode(?=[\s/>])|\[\s*/FlateDecode\s*\])")
_UNUSUAL = re.compile(rb"[()%#]|/DP\b|/F\b|DecodeParms")
"""Beside an object stream: what could say that it is packed in another way than we read it."""
_JPEG_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_STREAM = re.compile(rb"\bstream\r?\n")
_END_OF_PDF = re.compile(rb"%%EOF[\s\x00]*\Z")


def recognise(content: bytes) -> MediaType:
    """The type of an acceptable file.

    Raises:
        InvalidInput: ``file_not_accepted``; the message says why and what would be.
        TooLarge: more than MOST_BYTES.
    """
    if len(content) > MOST_BYTES:
        raise TooLarge(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Send a smaller one, or parts of it.")
    for begins, media_type, check in _KINDS:
        if begins.match(content):
            if is_zipfile(io.BytesIO(content)):
                raise _refused("The file is an archive as well.")
            check(content)
            return media_type
    raise _refused("The file is of no kind that we take.")


def _refused(reason: str) -> InvalidInput:
    return InvalidInput(
        f"{reason} Send a PDF or a picture (PNG, JPEG, WebP, HEIC), for example a screenshot.", code="file_not_accepted"
    )


def _check_png(content: bytes) -> None:
    at = 8
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        at += 12 + length
        if kind == b"IEND":
            break
    if at != len(content) or content[-8:-4] != b"IEND":
        raise _refused("The picture does not end where it should.")
    _check_picture(content, "PNG")


def _check_jpeg(content: bytes) -> None:
    at = 0
    while content.startswith(b"\xff\xd8\xff", at):
        at = _end_of_jpeg(content, at + 2)
        if not content[at:].strip(b"\x00"):
            return _check_picture(content, "JPEG")
    raise _refused("There is something behind the picture.")


def _end_of_jpeg(content: bytes, at: int) -> int:
    """Behind the EOI of the picture whose segments begin at ``at``."""
    while marker := _JPEG_MARKER.search(content, at):
        at = marker.end()
        if marker[1] == b"\xd9":
            return at
        if marker[1] != b"\x01":
            length = int.from_bytes(content[at : at + 2], "big")
            if length < 2:
                break
            at += length
    raise _refused("The picture is cut off.")


def _check_webp(content: bytes) -> None:
    size = int.from_bytes(content[4:8], "little")
    if size + 8 + size % 2 != len(content):
        raise _refused("The picture does not end where it should.")
    _check_picture(content, "WEBP")


def _check_heic(content: bytes) -> None:
    at = 0
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        if kind not in _HEIC_BOXES or not 8 <= size <= len(content) - at:
            raise _refused("There is something beside the picture.")
        if kind == b"ftyp" and not _HEIC_BRANDS & {content[i : i + 4] for i in range(at + 8, at + size, 4)}:
            raise _refused("The picture is of no kind that we take.")
        at += size
    if at != len(content):
        raise _refused("The picture does not end where it should.")
    _check_picture(content, "HEIF")


def _check_picture(content: bytes, kind: str) -> None:
    """By its own header: a small file may ask for a memory full of pixels."""
    # A twentieth of a second that no start should wait for.
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415
    from pillow_heif import (  # noqa: PLC0415
        register_heif_opener,  # pyright: ignore[reportUnknownVariableType]
    )

    register_heif_opener()
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as picture:
            width, height = picture.size
            if kind == "PNG":
                picture.verify()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _refused("The picture has too many pixels.") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error) as error:
        raise _refused("The picture is damaged.") from error
    if width * height > MOST_PIXELS:
        raise _refused("The picture has too many pixels.")


def _check_pdf(content: bytes) -> None:
    if not _END_OF_PDF.search(content, max(0, len(content) - 1024)):
        raise _refused("The PDF does not end where it should.")
    _refuse_active(content)
    inflated = end = 0
    for found in _OBJECTS.finditer(content):
        stream = _STREAM.search(content, found.end(), found.end() + 4096)
        if stream is None or found.start() < end:
            raise _refused("The PDF is damaged.")
        end = content.find(b"endstream", stream.end())
        objects = _inflate(content, found.start(), stream.start(), stream.end(), end)
        inflated += len(objects)
        if inflated > MOST_INFLATED:
            raise _refused("The PDF is too large when it is unpacked.")
        _refuse_active(objects)


def _inflate(content: bytes, named: int, opened: int, begin: int, end: int) -> bytes:
    """What an object stream holds, which a viewer reads as it reads the file."""
    at = content.rfind(b"obj", max(0, named - 4096), named)
    about = content[at:opened] if at >= 0 else b""
    if end < 0 or not _is_packed_as_usual(about) or not _BEGINS_OBJECT.search(content, max(0, at - 64), at):
        raise _refused("The PDF is packed in a way that we cannot look into.")
    inflate = zlib.decompressobj()
    try:
        objects = inflate.decompress(content[begin:end], MOST_INFLATED)
    except zlib.error as error:
        raise _refused("The PDF is damaged.") from error
    if inflate.unconsumed_tail:
        raise _refused("The PDF is too large when it is unpacked.")
    return objects


def _is_packed_as_usual(about: bytes) -> bool:
    """Whether whoever reads the dictionary of a stream, in whichever way, unpacks it as we do."""
    is_plain = about.count(b"Filter") == 1 and not _UNUSUAL.search(about.replace(b"/ObjStm", b""))
    return is_plain and _PACKED_AS_USUAL.search(about) is not None


def _refuse_active(part: bytes) -> None:
    if active := _ACTIVE.search(part):
        kind = "has a password" if _LOCKED.match(active[0] + b" ") else "is more than a document to read"
        raise _refused(f"The PDF {kind}. Print it into a new PDF and send that.")


_KINDS: tuple[tuple[re.Pattern[bytes], MediaType, Callable[[bytes], None]], ...] = (
    (re.compile(rb"%PDF-[12]\.\d"), "application/pdf", _check_pdf),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", _check_png),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", _check_jpeg),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp", _check_webp),
    (re.compile(rb"....ftyp", re.DOTALL), "image/heic", _check_heic),
)
"""How files begin."""
