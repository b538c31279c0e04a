"""Without the finetune extra these files cannot be imported; `pytest -m finetune` then finds nothing and fails."""

import csv
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from agent.understanding.intents import BANKING77_INTENTS

_NEED_TORCH = ["test_encoder_onnx.py", "test_encoder_tuning.py", "test_finetune_cli.py", "test_heads_training.py"]
_NEED_TORCH += ["test_plan.py", "test_train_chats.py", "test_train_guard.py", "test_train_run.py"]
_NEED_TORCH += ["test_evaluate.py", "test_export.py", "test_export_gguf.py", "test_registry.py", "tuned.py"]
_NEED_TORCH += ["test_personal_training.py"]
collect_ignore = [] if find_spec("torch") else _NEED_TORCH


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny stand-in for both published sets in one folder."""
    folder = tmp_path_factory.mktemp("published")
    with (folder / "train.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category"])
        for label in BANKING77_INTENTS:
            words = label.replace("_", " ")
            openings = ("my", "help with", "why", "what about", "the", "again", "please", "no")
            writer.writerows([f"{opening} {words}", label] for opening in openings)
    cities = ("Paris", "Oslo", "Bonn", "Rome", "Lima")
    rows = [{"text": f"weather in {city}", "intent": "weather", "domain": "utility"} for city in cities]
    for name in ("train.jsonl", "val.jsonl"):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.tiny_models import make_tiny_llama  # noqa: PLC0415

    return make_tiny_llama(tmp_path_factory.mktemp("models") / "llama")


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.tiny_models import make_tiny_bert  # noqa: PLC0415

    return make_tiny_bert(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="session")
def tiny_mpnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.tiny_models import make_tiny_mpnet  # noqa: PLC0415

    return make_tiny_mpnet(tmp_path_factory.mktemp("models") / "mpnet")
