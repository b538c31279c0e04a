"""Small files of every kind, and files that are not what they seem."""

import io
import struct
import zlib

from fpdf import FPDF
from PIL import Image
from pillow_heif import register_heif_opener  # pyright: ignore[reportUnknownVariableType]

register_heif_opener()


def picture(kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, kind)
    return file.getvalue()


def pdf(password: str = "") -> bytes:
    made = FPDF()
    if password:
        made.set_encryption(owner_password="owner", user_password=password)
    made.add_page()
    made.set_font("Helvetica", size=11)
    made.cell(text="Receipt: 1 zebra, 3.50")
    return bytes(made.output())


def pdf_with(objects: bytes, *, more: bytes = b"/Filter /FlateDecode", packed: bytes | None = None) -> bytes:
    """A PDF whose object stream holds ``objects``."""
    packed = zlib.compress(objects) if packed is None else packed
    stream = b"9 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Length %d %s >>\nstream\n" % (len(packed), more)
    return b"%PDF-1.7\n" + stream + packed + b"\nendstream\nendobj\ntrailer << >>\nstartxref\n0\n%%EOF\n"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(width: int, height: int) -> bytes:
    """A small file that says it is a huge picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\x00" * 1000)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def png_with_text(text: bytes) -> bytes:
    """A picture that says something besides."""
    plain = picture("PNG")
    return plain[:-12] + _chunk(b"teXt", text) + plain[-12:]


PICTURES = {
    "image/png": picture("PNG"),
    "image/jpeg": picture("JPEG"),
    "image/webp": picture("WEBP"),
    "image/heic": picture("HEIF"),
}
ACCEPTED = PICTURES | {"application/pdf": pdf()}
