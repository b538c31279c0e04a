"""Personal data that has to be kept for a while is unreadable without the server's key."""

import base64
import hmac

from cryptography.fernet import Fernet

from core.security.sealing import Seal

KEY = b"k" * 32


def test_what_was_closed_can_be_opened_with_the_same_key():
    sealed = Seal(KEY).close("20-45-67")
    assert "20-45-67" not in sealed
    assert Seal(KEY).find(sealed) == "20-45-67"


def test_another_key_or_a_changed_seal_opens_nothing():
    sealed = Seal(KEY).close("20-45-67")
    assert Seal(b"x" * 32).find(sealed) is None
    assert Seal(KEY).find(sealed[:-4] + "AAAA") is None
    assert Seal(KEY).find("") is None


def test_the_same_text_is_sealed_differently_each_time():
    assert Seal(KEY).close("same") != Seal(KEY).close("same")


def test_what_was_sealed_under_a_key_of_before_still_opens():
    old = b"o" * 32
    sealed = Seal(old).close("20-45-67")
    assert Seal(KEY, [old]).find(sealed) == "20-45-67"
    assert Seal(KEY).find(sealed) is None


def test_what_an_older_version_sealed_with_fernet_still_opens():
    key = base64.urlsafe_b64encode(hmac.digest(KEY, b"sealed personal data", "sha256"))
    sealed = Fernet(key).encrypt(b"20-45-67").decode()
    assert Seal(KEY).find(sealed) == "20-45-67"
    assert Seal(b"x" * 32).find(sealed) is None
