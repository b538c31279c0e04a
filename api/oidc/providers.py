"""The bank's choice of providers, from a TOML file that TELLERGRAPH_OIDC names; docs/logins.md has an example. Secrets
stand in files or the environment, never in it."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from core.errors import ConfigurationError

TENANT = "{tenantid}"
"""Stands in Microsoft's issuer for the tenant that the ID token names (``tid``)."""
_WELL_KNOWN = "/.well-known/openid-configuration"
_ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
_CALLBACK = "/api/v1/auth/oidc/{name}/callback"


def require_safe(url: str) -> str:
    """The address, if nobody on the way can read what is sent there. Raises ValueError."""
    parts = urlsplit(url)
    is_here = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if not parts.hostname or parts.username or parts.fragment or parts.scheme not in {"https", "http"}:
        raise ValueError("is an address that begins with https://")
    if parts.scheme == "http" and not is_here:
        raise ValueError("needs https:// unless it is on this machine")
    return url


_Address = Annotated[str, AfterValidator(require_safe)]


class Provider(BaseModel):
    """One that customers and staff may log in with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,39}$")
    label: str = Field(min_length=1, max_length=40)
    """On the button."""
    issuer: str
    """Exactly as its metadata says it; of Microsoft with ``{tenantid}``."""
    metadata_url: _Address | None = None
    """Needed where it is not the issuer's own well-known address."""
    client_id: str = Field(min_length=1, max_length=300)
    client_secret_file: Path | None = None
    client_secret_env: str | None = None
    """The name of an environment variable. With neither the bank is a public client (PKCE alone)."""
    algorithms: tuple[str, ...] = _ALGORITHMS
    """Of ID tokens, all asymmetric."""
    tenants: tuple[str, ...] = ()
    """Microsoft's, by id; empty: any."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        require_safe(self.issuer.replace(TENANT, "tenant"))
        if TENANT in self.issuer and self.metadata_url is None:
            raise ValueError(f"metadata_url is needed with an issuer that has {TENANT}")
        if not self.algorithms or not set(self.algorithms) <= set(_ALGORITHMS):
            raise ValueError(f"algorithms are among {', '.join(_ALGORITHMS)}")
        if self.client_secret_file is not None and self.client_secret_env is not None:
            raise ValueError("client_secret_file or client_secret_env, not both")
        return self

    @property
    def metadata_address(self) -> str:
        return self.metadata_url or self.issuer.rstrip("/") + _WELL_KNOWN

    def read_secret(self) -> SecretStr | None:
        """Raises ConfigurationError where it is to be somewhere and is not."""
        secret = ""
        if self.client_secret_file is not None:
            try:
                secret = self.client_secret_file.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ConfigurationError(
                    f"The secret of {self.name}, {self.client_secret_file}: {error.strerror}."
                ) from error
        elif self.client_secret_env is not None:
            secret = os.environ.get(self.client_secret_env, "").strip()
        else:
            return None
        if not secret:
            raise ConfigurationError(f"The secret of the OpenID Connect provider {self.name} is empty.")
        return SecretStr(secret)


class Providers(BaseModel):
    """All of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    public_url: _Address
    """Where browsers reach this server: providers send people back there, and nowhere that a request names."""
    provider: tuple[Provider, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [each.name for each in self.provider]
        if len(names) != len(set(names)):
            raise ValueError("each provider has a name of its own")
        return self

    def callback_of(self, name: str) -> str:
        return self.public_url.rstrip("/") + _CALLBACK.format(name=name)

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https:")


def read_providers(path: Path | None) -> Providers | None:
    """None where none were set.

    Raises:
        ConfigurationError: the file cannot be read, or says something wrong.
    """
    if path is None:
        return None
    try:
        return Providers.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigurationError(f"TELLERGRAPH_OIDC, {path}: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"TELLERGRAPH_OIDC, {path} is no TOML: {error}.") from error
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise ConfigurationError(f"TELLERGRAPH_OIDC, {path} is wrong.\n" + "\n".join(lines)) from error
