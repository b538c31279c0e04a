"""What a model server means by an answer that is no stream. Its words may repeat what it was sent: they stay here."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, cast

import orjson

from agent.models.faults import Fault, ModelFailed

_NO_TOOLS = re.compile(
    # Ollama.
    r"does(?: not|n't) support (?:tools|tool|function)"
    # vLLM that was started without them, newer and older.
    r"|--enable-auto-tool-choice|tool choice requires"
    r"|extra_forbidden\W.{0,80}'tools'|only named tools are supported"
    # Others.
    r"|\b(?:tools?|tool[ _-]?(?:use|calls?|calling)|function[ _-]?(?:calls?|calling))\b"
    r".{0,40}\b(?:not|isn't|aren't) (?:supported|enabled)",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_WAIT = timedelta(days=1)


def read_refusal(
    status: int, headers: Mapping[str, str], body: bytes, *, with_tools: bool, key_setting: str
) -> ModelFailed:
    """The failure that an HTTP answer other than 200 stands for. `key_setting` holds the key that was sent."""
    text, code = _error(body)
    wait = read_wait(headers.get("Retry-After"))
    if code == "insufficient_quota":
        message = f"The model server's quota is used up ({status}). Raise it with the provider."
        return ModelFailed(message, Fault.QUOTA)
    if with_tools and status in _CLIENT_ERRORS and _NO_TOOLS.search(text):
        return ModelFailed(
            f"The model cannot use tools ({status}): name one that can, or start its server with them.", Fault.NO_TOOLS
        )
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            message = (
                f"The model server refused the API key (it answered {status}): put a valid one into {key_setting}."
            )
            return ModelFailed(message, Fault.KEY_REFUSED)
        case HTTPStatus.NOT_FOUND:
            message = f"The model server has no such model or address (it answered {status}): correct TELLERGRAPH_LLM."
            return ModelFailed(message, Fault.NO_SUCH_MODEL)
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.REQUEST_TIMEOUT:
            return ModelFailed(f"The model server is overloaded (it answered {status}).", Fault.OVERLOADED, wait)
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return ModelFailed(f"The model server failed (it answered {status}).", Fault.OVERLOADED, wait)
        case _ if status in _CLIENT_ERRORS:
            return ModelFailed(f"The model server refused the request (it answered {status}).", Fault.REQUEST_REFUSED)
        case _:
            return ModelFailed(f"The model server answered {status}, which is no completion.", Fault.FAILED)


def read_wait(value: str | None) -> timedelta | None:
    """``Retry-After`` (RFC 9110, 10.2.3): seconds, or a date; None where it is neither."""
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", value):
        return min(timedelta(seconds=float(value)), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment - datetime.now(UTC), timedelta(0)), _LONGEST_WAIT)


_CLIENT_ERRORS = range(400, 500)


def _error(body: bytes) -> tuple[str, str]:
    """All that it says, and its code: OpenAI's object, or a text."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode(errors="replace"), ""
    error = cast(dict[str, Any], content).get("error", content) if isinstance(content, dict) else content
    code = cast(dict[str, Any], error).get("code") if isinstance(error, dict) else None
    return body.decode(errors="replace"), str(code or "")
