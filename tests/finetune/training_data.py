"""Small data sets on disk, as `finetune data` writes them, and configs that train on them."""

import json
from pathlib import Path
from typing import Any

from finetune.config import TrainingConfig
from finetune.data.folder import DataSet, write_data_set

BALANCE_TOOL = {
    "type": "function",
    "function": {
        "name": "get_balance",
        "description": "The balance of an account.",
        "parameters": {"type": "object", "properties": {"account": {"type": "string"}}},
    },
}
ACCOUNTS = ("Everyday", "Savings", "Holiday", "Rent", "Car", "Garden")
QUESTIONS = {"train": "How much is on", "validation": "Tell me the balance of", "test": "Which sum is left with"}
ENDS = {"train": "for me please", "validation": "as quickly as you can manage", "test": "before my train goes north"}
INTENTS = {"balance": ("how much is on", "show the balance of"), "freeze": ("block the card of", "freeze")}


def make_chat(number: int, part: str = "train") -> dict[str, Any]:
    account = ACCOUNTS[number % len(ACCOUNTS)]
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "get_balance", "arguments": json.dumps({"account": account})},
    }
    messages = [
        {"role": "system", "content": "You are the bank's assistant."},
        {"role": "user", "content": f"{QUESTIONS[part]} {account} {number}?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": f"{number}.15 GBP", "tool_call_id": "c1"},
        {"role": "assistant", "content": f"There are {number}.15 GBP."},
        {"role": "user", "content": "Thanks"},
        {"role": "assistant", "content": "Glad to help!"},
    ]
    group = f"{part} {number}"
    return {"id": group, "group": group, "messages": messages, "tools": ["get_balance"], "kind": "tool"}


def write_chats(folder: Path, rows: int = 16) -> Path:
    parts = {part: [make_chat(n, part) for n in range(rows if part == "train" else 4)] for part in QUESTIONS}
    return write(folder, DataSet("chat", parts, {}, {"tools.json": {"get_balance": BALANCE_TOOL}}))


def write_intents(folder: Path) -> Path:
    def rows(part: str, count: int) -> list[dict[str, Any]]:
        return [
            {"id": f"{part} {label} {n}", "text": f"{opening} {ACCOUNTS[n % 6]} {ENDS[part]}", "label": label}
            | {"source": "own"}
            for n in range(count)
            for label, openings in INTENTS.items()
            for opening in openings
        ]

    return write(folder, DataSet("intents", {part: rows(part, 8 if part == "train" else 4) for part in ENDS}, {}))


def write(folder: Path, data: DataSet) -> Path:
    write_data_set(data, "{digest}", folder)
    return folder


def make_config(base: Path, data: Path, output: Path, **changes: Any) -> TrainingConfig:
    """Few steps with a small adapter on one thread of the CPU."""
    return TrainingConfig.model_validate(
        {
            "base": base,
            "data": data,
            "output": output,
            "device": "cpu",
            "threads": 1,
            "lora": {"rank": 4},
            "optimiser": {"learning_rate": 1e-2},
            "batch": {"rows": 2, "accumulate": 1, "max_tokens": 512},
            "schedule": {"max_steps": 6, "epochs": 10, "evaluate_every": 2},
        }
        | changes
    )
