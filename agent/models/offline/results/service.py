"""Profile, complaints, appointments, branches, hours, fees and limits, in words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from agent.models.offline.results.words import bullets, day

_DOCUMENTS = {"passport": "passport", "driving_licence": "driving licence", "national_id": "identity card"}
_LANGUAGES = {"en": "English", "cy": "Welsh"}
_CHANNELS = {
    "none": "no offers",
    "email": "offers by e-mail",
    "text": "offers by text message",
    "post": "offers by post",
}
_DAY_KINDS = {"bank_holiday": "bank holidays", "christmas_day": "Christmas Day"}
_MOST_BRANCHES_SAID = 3


def _profile(result: dict[str, Any]) -> str:
    address = ", ".join(filter(None, (result["address_line"], result["city"], result["postcode"])))
    preferences = result["preferences"]
    lines = [
        f"E-mail, also your login: {result['email'] or 'none'}",
        f"Phone: {result['phone'] or 'none'}",
        f"Address: {address or 'none'}",
        f"Identity: {_identity(result['verification'])}",
        f"You get statements {'on paper' if preferences['statement_delivery'] == 'paper' else 'online'}, letters in "
        f"{_LANGUAGES[preferences['language']]}, and {_CHANNELS[preferences['marketing_channel']]}",
        f"You agreed to: {_agreed(result['consents'])}",
    ]
    return f"This is what we have for {result['name']}:\n\n{bullets(lines)}"


def _identity(verification: dict[str, Any]) -> str:
    if verification["state"] != "verified":
        return {
            "pending": "not checked yet",
            "rejected": "the check did not succeed",
            "expired": "has to be checked again",
        }[verification["state"]]
    by = f" with your {_DOCUMENTS[verification['document']]}" if verification["document"] else ""
    on = f" on {day(verification['checked_on'])}" if verification["checked_on"] else ""
    return f"checked{by}{on}"


def _agreed(consents: list[dict[str, Any]]) -> str:
    return ", ".join(each["consent"] for each in consents if each["is_given"]) or "nothing beyond your contract"


def _complaints(result: dict[str, Any]) -> str:
    if not result["complaints"]:
        return "You have made no complaints."
    return "Your complaints:\n\n" + bullets(_complaint(each) for each in result["complaints"])


def _cases(result: dict[str, Any]) -> str:
    if not result["cases"]:
        return "You have no cases with us."
    return "Your cases:\n\n" + bullets(_case(each) for each in result["cases"])


def _case(case: dict[str, Any]) -> str:
    clocks = "".join(f" By {day(clock['date'])}: {clock['what']}." for clock in case["clocks"])
    return f"**{case['reference']}**, {case['about']}, of {day(case['opened'])}: {case['state_in_words']}{clocks}"


def _complaint(complaint: dict[str, Any]) -> str:
    said = f"**{complaint['reference']}** ({complaint['category']}), of {day(complaint['received'])}: "
    if complaint["state"] == "answered":
        return f"{said}answered"
    return f"{said}we answer by {day(complaint['answer_by'])}"


def _appointments(result: dict[str, Any]) -> str:
    if not result["appointments"]:
        return "You have no appointment ahead of you."
    return "Your appointments:\n\n" + bullets(
        f"**{day(each['date'])} at {each['time']}** in our branch {each['branch']}, {each['address']}: {each['topic']}"
        for each in result["appointments"]
    )


def _branches(result: dict[str, Any]) -> str:
    return "Our branches:\n\n" + bullets(
        f"**{each['name']}**, {each['address']}: {_open_today(each['open_today'])}"
        f"{', with a quiet room' if each['has_quiet_room'] else ''}"
        for each in result["branches"]
    )


def _open_today(hours: str | None) -> str:
    return f"open today from {hours}" if hours else "closed today"


def _atms(result: dict[str, Any]) -> str:
    city = result["atms"][0]["city"]
    return f"Cash machines in {city}:\n\n" + bullets(each["label"] for each in result["atms"])


def _hours(result: dict[str, Any]) -> str:
    said = "\n\n".join(_place(each) for each in result["hours"])
    return f"{said}\n\n{result['always_open']}"


def _place(hours: dict[str, Any]) -> str:
    places: list[str] = hours["places"]
    name = ", ".join(places) if len(places) <= _MOST_BRANCHES_SAID else "Most of our branches"
    return f"**{name}** ({_just_now(hours)}):\n\n{bullets(_week(hours['week']))}"


def _just_now(hours: dict[str, Any]) -> str:
    if hours["next_change"] is None:
        return "closed"
    change = datetime.fromisoformat(hours["next_change"])
    if hours["is_open"]:
        return f"open now, until {change:%H:%M}"
    return f"closed now, opens at {change:%H:%M} on {change:%A} {change.day} {change:%B}"


def _week(week: list[dict[str, Any]]) -> list[str]:
    """Days that follow each other with the same hours are said together."""
    runs: list[tuple[list[str], str]] = []
    for each in week:
        name = _DAY_KINDS.get(each["day"], str(each["day"]).capitalize())
        hours = each["open"] or "closed"
        if runs and runs[-1][1] == hours and each["day"] not in _DAY_KINDS:
            runs[-1][0].append(name)
        else:
            runs.append(([name], hours))
    return [f"{_run(names)}: {hours}" for names, hours in runs]


def _run(names: list[str]) -> str:
    name = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return name[:1].upper() + name[1:]


def _terms(result: dict[str, Any]) -> str:
    lines = bullets(f"{each['label']}: **{each['value']}**" for each in result["terms"])
    more = f"\n\nThere are {result['left_out']} more; tell me what it is about." if result["left_out"] else ""
    return f"We publish:\n\n{lines}{more}"


def _handoff_open(result: dict[str, Any]) -> str:
    since = datetime.fromisoformat(result["since"])
    asked = f"{day(since.date().isoformat())}, {since:%H:%M}"
    return f"{result['message']} Your request is **{result['reference']}**, of {asked}."


BY_TOOL: dict[str, Callable[[dict[str, Any]], str]] = {
    "get_profile": _profile,
    "list_complaints": _complaints,
    "list_support_cases": _cases,
    "list_appointments": _appointments,
    "find_branches": _branches,
    "find_atms": _atms,
    "get_opening_hours": _hours,
    "list_fees_and_limits": _terms,
}
BY_STATUS: dict[str, Callable[[dict[str, Any]], str]] = {
    "handoff_open": _handoff_open,
}
