"""120 tokens and more that are not ours: forged, bent, or true and over. By name, so that a test says which came in."""

import base64
import hmac
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.security.signing_keys import SigningKey, thumbprint

EXPIRED = ("expired an hour ago", "expired this second")
_LEFT_OUT = object()


def forgeries(key: SigningKey) -> dict[str, str]:
    """``key`` is one that the server signs with: some are what only it could have signed, and no tokens."""
    return _by_claims(key) | _by_header(key) | _by_algorithm(key) | _by_form(key)


def signed(key: SigningKey, claims: bytes | None = None, header: dict[str, Any] | bytes | None = None) -> str:
    """By the true key, whatever it says."""
    if not isinstance(header, bytes):
        header = json.dumps(header or _header(key)).encode()
    content = f"{_text(header)}.{_text(claims if claims is not None else _json(_claims()))}"
    return f"{content}.{_text(key.private.sign(content.encode()))}"


def _claims(**changed: object) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp())
    whole = {
        "iss": "tellergraph",
        "aud": "tellergraph",
        "sub": str(uuid4()),
        "account_type": "customer",
        "role": "customer",
        "permissions": [],
        "iat": now,
        "exp": now + 900,
        "jti": str(uuid4()),
    }
    return {name: value for name, value in (whole | changed).items() if value is not _LEFT_OUT}


def _header(key: SigningKey, **changed: object) -> dict[str, Any]:
    whole = {"alg": "EdDSA", "typ": "at+jwt", "kid": key.kid}
    return {name: value for name, value in (whole | changed).items() if value is not _LEFT_OUT}


def _by_claims(key: SigningKey) -> dict[str, str]:
    now = int(datetime.now(UTC).timestamp())
    odd: dict[str, dict[str, Any]] = {
        "expired an hour ago": {"iat": now - 4500, "exp": now - 3600},
        "expired this second": {"iat": now - 60, "exp": now},
        "expires before it was issued": {"iat": now, "exp": now - 1},
        "expires in ten years": {"exp": now + 315_360_000},
        "expires at the end of numbers": {"exp": 2**63},
        "expires beyond all numbers": {"exp": 10**40},
        "issued at the beginning": {"iat": 0},
        "issued in an hour": {"iat": now + 3600, "exp": now + 4000},
        "issued in a minute": {"iat": now + 60},
        "good from tomorrow": {"nbf": now + 86_400},
        "good from a word": {"nbf": "now"},
        "good from a fraction": {"nbf": now - 0.5},
    }
    for name in _claims():
        odd |= {f"{name}: {said}": {name: value} for said, value in _odd_values(name)}
    odd |= {
        "sid: a word": {"sid": "this"},
        "sid: null": {"sid": None},
        "sid: a number": {"sid": 1},
        "account type in capitals": {"account_type": "CUSTOMER"},
        "account type unknown": {"account_type": "root"},
        "account type of two": {"account_type": "customer,staff"},
        "subject with spaces": {"sub": f" {uuid4()}"},
        "subject in capitals": {"sub": str(uuid4()).upper().replace("0", "A")},
        "subject without dashes": {"sub": uuid4().hex},
        "subject in braces": {"sub": f"{{{uuid4()}}}"},
        "subject as a URN": {"sub": uuid4().urn},
        "subject with a null character": {"sub": f"{uuid4()}\0"},
        "subject is SQL": {"sub": "' or 1=1 --"},
        "issuer with a slash": {"iss": "tellergraph/"},
        "issuer in capitals": {"iss": "Tellergraph"},
        "issuer of another": {"iss": "https://accounts.example"},
        "audience of another": {"aud": "somebody-else"},
        "audience in a list": {"aud": ["tellergraph"]},
        "audience among others": {"aud": ["tellergraph", "somebody-else"]},
        "permissions as one word": {"permissions": "accounts:read"},
        "permissions of numbers": {"permissions": [1, 2]},
        "permissions within permissions": {"permissions": [["accounts:read"]]},
        "an endless role": {"role": "a" * 41},
        "an endless jti": {"jti": "a" * 65},
        "an empty jti": {"jti": ""},
    }
    return {name: signed(key, _json(_claims(**changes))) for name, changes in odd.items()}


