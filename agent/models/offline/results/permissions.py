"""What a customer may do, and whether they are identified, in words."""

from collections.abc import Callable
from typing import Any

from agent.models.offline.results.words import bullets, day, money

_LEVELS = ("not identified", "basic", "full", "enhanced")
_SAID_OTHERWISE = {"pay_payee": "Pay somebody", "add_payee": "Add a payee", "change_payee": "Change a payee"}


def _permissions(result: dict[str, Any]) -> str:
    every: list[dict[str, Any]] = result["permissions"]
    refused = [f"{_named(each)}: {each['reason']}" for each in every if not each["allowed"]]
    limited = [_limits(each) for each in every if each["allowed"] and (len(every) == 1 or each["left_today"])]
    said: list[str] = []
    if limited:
        said.append("You may do this now:\n\n" + bullets(limited))
    if refused:
        said.append("You may not do this now:\n\n" + bullets(refused))
    elif len(every) > 1:
        said.append("Everything else that I can prepare for you is open to you as well.")
    return "\n\n".join(said)


def _named(permission: dict[str, Any]) -> str:
    name: str = permission["operation"]
    return f"**{_SAID_OTHERWISE.get(name, name.replace('_', ' ').capitalize())}**"


def _limits(permission: dict[str, Any]) -> str:
    limits = [
        f"{money(permission[name], permission['currency'])} {words}"
        for name, words in (
            ("per_payment", "at most in one go"),
            ("left_today", "left today"),
            ("left_this_month", "left this month"),
        )
        if permission[name] is not None
    ]
    limits += [f"{fee['label']}: {fee['value']}" for fee in permission["fees"]]
    return f"{_named(permission)}: {', '.join(limits)}" if limits else _named(permission)


def _identity(result: dict[str, Any]) -> str:
    said = [_standing(result)]
    if result["message"]:
        said.append(result["message"])
    if result["missing"]:
        said.append("Your application still needs:\n\n" + bullets(result["missing"]))
    if result["problems"]:
        said.append("This does not fit yet:\n\n" + bullets(result["problems"]))
    return "\n\n".join([*said, result["next_step"]])


def _standing(result: dict[str, Any]) -> str:
    until = f", until {day(result['valid_until'])}" if result["valid_until"] else ""
    standing = {
        "verified": f"You are identified (level {result['level']}, {_LEVELS[result['level']]}){until}.",
        "pending": "You are not identified yet.",
        "rejected": "The check of your identity did not succeed.",
        "expired": "Your identification has run out.",
    }[result["identification"]]
    if not result["application"] or result["application"] == "verified":
        return standing
    on = f", handed in on {day(result['submitted'])}" if result["submitted"] else ""
    return f"{standing} Your application {result['reference']} is {result['application'].replace('_', ' ')}{on}."


BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "what_may_i_do": _permissions,
    "get_identity_status": _identity,
}
