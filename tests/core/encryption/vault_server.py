"""A small server that speaks the part of Vault's transit engine that we use, with real AES-256-GCM behind it:
``GET /v1/MOUNT/keys/NAME``, ``POST /v1/MOUNT/encrypt/NAME`` and ``decrypt/NAME``, tokens, versions,
min_decryption_version (developer.hashicorp.com/vault/api-docs/secret/transit)."""

import base64
import json
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "hvs.of-the-test"


class Transit:
    """The engine: one key with its versions."""

    def __init__(self, path: str = "transit", name: str = "tellergraph") -> None:
        self.path, self.name = path, name
        self.versions = [secrets.token_bytes(32)]
        self.oldest = 1
        self.asked: list[str] = []
        self.is_broken = False

    def rotate(self) -> None:
        self.versions.append(secrets.token_bytes(32))

    def answer(self, verb: str, path: str, token: str | None, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(f"{verb} {path}")
        if self.is_broken:
            return 503, {"errors": ["Vault is sealed"]}
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        if (verb, path) == ("GET", f"/v1/{self.path}/keys/{self.name}"):
            return 200, {"data": {"name": self.name, "type": "aes256-gcm96", "latest_version": len(self.versions)}}
        if (verb, path) == ("POST", f"/v1/{self.path}/encrypt/{self.name}"):
            return 200, {"data": self._encrypt(body)}
        if (verb, path) == ("POST", f"/v1/{self.path}/decrypt/{self.name}"):
            return self._decrypt(body)
        return 404, {"errors": []}

    def _encrypt(self, body: dict[str, str]) -> dict[str, Any]:
        version, nonce = len(self.versions), secrets.token_bytes(12)
        sealed = AESGCM(self.versions[-1]).encrypt(
            nonce, _decoded(body["plaintext"]), _decoded(body["associated_data"])
        )
        ciphertext = base64.b64encode(nonce + sealed).decode()
        return {"ciphertext": f"vault:v{version}:{ciphertext}", "key_version": version}

    def _decrypt(self, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        try:
            _, version, encoded = body["ciphertext"].split(":")
            number, raw = int(version[1:]), _decoded(encoded)
            if not self.oldest <= number <= len(self.versions):
                return 400, {"errors": ["ciphertext or signature version is disallowed by policy (too old)"]}
            key = AESGCM(self.versions[number - 1])
            plain = key.decrypt(raw[:12], raw[12:], _decoded(body["associated_data"]))
        except (ValueError, InvalidTag):
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}


@contextmanager
def running_vault(transit: Transit) -> Generator[str]:
    """Yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            self._reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _reply(self, body: dict[str, str]) -> None:
            status, found = transit.answer(self.command, self.path, self.headers["X-Vault-Token"], body)
            raw = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