def _odd_values(name: str) -> Iterable[tuple[str, object]]:
    yield "left out", _LEFT_OUT
    yield "null", None
    yield "an object", {"$ne": None}
    yield "true", True
    if name not in {"permissions", "jti", "role"}:
        yield "empty", ""
    if name in {"iat", "exp"}:
        now = int(datetime.now(UTC).timestamp())
        moment = now + 900 if name == "exp" else now
        yield from (("text", str(moment)), ("a fraction", moment + 0.5), ("negative", -1), ("a list", [moment]))
        yield "with an exponent", float(moment)


def _by_header(key: SigningKey) -> dict[str, str]:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": key.public}
    own = SigningKey.make()
    own_jwk = jwk | {"x": own.public}
    odd: dict[str, dict[str, Any]] = {
        "kid left out": {"kid": _LEFT_OUT},
        "kid null": {"kid": None},
        "kid a number": {"kid": 1},
        "kid empty": {"kid": ""},
        "kid a list": {"kid": [key.kid]},
        "kid of nobody": {"kid": own.kid},
        "kid a path": {"kid": "../../../../dev/null"},
        "kid a file": {"kid": "/etc/hostname"},
        "kid an address": {"kid": "https://keys.example/1"},
        "kid SQL": {"kid": f"{key.kid}' or '1'='1"},
        "kid with a null character": {"kid": f"{key.kid}\0"},
        "kid with a space": {"kid": f"{key.kid} "},
        "kid in lower case": {"kid": key.kid.lower() + "x"},
        "jku": {"jku": "https://keys.example/jwks.json"},
        "x5u": {"x5u": "https://keys.example/cert.pem"},
        "x5c": {"x5c": ["MIIB"]},
        "x5t": {"x5t": "AAAA"},
        "jwk, even the true one": {"jwk": jwk},
        "crit": {"crit": ["exp"]},
        "crit of a header of theirs": {"crit": ["x"], "x": 1},
        "b64 false": {"b64": False, "crit": ["b64"]},
        "cty": {"cty": "JWT"},
        "zip": {"zip": "DEF"},
        "typ left out": {"typ": _LEFT_OUT},
        "typ JWT": {"typ": "JWT"},
        "typ in capitals": {"typ": "AT+JWT"},
        "typ of an id token": {"typ": "id+jwt"},
        "alg left out": {"alg": _LEFT_OUT},
        "alg null": {"alg": None},
        "alg in lower case": {"alg": "eddsa"},
        "alg Ed25519": {"alg": "Ed25519"},
        "alg a list": {"alg": ["EdDSA"]},
        "alg HS256 over an Ed25519 signature": {"alg": "HS256"},
        "alg none over an Ed25519 signature": {"alg": "none"},
    }
    return {f"header: {name}": signed(key, header=_header(key, **changes)) for name, changes in odd.items()} | {
        "header: the key within it": signed(own, header=_header(key, jwk=own_jwk)),
        "header: the key within it, by its own name": signed(own, header=_header(own, jwk=own_jwk)),
        "header: another's key under our name": signed(own, header=_header(key)),
        "header: another's key under its name": signed(own),
        "header: two algorithms": signed(key, header=_twice(_header(key), "alg", "none")),
        "header: two kids": signed(key, header=_twice(_header(key), "kid", thumbprint(own.public))),
        "header: a list": signed(key, header=b"[]"),
        "header: no JSON": signed(key, header=b"{"),
        "header: nested": signed(key, header=b"[" * 300),
    }


