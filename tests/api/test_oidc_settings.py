"""What the file of providers may say, and Microsoft's issuer, which has a tenant in it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from api.oidc.flow import Oidc
from api.oidc.id_token import read_identity
from api.oidc.providers import Provider, read_providers
from core.errors import ConfigurationError, Unauthorized

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TENANT, OTHER = str(uuid4()), str(uuid4())
MICROSOFT = {
    "name": "microsoft",
    "label": "Microsoft",
    "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0",
    "metadata_url": "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
    "client_id": "the-bank",
}


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048)


def token(key: RSAKey, **changes: Any) -> str:
    seconds = int(NOW.timestamp())
    claims = {"sub": "s", "aud": "the-bank", "nonce": "n", "iat": seconds, "exp": seconds + 60, "tid": TENANT}
    claims["iss"] = f"https://login.microsoftonline.com/{changes.get('tid', TENANT)}/v2.0"
    return jwt.encode({"alg": "RS256", "kid": key.thumbprint()}, claims | changes, key)


def read(key: RSAKey, sent: str, **changes: Any) -> str:
    keys = KeySet([RSAKey.import_key(key.as_dict(private=False) | {"kid": key.thumbprint()})])
    return read_identity(sent, keys, Provider.model_validate(MICROSOFT | changes), "n", NOW).issuer


def test_microsofts_issuer_is_the_one_of_the_tenant_that_the_token_names(key: RSAKey):
    assert read(key, token(key)) == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert read(key, token(key), tenants=(TENANT,)).endswith(f"{TENANT}/v2.0")


@pytest.mark.parametrize(
    ("claims", "settings"),
    [
        ({"iss": f"https://login.microsoftonline.com/{OTHER}/v2.0"}, {}),
        ({"iss": "https://login.microsoftonline.com/{tenantid}/v2.0"}, {}),
        ({"tid": "{tenantid}"}, {}),
        ({"tid": "x/../../evil"}, {}),
        ({"tid": OTHER}, {"tenants": (TENANT,)}),
    ],
)
def test_a_tenant_that_does_not_fit_is_refused(key: RSAKey, claims: dict[str, Any], settings: dict[str, Any]):
    with pytest.raises(Unauthorized) as caught:
        read(key, token(key, **claims), **settings)
    assert caught.value.error_code == "oidc_token_invalid"


GOOD = """
public_url = "https://bank.example"
[[provider]]
name = "google"
label = "Google"
issuer = "https://accounts.google.com"
client_id = "x"
"""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("https://bank.example", "http://bank.example"), "public_url.*needs https://"),
        (("https://accounts.google.com", "http://accounts.google.com"), "needs https://"),
        (
            ("https://accounts.google.com", "https://login.microsoftonline.com/{tenantid}/v2.0"),
            "metadata_url is needed",
        ),
        (('client_id = "x"', 'client_id = "x"\nalgorithms = ["none"]'), "algorithms are among"),
        (('client_id = "x"', 'client_id = "x"\nalgorithms = ["HS256"]'), "algorithms are among"),
        (('client_id = "x"', 'client_id = "x"\nclient_secret = "in the open"'), "Extra inputs"),
        (('client_id = "x"', 'client_id = "x"\nclient_secret_file = "a"\nclient_secret_env = "B"'), "not both"),
        (('name = "google"', 'name = "../x"'), "name"),
        (("public_url", "public url"), "is no TOML"),
    ],
)
def test_a_file_that_says_something_wrong_is_refused_with_the_reason(
    tmp_path: Path, change: tuple[str, str], reason: str
):
    path = tmp_path / "oidc.toml"
    path.write_text(GOOD.replace(*change))
    with pytest.raises(ConfigurationError, match=rf"(?s)oidc\.toml.*{reason}"):
        read_providers(path)
    with pytest.raises(ConfigurationError, match="No such file"):
        read_providers(tmp_path / "nowhere.toml")


def test_a_secret_comes_from_a_file_or_the_environment_and_is_never_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "secret"
    path.write_text("from a file\n")
    provider = Provider.model_validate(MICROSOFT | {"client_secret_file": path})
    assert provider.read_secret().get_secret_value() == "from a file"  # pyright: ignore[reportOptionalMemberAccess]
    monkeypatch.setenv("A_SECRET", "from the environment")
    provider = Provider.model_validate(MICROSOFT | {"client_secret_env": "A_SECRET"})
    assert provider.read_secret().get_secret_value() == "from the environment"  # pyright: ignore[reportOptionalMemberAccess]
    assert Provider.model_validate(MICROSOFT).read_secret() is None

    for empty in ({"client_secret_env": "NOT_SET_ANYWHERE"}, {"client_secret_file": tmp_path / "nowhere"}):
        settings = tmp_path / "oidc.toml"
        line = "\n".join(f'{name} = "{value}"' for name, value in empty.items())
        settings.write_text(GOOD + line)
        with pytest.raises(ConfigurationError, match="secret of"):
            Oidc(read_providers(settings))


def test_without_a_file_there_is_no_provider():
    assert Oidc(read_providers(None)).offered == []
