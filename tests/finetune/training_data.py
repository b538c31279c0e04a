"""Small data sets on disk, as `finetune data` writes them, and configs that train on them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finetune.config import TrainingConfig

BALANCE_TOOL = {
    "type": "function",
    "function": {
        "name": "get_balance",
        "description": "The balance of an account.",
        "parameters": {"type": "object", "properties": {"account": {"type": "string"}}},
    },
}
ACCOUNTS = ("Everyday", "Savings", "Holiday", "Rent", "Car", "Garden")
INTENTS = {"balance": ("how much is on", "show the balance of"), "freeze": ("block the card of", "freeze")}


def make_chat(number: int) -> dict[str, Any]:
    account = ACCOUNTS[number % len(ACCOUNTS)]
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "get_balance", "arguments": json.dumps({"account": account})},
    }
    messages = [
        {"role": "system", "content": "You are the bank's assistant."},
        {"role": "user", "content": f"How much is on {account} {number}?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": f"{number}.15 GBP", "tool_call_id": "c1"},
        {"role": "assistant", "content": f"There are {number}.15 GBP."},
        {"role": "user", "content": "Thanks"},
        {"role": "assistant", "content": "Glad to help!"},
    ]
    return {"id": f"d{number}", "group": account, "messages": messages, "tools": ["get_balance"], "kind": "tool"}


def write_chats(folder: Path, rows: int = 16) -> Path:
    parts = {"train": range(rows), "validation": range(100, 104), "test": range(200, 204)}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tools.json").write_text(json.dumps({"get_balance": BALANCE_TOOL}))
    return write_parts(folder, "chat", {name: [make_chat(n) for n in numbers] for name, numbers in parts.items()})


def write_intents(folder: Path) -> Path:
    def rows(numbers: Sequence[int]) -> list[dict[str, Any]]:
        return [
            {"id": f"{label}{n}", "text": f"{opening} {ACCOUNTS[n % 6]} {n}", "label": label, "source": "own"}
            for n in numbers
            for label, openings in INTENTS.items()
            for opening in openings
        ]

    return write_parts(folder, "intents", {"train": rows(range(8)), "validation": rows(range(20, 24))})


def write_parts(folder: Path, kind: str, parts: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {}
    for name, rows in parts.items():
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        files[path.name] = {"rows": len(rows), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    digest = hashlib.sha256(json.dumps(files).encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({"kind": kind, "digest": digest, "files": files}))
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
