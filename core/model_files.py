"""Files that hold one thing as JSON: read and checked as a whole, or refused in a sentence that says why."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import InvalidInput, TellergraphError

Model = TypeVar("Model", bound=BaseModel)


def read_model(
    path: Path, model: type[Model], *, noun: str, hint: str, refusal: type[TellergraphError] = InvalidInput
) -> Model:
    """What lies at ``path``.

    Args:
        noun: what a file that is another's is not, such as "run record".
        hint: what to do where there is none, as a sentence.

    Raises:
        TellergraphError: of the class ``refusal``; the file is missing or is no such thing.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise refusal(f"{path} cannot be read: {error.strerror}. {hint}") from error
    except ValidationError as error:
        raise refusal(f"{path} is no {noun}: {first_reason(error)}.") from error


def first_reason(error: ValidationError) -> str:
    """Of several; with the field, where it is one's."""
    found = error.errors()[0]
    place = ".".join(str(part) for part in found["loc"])
    reason = found["msg"].removeprefix("Value error, ")
    return f"{place}: {reason}" if place else reason
