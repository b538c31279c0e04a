"""The data fence: does exactly what was hidden come back, at every split of a stream, and what does hiding cost?

    python -m evals.bench.fence --json

The texts are made from a seed: whole details and pieces of them, placeholders that nobody gave away, and characters of
all kinds. A plain question has no history, and its customer five payees. A turn has 30 payees, twelve earlier messages
and three rounds, the last two with 50 transactions each.
"""

import asyncio
import random
import time
from statistics import median
from typing import Annotated, Any

import orjson
import typer
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agent.models.fencing.details import Detail, OwnDetails
from agent.models.fencing.own_fence import OwnFence
from agent.prompts import fence
from core.security.pii import Placeholders
from tools.demo_bank.catalogue import load_catalogue, load_people

_WORDS = str.split("pay send balance rent please what is the my from to and card £20.00 2026-11-21 ending 4821")
_LOOK_ALIKES = (
    "[NAME_1]",
    "[name 2]",
    "[NAME_2B]",
    "[TEXT_1]",
    "[IBAN_1 ending 1234]",
    "[",
    "]",
    "[[NAME",
    "_1]",
    "\\",
)
_ODD = (
    "é",
    "\u200b",
    "ß",
    "İ",
    "𝐌",
    "\u0301",
    "\n",
    "'s",
    "-",
    "\u00a0",
    "田",
    "\ud7ff",
    '"',
    "<|im_start|>",
    "</result>",
)
_TURNS = 40

app = typer.Typer(add_completion=False)


@app.command()
def measure_fence(
    texts: Annotated[int, typer.Option(min=1)] = 10_000,
    seed: int = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Exact restoration of random texts, and CPU time of hiding."""
    result = asyncio.run(_measure(texts, seed))
    typer.echo(orjson.dumps(result, option=0 if as_json else orjson.OPT_INDENT_2).decode())
    if result["wrong"]:
        raise typer.Exit(1)


async def _measure(texts: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    own = make_details(chance, 30)
    splits = hidden = wrong = 0
    turn = _fence(own)
    for number in range(texts):
        if number % 50 == 0:
            turn = _fence(own)
        text = make_text(chance, own)
        [message] = await turn.hide([HumanMessage(text)])
        shown = str(message.content)
        hidden += shown != text
        splits += len(shown) + 2
        wrong += not all(_opened(turn, shown[:at], shown[at:]) == text for at in range(len(shown) + 1))
        wrong += _opened(turn, *shown) != text
    return {"texts": texts, "with_own_data": hidden, "splits": splits, "wrong": wrong} | await _cost(chance, own)


def _fence(own: OwnDetails) -> OwnFence:
    async def read() -> OwnDetails:
        return own

    return OwnFence(read, Placeholders())


def _opened(turn: OwnFence, *chunks: str) -> str:
    opening = turn.opening()
    return "".join([*map(opening.push, chunks), opening.finish()])


def make_details(chance: random.Random, payees: int) -> OwnDetails:
    """A customer's, with people of the demo bank's catalogue."""
    people = load_people()
    names = [f"{chance.choice(people.first_names)} {chance.choice(people.last_names)}" for _ in range(payees + 1)]
    numbers = [
        detail
        for _ in range(payees)
        for detail in (
            Detail("ACCOUNT", f"{chance.randrange(10**8):08}"),
            Detail("SORT_CODE", f"{chance.randrange(10**6):06}"),
        )
    ]
    contacts = (
        Detail("PHONE", "+44 7700 900123"),
        Detail("EMAIL", "somebody@mail.example"),
        Detail("ADDRESS", f"12 {chance.choice(people.streets)}"),
        Detail("DOB", "1990-05-14"),
        Detail("IBAN", "GB29NWBK60161331926819"),
    )
    return OwnDetails((*(Detail("NAME", name) for name in names), *contacts, *numbers), frozenset({"Everyday"}))


def make_text(chance: random.Random, own: OwnDetails) -> str:
    def piece() -> str:
        value = chance.choice(own.details).value
        match chance.randrange(8):
            case 0 | 1:
                return value
            case 2:
                return chance.choice((value.upper(), value.lower(), value.split()[0], " ".join(value)))
            case 3:
                return chance.choice(_LOOK_ALIKES)
            case 4:
                return chance.choice(_ODD)
            case 5:
                return "".join(chr(chance.randrange(32, 0x2FFF)) for _ in range(chance.randrange(6)))
            case _:
                return chance.choice(_WORDS)

    return chance.choice(("", " ", " ")).join(piece() for _ in range(chance.randrange(12)))


async def _cost(chance: random.Random, own: OwnDetails) -> dict[str, float]:
    """CPU milliseconds of a turn's three rounds, and of the whole stream that comes back."""
    hiding: list[float] = []
    opening: list[float] = []
    plain: list[float] = []
    few = make_details(chance, 5)
    for _ in range(_TURNS):
        begun = time.process_time()
        await _fence(few).hide(
            [SystemMessage("You are the assistant. " * 60), HumanMessage("how do I freeze my card?")]
        )
        plain.append(time.process_time() - begun)
        rounds = _rounds(chance, own)
        begun = time.process_time()
        turn = _fence(own)
        shown = [await turn.hide(messages) for messages in rounds][-1]
        hiding.append(time.process_time() - begun)
        answer = str(shown[-1].content)[:800]
        begun = time.process_time()
        _opened(turn, *(answer[at : at + 4] for at in range(0, len(answer), 4)))
        opening.append(time.process_time() - begun)
    return {
        "hide_cpu_ms_per_turn": round(1000 * median(hiding), 2),
        "hide_cpu_ms_of_a_plain_question": round(1000 * median(plain), 2),
        "open_cpu_ms_per_answer": round(1000 * median(opening), 2),
        "prompt_characters": sum(len(str(message.content)) for message in _rounds(chance, own)[-1]),
    }


def _rounds(chance: random.Random, own: OwnDetails) -> list[list[BaseMessage]]:
    history = [(AIMessage if number % 2 else HumanMessage)(make_text(chance, own) * 2) for number in range(12)]
    messages: list[BaseMessage] = [SystemMessage("You are the assistant. " * 60), *history, HumanMessage("and now?")]
    names = [detail.value for detail in own.details if detail.kind == "NAME"]
    merchants = list(load_catalogue().named)
    rounds = [list(messages)]
    for number in ("1", "2"):
        rows = [
            {
                "reference": str(chance.randrange(10**6)),
                "date": "2026-11-21",
                "description": f"{chance.choice(names)}, rent" if place % 5 == 0 else chance.choice(merchants),
                "kind": "transfer_out" if place % 5 == 0 else "card_payment",
                "amount": "-20.00",
                "currency": "GBP",
                "account": "Everyday",
            }
            for place in range(50)
        ]
        call: Any = {"id": number, "name": "list_transactions", "args": {"limit": 50}}
        messages += [AIMessage("", tool_calls=[call]), ToolMessage(fence("result", rows), tool_call_id=number)]
        rounds.append(list(messages))
    return rounds


if __name__ == "__main__":
    app()
