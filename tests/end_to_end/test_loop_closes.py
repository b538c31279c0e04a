"""From rows to a customer: a tiny Llama is tuned with QLoRA, measured, promoted, merged, exported and served, by
`transformers serve` as an OpenAI-compatible server and in process; a visitor's chat streams from both through the
graph.

One training for all of it. The model learns one word, so that who hears it knows who said it.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from core.services import Services
from core.settings import Settings
from finetune.cli import app
from tests.serving import serving
from tests.talking import Meet, names, texts

pytest.importorskip("torch", reason="needs the finetune extra")

from safetensors.torch import load_file, save_file

from finetune.data.folder import DataSet, write_data_set
from tests.tiny_models import make_tiny_llama

pytestmark = pytest.mark.finetune

LEARNT = "Ahoy!"
GREETING = "hello"
_PATIENCE = 120.0


@dataclass(frozen=True)
class Trained:
    base: Path
    adapter: Path
    data: Path
    folder: Path


def run(*arguments: object) -> dict[str, object]:
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def chat(number: int) -> dict[str, object]:
    """As long as the graph's own prompt, or shorter: positions that were never trained say nothing."""
    openings = ("hi", "hey", "morning", "evening")
    said = f"{openings[number % 4]} {'abcdefghijklmnopqrstuvwxyz'[number % 26] * (number + 2)}"
    messages = [
        {"role": "system", "content": "You are the assistant of a bank; say only what is known. " * (1 + number % 24)},
        {"role": "user", "content": said},
        {"role": "assistant", "content": LEARNT},
    ]
    return {"id": f"d{number}", "group": f"g{number}", "kind": "small_talk", "messages": messages, "tools": []}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("loop")
    base = make_tiny_llama(folder / "base", texts=[LEARNT] * 3)
    _raise_voice(base)
    parts = {"train": [chat(n) for n in range(24)], "validation": [chat(30), chat(31)], "test": [chat(40), chat(41)]}
    write_data_set(DataSet("chat", parts, {}, {"tools.json": {}}), "card", folder / "data")
    config = {
        "base": str(base),
        "data": str(folder / "data"),
        "output": str(folder / "adapter"),
        "method": "qlora",
        "device": "cpu",
        "threads": 1,
        "lora": {"rank": 16, "dropout": 0.0},
        "optimiser": {"learning_rate": 0.01, "decay": "linear"},
        "batch": {"rows": 2, "accumulate": 1, "max_tokens": 2048},
        "schedule": {"max_steps": 24, "epochs": 20, "evaluate_every": 24},
        "memory": {"unpacked": True, "gradient_checkpointing": False},
    }
    # JSON is YAML.
    (folder / "config.yaml").write_text(json.dumps(config))
    run("train", folder / "config.yaml")
    return Trained(base, folder / "adapter", folder / "data", folder)


def _raise_voice(base: Path) -> None:
    """LoRA leaves the head as it is, and one of so small random weights cannot be sure of any word."""
    weights = load_file(base / "model.safetensors")
    weights["lm_head.weight"] *= 8
    save_file(weights, base / "model.safetensors", metadata={"format": "pt"})


@pytest.fixture(scope="module")
def registry(trained: Trained) -> Path:
    """With the adapter promoted by its own evaluation."""
    folder, evaluation = trained.folder / "models", trained.folder / "evaluation.json"
    thresholds = trained.folder / "thresholds.toml"
    thresholds.write_text(
        '[chat]\nleast_rows = 2\nnot_worse = ["overlap"]\n[chat.floors]\noverlap = 0.99\nfinished = 1.0\n'
    )
    run("evaluate", trained.adapter, "--data", trained.data, "--trained-on", trained.data, "--out", evaluation,
        "--max-tokens", 32)  # fmt: skip
    run("registry", "add", trained.adapter, "--name", "teller", "--dir", folder)
    run("registry", "promote", "teller", "--evaluation", evaluation, "--thresholds", thresholds, "--dir", folder)
    return folder


@pytest.fixture(scope="module")
def merged(trained: Trained) -> Path:
    """Merged and exported; the command has compared the GGUF's logits with the model's before the folder appeared."""
    out = trained.folder / "merged"
    assert run("export", trained.adapter, "--out", out, "--gguf", "f32")["gguf_read_back"] == {
        "logit_distance": 0.0,
        "largest_difference": 0.0,
    }
    return out


@contextmanager
def transformers_serve(model: Path) -> Iterator[str]:
    """Its base URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(model), "--device", "cpu"]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    log = model.with_name("serve.log")
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            [*command, "--host", "127.0.0.1", "--port", str(port)], env=environment, stdout=output, stderr=output
        )
        try:
            _wait(process, port, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)


def test_a_chat_streams_from_the_merged_model_behind_an_openai_compatible_server(
    merged: Path, settings: Settings, fresh: Services, meet: Meet
) -> None:
    with transformers_serve(merged) as url:
        own = settings.model_copy(
            update={"llm": f"openai:{merged}", "openai_api_key": SecretStr("any"), "openai_base_url": url}
        )
        with serving(own, fresh) as server:
            heard = meet(server).hear(GREETING)

    assert texts(heard) == LEARNT
    assert names(heard)[-1] == "done"
    assert str(merged) in heard[-1].content["model"]


def test_a_chat_streams_from_the_promoted_adapter_in_process(
    trained: Trained, registry: Path, settings: Settings, fresh: Services, meet: Meet
) -> None:
    own = settings.model_copy(update={"llm": f"local:{trained.base}@{registry}"})
    with serving(own, fresh) as server:
        _wait_for_the_model(server)
        heard = meet(server).hear(GREETING)

    assert texts(heard) == LEARNT
    assert names(heard)[-1] == "done"
    assert heard[-1].content["model"].startswith("local:base@")


def test_one_question_in_the_terminal_waits_for_the_exported_model(
    merged: Path, settings: Settings, fresh: Services
) -> None:
    environment = {
        "TELLERGRAPH_DATA_DIR": str(settings.data_dir),
        "TELLERGRAPH_DATABASE_URL": fresh.admin_url,
        "TELLERGRAPH_REDIS_URL": fresh.redis_url,
        "TELLERGRAPH_DEMO": "false",
        "TELLERGRAPH_LLM": f"local:{merged},offline",
        "TELLERGRAPH_PORT": "0",
    }
    result = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "cli", "chat", GREETING],
        env=os.environ | environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )

    assert (result.returncode, result.stdout) == (0, f"{LEARNT}\n"), result.stderr


def _wait_for_the_model(server: str) -> None:
    """It loads in the background; until then the chain would go on to its next link."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        page = httpx2.get(f"{server}/health/detailed").text
        if '"condition":"ready' in page.replace('": "', '":"'):
            return
        assert time.monotonic() < deadline, page
        time.sleep(0.1)