def _by_algorithm(key: SigningKey) -> dict[str, str]:
    public = key.private.public_key()
    secrets: dict[str, Any] = {
        "the public key, raw": public.public_bytes_raw(),
        "the public key, base64": key.public,
        "the kid": key.kid,
        "a weak secret": "secret" * 6,
    }
    claims, named = _claims(), {"kid": key.kid, "typ": "at+jwt"}
    found = {
        f"HS256 with {what}": jwt.encode(claims, secret, algorithm="HS256", headers=named)
        for what, secret in secrets.items()
    }
    content = f"{_text(_json(_header(key, alg='HS256')))}.{_text(_json(claims))}"
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    found["HS256 with the public key, PEM"] = f"{content}.{_text(hmac.digest(pem, content.encode(), 'sha256'))}"
    found["RS256"] = jwt.encode(claims, rsa.generate_private_key(65537, 2048), algorithm="RS256", headers=named)
    found["ES256"] = jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers=named)
    for spelling in ("none", "None", "NONE", "nOnE", ""):
        found[f"alg {spelling!r}, unsigned"] = f"{_text(_json(_header(key, alg=spelling)))}.{_text(_json(claims))}."
    return found


def _by_form(key: SigningKey) -> dict[str, str]:
    whole = signed(key)
    head, body, signature = whole.split(".")
    jwe = _text(_json({"alg": "dir", "enc": "A256GCM"}))
    last = signature[-1]
    other = next(each for each in "AQgw" if each != last)
    return {
        "no signature": f"{head}.{body}.",
        "signature turned round": f"{head}.{body}.{signature[::-1]}",
        "signature of zeros": f"{head}.{body}.{_text(bytes(64))}",
        "signature too short": f"{head}.{body}.{_text(bytes(63))}",
        "signature too long": f"{head}.{body}.{signature}AAAA",
        "signature, its last bits changed": f"{head}.{body}.{signature[:-1]}{other}",
        "signature with padding": f"{whole}==",
        "signature with a line end": f"{whole}\n",
        "parts changed about": f"{body}.{head}.{signature}",
        "another body": f"{head}.{_text(_json(_claims(role='admin', account_type='staff')))}.{signature}",
        "two parts": f"{head}.{body}",
        "four parts": f"{whole}.{signature}",
        "five parts, as JWE": f"{jwe}..{_text(bytes(12))}.{body}.{_text(bytes(16))}",
        "JSON serialization": json.dumps({"payload": body, "protected": head, "signature": signature}),
        "space before": f" {whole}x",
        "space within": whole.replace(".", ". "),
        "another alphabet": whole.replace("-", "+").replace("_", "/") + "+",
        "empty parts": "..",
        "letters": "a.b.c",
        "one letter": "x",
        "not ASCII": "é.é.é",
        "full-width letters": "".join(chr(ord(each) + 0xFEE0) if each.isalnum() else each for each in whole),
        "an emoji": f"{head}.{body}.🔑",
        "huge": f"{head}.{'A' * 20_000}.{signature}",
        "huge and signed": signed(key, _json(_claims(role="customer", more="x" * 7_000))),
        "a bomb of brackets, signed": signed(key, b"[" * 5_000),
        "body: a list": signed(key, b"[]"),
        "body: text": signed(key, b'"customer"'),
        "body: empty": signed(key, b"{}"),
        "body: not UTF-8": signed(key, b"\xff\xfe{}"),
        "body: NaN": signed(key, _json(_claims()).replace(b'"exp":', b'"x": NaN, "exp":')),
        "body: two subjects": signed(key, _twice(_claims(), "sub", str(uuid4()))),
        "body: two roles": signed(key, _twice(_claims(), "role", "admin")),
        "body: two expiries": signed(key, _twice(_claims(), "exp", 2**40)),
        "a refresh token": "tgr_" + _text(bytes(48)),
    }


def _twice(members: dict[str, Any], name: str, value: object) -> bytes:
    """JSON in which ``name`` stands twice."""
    return _json(members)[:-1] + f", {json.dumps(name)}: {json.dumps(value)}}}".encode()


def _json(members: dict[str, Any]) -> bytes:
    return json.dumps(members).encode()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
