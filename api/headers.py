"""A request's headers as they came, for what looks at every request: Starlette's mapping copies them each time."""

from starlette.types import Scope


def find_header(scope: Scope, name: bytes) -> str | None:
    """The first of that name, which is given in lower case, as ASGI has them."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None
