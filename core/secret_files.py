"""Secrets from files, as Docker and Kubernetes mount them: ``TELLERGRAPH_SECRET_KEY_FILE=/run/secrets/key`` is the
same as the file's text in ``TELLERGRAPH_SECRET_KEY``. For every setting that holds a secret, and for no other.
"""

from pathlib import Path
from typing import Any, cast

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

from core.errors import ConfigurationError

_LARGEST = 65_536
"""Bytes."""


class SecretFiles(PydanticBaseSettingsSource):
    """Reads the files that the environment or ``.env`` names."""

    def __init__(self, settings_cls: type[BaseSettings], *named_in: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        # The environment counts for more than ``.env``.
        self._variables: dict[str, str | None] = {}
        for source in reversed(named_in):
            self._variables |= cast(EnvSettingsSource, source).env_vars

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        # One whose file is a setting too is read anew whenever it is needed.
        is_read_here = is_secret(field) and f"{field_name}_file" not in self.settings_cls.model_fields
        return (self._read(variable_of(field_name, field)) if is_read_here else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Raises ConfigurationError: a file cannot be read, or its setting is given twice."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _read(self, variable: str) -> str | None:
        path = self._variables.get(f"{variable}_FILE".lower())
        if path is None:
            return None
        if self._variables.get(variable.lower()) is not None:
            raise ConfigurationError(f"{variable} and {variable}_FILE are both set. Leave one of them out.")
        try:
            with Path(path).open("rb") as file:
                text = file.read(_LARGEST + 1).decode()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            raise ConfigurationError(f"{variable}_FILE: {path} cannot be read ({reason}).") from error
        if not text.strip() or len(text) > _LARGEST:
            raise ConfigurationError(f"{variable}_FILE: {path} is empty, or larger than a secret is.")
        return text.rstrip("\r\n")


def is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def variable_of(name: str, field: FieldInfo) -> str:
    """The environment variable of a setting."""
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else str(alias or f"TELLERGRAPH_{name.upper()}")
