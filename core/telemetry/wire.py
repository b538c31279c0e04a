"""Spans as OTLP sends them, in protobuf's bytes (opentelemetry-proto 1.x, trace.proto and common.proto). They are
written at once: protobuf's own messages copy each attribute that they are given. What is said again and again, such as
the name of a database or of a route, is made once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from struct import Struct
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.util.types import AttributeValue

Scope = tuple[str, str]
"""Name and version of what made a span."""

INTERNAL: Final = 1
"""The kind of a span that asks nobody and answers nobody."""
_REMEMBERED = 4_096
_LONGEST = 64
"""Characters of a text that is likely to come again."""
_SHORT = [bytes((number,)) for number in range(128)]
_MORE = 0x80
"""Set in each byte of a number but the last."""
_64_BITS = 2**64 - 1
_DELIMITED, _VARINT, _FIXED_64, _FIXED_32 = 2, 0, 1, 5


def _number(number: int) -> bytes:
    """Seven bits in a byte, the lowest first."""
    if number < _MORE:
        return _SHORT[number]
    found = bytearray()
    while number >= _MORE:
        found.append(number & 0x7F | _MORE)
        number >>= 7
    found.append(number)
    return bytes(found)


def _tag(field: int, wire: int) -> bytes:
    return _number(field << 3 | wire)


def _delimited(field: int) -> Callable[[bytes], bytes]:
    """Writes a text or a message into a field."""
    tag = _tag(field, _DELIMITED)

    def write(content: bytes) -> bytes:
        return tag + _number(len(content)) + content

    return write


# Fields by their messages.
_resource_spans = _delimited(1)
_resource, _scope_spans = _delimited(1), _delimited(2)
_resource_attribute = _delimited(1)
_scope, _span = _delimited(1), _delimited(2)
_scope_name, _scope_version = _delimited(1), _delimited(2)
_name, _attribute = _delimited(5), _delimited(9)
_ids = Struct("2s16s2s8s")
_trace_id, _span_id, _parent_id = (_tag(field, _DELIMITED) + _number(size) for field, size in ((1, 16), (2, 8), (4, 8)))
_kinds = [_tag(6, _VARINT) + _number(kind) for kind in range(6)]
_started, _ended = _tag(7, _FIXED_64), _tag(8, _FIXED_64)
_times = Struct("<cQcQ")
_failed = _delimited(15)(_tag(3, _VARINT) + _number(2))
_flags = Struct("<2sI")
_flags_tag = _tag(16, _FIXED_32)
_key, _value = _delimited(1), _delimited(2)
_text, _array = _delimited(1), _delimited(5)
_bool, _int, _double = _tag(2, _VARINT), _tag(3, _VARINT), _tag(4, _FIXED_64)
_in_double = Struct("<d")
_element = _delimited(1)


def encode_span(
    name: str,
    *,
    trace_id: bytes,
    span_id: bytes,
    parent_id: bytes,
    attributes: Iterable[bytes],
    started: int,
    ended: int,
    kind: int = INTERNAL,
    has_failed: bool = False,
    flags: int = 0,
) -> bytes:
    """``parent_id``: empty for a root. ``attributes``: from ``encode_pair``. ``started``, ``ended``: nanoseconds since
    the epoch."""
    return b"".join(
        (
            _ids.pack(_trace_id, trace_id, _span_id, span_id),
            _parent_id + parent_id if parent_id else b"",
            _encode_name(name),
            _kinds[kind],
            _times.pack(_started, started, _ended, ended),
            *attributes,
            _failed if has_failed else b"",
            _flags.pack(_flags_tag, flags) if flags else b"",
        )
    )


@lru_cache(_REMEMBERED)
def _encode_name(name: str) -> bytes:
    return _name(name.encode())


def encode_request(resource: bytes, spans: Iterable[tuple[Scope, bytes]]) -> bytes:
    by_scope: dict[Scope, list[bytes]] = defaultdict(list)
    for scope, span in spans:
        by_scope[scope].append(_span(span))
    scopes = [_scope_spans(_encode_scope(*scope) + b"".join(those)) for scope, those in by_scope.items()]
    return _resource_spans(_resource(resource) + b"".join(scopes))


def _encode_scope(name: str, version: str) -> bytes:
    return _scope(_scope_name(name.encode()) + _scope_version(version.encode()))


def encode_resource(about: Mapping[str, AttributeValue]) -> bytes:
    return b"".join(_resource_attribute(_encode_pair(key, value)) for key, value in about.items())


def encode_pair(key: str, value: AttributeValue) -> bytes:
    """An attribute of a span. Figures and long texts seldom come again."""
    if (isinstance(value, str) and len(value) <= _LONGEST) or isinstance(value, bool):
        return _remembered(key, value)
    return _attribute(_encode_pair(key, value))


@lru_cache(_REMEMBERED, typed=True)
def _remembered(key: str, value: str | bool) -> bytes:
    return _attribute(_encode_pair(key, value))


def _encode_pair(key: str, value: AttributeValue) -> bytes:
    return _encode_key(key) + _value(_encode_value(value))


@lru_cache(_REMEMBERED)
def _encode_key(key: str) -> bytes:
    return _key(key.encode())


def _encode_value(value: AttributeValue) -> bytes:
    match value:
        case bool():
            return _bool + _SHORT[value]
        case str():
            return _text(value.encode())
        case int():
            return _int + _number(value & _64_BITS)
        case float():
            return _double + _in_double.pack(value)
        case _:
            return _array(b"".join(_element(_encode_value(each)) for each in value or ()))


class Wire(OTLPSpanExporter):
    """The library's way to a collector: address, headers, compression, time limit and second attempts."""

    def send(self, request: bytes) -> bool:
        """Whether it was taken."""
        return not self._shutdown and self._client.export(request).success
