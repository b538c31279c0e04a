"""Results and arguments of tools, as far as their field's name tells that a value is somebody's."""

from collections.abc import Callable, Iterator
from typing import Any, cast

from agent.models.fencing.details import Detail, Kind
from agent.models.fencing.ordinary import ordinary_words

_KINDS: dict[str, Kind] = {
    "payee": "NAME",
    "payee_name": "NAME",
    "recipient": "NAME",
    "holder": "NAME",
    "full_name": "NAME",
    "iban": "IBAN",
    "account_number": "ACCOUNT",
    "sort_code": "SORT_CODE",
    "email": "EMAIL",
    "new_email": "EMAIL",
    "phone": "PHONE",
    "new_phone": "PHONE",
    "address_line": "ADDRESS",
    "new_address": "ADDRESS",
    "postcode": "POSTCODE",
    "date_of_birth": "DOB",
}
_OF_PEOPLE = frozenset({"payees", "add_payee", "change_payee", "check_payee_name"})
"""Lists and tools whose ``name`` is a payee's; elsewhere it is that of an account, a branch or a product."""
_FROM_PEOPLE = "transfer_in"
"""Transactions whose description begins with the name of who sent it; whom money was sent to is a payee."""


def list_details(value: Any, of: str, account_names: frozenset[str]) -> Iterator[Detail]:
    """What the fields say is personal. ``of``: the tool, or the field that the value stands in."""
    match value:
        case dict():
            fields = cast(dict[str, Any], value)
            for name, inner in fields.items():
                if isinstance(inner, str):
                    if detail := _detail(name, inner, of, fields, account_names):
                        yield detail
                else:
                    yield from list_details(inner, name if isinstance(inner, list) else of, account_names)
        case list():
            for inner in cast(list[Any], value):
                yield from list_details(inner, of, account_names)
        case _:
            return


def rewrite(value: Any, change: Callable[[str], str], change_name: Callable[[str], str]) -> Any:
    """The same with every text changed, and every name of a field."""
    match value:
        case str():
            return change(value)
        case int() if not isinstance(value, bool):
            changed = change(str(value))
            return value if changed == str(value) else changed
        case dict():
            fields = cast(dict[str, Any], value)
            return {change_name(name): rewrite(inner, change, change_name) for name, inner in fields.items()}
        case list():
            return [rewrite(inner, change, change_name) for inner in cast(list[Any], value)]
        case _:
            return value


def _detail(name: str, text: str, of: str, fields: dict[str, Any], account_names: frozenset[str]) -> Detail | None:
    kind = "NAME" if name == "name" and of in _OF_PEOPLE else _KINDS.get(name)
    if name == "description" and fields.get("kind") == _FROM_PEOPLE:
        kind, text = "NAME", text.partition(", ")[0].removeprefix("From ")
        if all(word in ordinary_words() for word in text.casefold().split()):
            return None
    if kind is None or text in account_names or not text.strip() or text.startswith("["):
        return None
    return Detail(kind, text.strip())
