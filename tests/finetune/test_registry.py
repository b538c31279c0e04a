"""The registry as whoever promotes an adapter meets it: what it takes in, what it lets answer, and what it refuses."""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from typer.testing import CliRunner, Result

from agent.models.local.shadow_log import Said, append_comparison, compare
from agent.models.registry_file import Adapter, is_choice_signed_by, is_signed_by, read_registry
from core.digests import digest_of_folder, digest_of_model
from finetune.adapter_files import digest_of_adapter
from finetune.cli import app
from finetune.registry import store
from finetune.registry.keys import read_public_key
from finetune.run_record import RunRecord, write_record

pytestmark = pytest.mark.finetune

LEARNT = "d" * 64
"""Digest of the data that the adapters were trained on."""
FIGURES = {"tool_validity": 0.99, "tool_exact_match": 0.9, "groundedness": 0.97, "refusal": 0.98}
COMPARED = ("tool_exact_match", "groundedness", "refusal")


class Bench:
    """A registry, a base model and the adapters that were trained on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = folder / "models"
        self.base = folder / "base"
        self.base.mkdir()
        save_file({"embed": np.arange(8, dtype=np.float32)}, self.base / "model.safetensors")

    def train(self, name: str, seed: int = 0, task: str = "CAUSAL_LM") -> Path:
        out = self.folder / "runs" / name
        out.mkdir(parents=True)
        weights = np.random.default_rng(seed).normal(size=(4, 8)).astype(np.float32)
        save_file({"lora_A": weights}, out / "adapter_model.safetensors")
        (out / "adapter_config.json").write_text(
            json.dumps({"base_model_name_or_path": str(self.base), "task_type": task, "r": 4})
        )
        (out / "training_args.bin").write_bytes(b"a pickle")
        (out / "checkpoint-5").mkdir()
        (out / "checkpoint-5" / "optimizer.pt").write_bytes(b"state")
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        write_record(
            RunRecord(
                started_at=moment,
                ended_at=moment,
                revision="",
                config={},
                base_digest=digest_of_model(self.base),
                data_digest=LEARNT,
                seeds=[seed],
                versions={},
                figures={},
            ),
            out,
        )
        return out

    def run(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, ["registry", *map(str, arguments), "--dir", str(self.registry), "--json"])

    def done(self, *arguments: object) -> dict[str, Any]:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def refused(self, status: int, *arguments: object) -> str:
        result = self.run(*arguments)
        assert result.exit_code == status, result.output
        message = json.loads(result.stdout)["error"]["message"]
        assert "\n" not in message
        return message

    def add(self, name: str, *options: object, seed: int = 0) -> Adapter:
        self.done("add", self.train(name, seed), *options)
        return read_registry(self.registry).adapters[name]

    def evaluate(self, name: str, against: str | None, **changes: Any) -> Path:
        """An evaluation as `finetune evaluate` writes it; that command's own tests make them from real models."""
        adapters = read_registry(self.registry).adapters
        difference = {metric: {"value": 0.0, "error": 0.01} for metric in COMPARED}
        other = {
            "model": str(self.base),
            "base_digest": adapters[name].base_digest,
            "adapter_digest": adapters[against].digest if against else "",
            "metrics": FIGURES,
            "errors": {},
            "differences": difference | changes.pop("differences", {}),
        }
        found = {
            "suite": "chat",
            "data": "data",
            "n": 400,
            "model": str(self.base),
            "base_digest": adapters[name].base_digest,
            "adapter_digest": adapters[name].digest,
            "metrics": FIGURES | changes.pop("metrics", {}),
            "errors": {},
            "test": {"digest": LEARNT, "file": "test.jsonl", "sha256": "e" * 64, "trained_on": LEARNT, "seen": 0}
            | changes.pop("test", {}),
            "against": {"previous" if against else "base": other},
            "run": {},
        }
        path = self.folder / f"evaluation-{name}.json"
        path.write_text(json.dumps(found | changes))
        return path

    def promote(self, name: str, against: str | None = None) -> dict[str, Any]:
        return self.done("promote", name, "--evaluation", self.evaluate(name, against))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_an_adapter_comes_in_whole_and_answers_nobody_yet(bench: Bench) -> None:
    added = bench.add("teller-1")
    kept = {path.name for path in (bench.registry / "teller-1").iterdir()}

    assert kept == {"adapter_config.json", "adapter_model.safetensors", "run.json"}
    assert added.digest == digest_of_folder(bench.registry / "teller-1")
    # What an evaluation of the training's own folder says.
    assert added.digest == digest_of_adapter(bench.folder / "runs" / "teller-1")
    assert (added.base_digest, added.data_digest) == (digest_of_model(bench.base), LEARNT)
    assert added.metrics == {}
    assert read_registry(bench.registry).served.adapter is None
    assert list(bench.done("list")["adapters"]) == ["teller-1"]


def test_an_adapter_that_passed_answers_with_its_figures_and_can_be_taken_back(bench: Bench) -> None:
    bench.add("one", seed=1)
    bench.add("two", seed=2)

    assert bench.promote("one")["adapter"] == "one"
    assert bench.promote("two", against="one") == {"adapter": "two", "previous": "one", "canary": None, "shadow": None}
    assert read_registry(bench.registry).adapters["two"].metrics == FIGURES
    assert bench.done("rollback")["adapter"] == "one"
    assert "go back to" in bench.refused(2, "rollback")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"metrics": {"refusal": 0.5}}, "refusal is 0.5000, under 0.95"),
        ({"n": 20}, "20 test rows are fewer than 200"),
        ({"adapter_digest": "a" * 64}, "of another adapter (aaaaaaaaaaaa"),
        ({"base_digest": "b" * 64}, "another base"),
        ({"suite": "intents"}, "is of intents, not of chat"),
        ({"test": {"seen": 3}}, "had seen 3 of the test rows"),
        ({"test": {"seen": None}}, "--trained-on"),
        ({"test": {"trained_on": "c" * 64}}, "compared with other data"),
        ({"differences": {"refusal": {"value": -0.02, "error": 0.01}}}, "refusal is worse by 0.0200"),
    ],
)
def test_an_evaluation_that_shows_less_than_it_must_promotes_nothing(
    bench: Bench, changes: dict[str, Any], reason: str
) -> None:
    bench.add("one", seed=1)
    bench.add("two", seed=2)
    bench.promote("one")
    before = (bench.registry / "registry.json").read_bytes()

    assert reason in bench.refused(3, "promote", "two", "--evaluation", bench.evaluate("two", "one", **changes))
    assert (bench.registry / "registry.json").read_bytes() == before


def test_an_evaluation_beside_the_base_alone_does_not_replace_an_adapter(bench: Bench) -> None:
    bench.add("one", seed=1)
    bench.add("two", seed=2)
    bench.promote("one")

    message = bench.refused(3, "promote", "two", "--evaluation", bench.evaluate("two", None))
    assert "not compared with the adapter that is served" in message


def test_worse_within_the_standard_error_is_not_worse(bench: Bench) -> None:
    bench.add("one", seed=1)
    bench.add("two", seed=2)
    bench.promote("one")

    bench.done("promote", "two", "--evaluation",
        bench.evaluate("two", "one", differences={"refusal": {"value": -0.01, "error": 0.01}}))  # fmt: skip


def test_thresholds_of_ones_own_replace_the_shipped_ones(bench: Bench) -> None:
    bench.add("one")
    weak = bench.evaluate("one", None, n=3, metrics={"tool_validity": 0.1})
    own = bench.folder / "own.toml"
    own.write_text("[chat]\nleast_rows = 2\nnot_worse = []\n[chat.floors]\ngroundedness = 0.9\n")

    bench.refused(3, "promote", "one", "--evaluation", weak)
    assert bench.done("promote", "one", "--evaluation", weak, "--thresholds", own)["adapter"] == "one"


def test_of_two_promotions_at_once_one_wins_and_the_other_says_why_not(bench: Bench) -> None:
    for seed, name in enumerate(("served", "one", "two")):
        bench.add(name, seed=seed)
    bench.promote("served")
    evaluations = {name: bench.evaluate(name, "served") for name in ("one", "two")}
    both, outcomes = threading.Barrier(2), dict[str, int]()

    def compete(name: str) -> None:
        from finetune.commands_registry import promote_command  # noqa: PLC0415

        both.wait()
        try:
            promote_command(name, evaluations[name], None, None, bench.registry, False)
            outcomes[name] = 0
        except Exception as stopped:
            outcomes[name] = getattr(stopped, "exit_code", -1)

    rivals = [threading.Thread(target=compete, args=(name,)) for name in evaluations]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()

    served = read_registry(bench.registry).served
    assert sorted(outcomes.values()) == [0, 3]
    assert served.adapter is not None
    assert outcomes[served.adapter] == 0
    assert served.previous == "served"


def test_a_canary_answers_customers_so_it_must_have_passed_too(bench: Bench) -> None:
    bench.add("one", seed=1)
    bench.add("two", seed=2)
    bench.promote("one")

    assert "--evaluation" in bench.refused(3, "canary", "two", "--share", 0.1)
    proof = bench.evaluate("two", "one")
    started = bench.done("canary", "two", "--share", 0.1, "--evaluation", proof)
    assert started["canary"] == {"adapter": "two", "share": 0.1}
    assert bench.done("promote", "two", "--evaluation", proof)["canary"] is None
    assert bench.run("canary", "one", "--share", 0.9).exit_code == 2


def test_taking_back_ends_the_canary_too(bench: Bench) -> None:
    for seed, name in enumerate(("one", "two", "three")):
        bench.add(name, seed=seed)
    bench.promote("one")
    bench.promote("two", against="one")
    bench.done("canary", "three", "--evaluation", bench.evaluate("three", "two"))

    assert bench.done("rollback") == {"adapter": "one", "previous": None, "canary": None, "shadow": None}


def test_anything_may_answer_in_the_shadow(bench: Bench) -> None:
    bench.add("one", seed=1)
    bench.add("two", seed=2)
    bench.promote("one")

    assert bench.done("shadow", "two")["shadow"] == "two"
    assert "nothing to compare" in bench.refused(2, "shadow", "one")
    assert bench.done("shadow", "--off")["shadow"] is None


def test_the_shadows_answers_are_compared_with_those_that_customers_got(bench: Bench) -> None:
    assert "no shadow log" in bench.refused(2, "compare")
    bench.add("one")
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    balance = Said("a" * 64, "", [("get_balance", {"account": "Everyday"})], False, 1.0, 9)
    said = {
        "the same": replace(balance, adapter="b" * 64, seconds=3.0),
        "other arguments": replace(balance, adapter="b" * 64, calls=[("get_balance", {})], seconds=3.0),
        "failed": replace(balance, adapter="b" * 64, calls=[], failed=True, seconds=3.0),
    }
    append_comparison(bench.registry, compare(balance, replace(balance, adapter="c" * 64), moment))
    for shadow in said.values():
        append_comparison(bench.registry, compare(balance, shadow, moment))

    found = bench.done("compare")
    assert (found["answers"], found["shadow"]) == (3, "b" * 64)
    assert found["same_tools"] == pytest.approx(2 / 3)
    assert found["same_arguments"] == pytest.approx(1 / 2)
    assert (found["served_failed"], found["shadow_failed"]) == (0, pytest.approx(1 / 3))
    assert (found["served_p50_s"], found["shadow_p50_s"]) == (1, 3)


def test_what_is_in_use_is_not_removed_and_the_rest_is(bench: Bench) -> None:
    bench.add("one", seed=1)
    bench.add("two", seed=2)
    bench.promote("one")

    assert "is served" in bench.refused(2, "remove", "one")
    bench.done("remove", "two")
    assert list(read_registry(bench.registry).adapters) == ["one"]
    assert not (bench.registry / "two").exists()
    assert "it has one" in bench.refused(2, "remove", "two")


def test_a_signed_adapter_stays_signed_with_its_figures(bench: Bench) -> None:
    key = bench.folder / "keys" / "bank.pem"
    bench.done("new-key", key)
    public = read_public_key(key.with_name("bank.pem.pub"))
    bench.add("one", "--key", key)
    evaluation = bench.evaluate("one", None)

    assert key.stat().st_mode & 0o077 == 0
    assert "--key" in bench.refused(2, "promote", "one", "--evaluation", evaluation)
    bench.done("promote", "one", "--evaluation", evaluation, "--key", key)
    promoted = read_registry(bench.registry).adapters["one"]
    assert promoted.metrics == FIGURES
    assert is_signed_by("one", promoted, public)
    assert not is_signed_by("two", promoted, public)
    assert not is_signed_by("one", promoted.model_copy(update={"metrics": {}}), public)
    assert "never replaced" in bench.refused(2, "new-key", key)


def test_what_a_signed_registry_serves_changes_only_with_the_key(bench: Bench) -> None:
    key = bench.folder / "bank.pem"
    public_pem = key.with_name("bank.pem.pub")
    bench.done("new-key", key)
    public = read_public_key(public_pem)
    for seed, name in enumerate(("one", "two")):
        bench.add(name, "--key", key, seed=seed)
    bench.done("promote", "one", "--evaluation", bench.evaluate("one", None), "--key", key)
    bench.done("promote", "two", "--evaluation", bench.evaluate("two", "one"), "--key", key)

    for command in ("rollback",), ("shadow", "one"), ("canary", "one"):
        assert "--key" in bench.refused(2, *command)
    chosen = read_registry(bench.registry)
    assert (chosen.serial, chosen.served.adapter) == (2, "two")
    bench.done("shadow", "one", "--key", key)
    bench.done("rollback", "--key", key)
    rolled = read_registry(bench.registry)
    assert (rolled.serial, rolled.served.adapter) == (4, "one")
    assert is_choice_signed_by(rolled, public)
    assert bench.done("verify", "--public-key", public_pem)["served"] == []


def test_a_choice_that_somebody_else_wrote_is_found(bench: Bench) -> None:
    key = bench.folder / "bank.pem"
    bench.done("new-key", key)
    for seed, name in enumerate(("one", "two")):
        bench.add(name, "--key", key, seed=seed)
    bench.done("promote", "one", "--evaluation", bench.evaluate("one", None), "--key", key)
    file = bench.registry / "registry.json"
    written = json.loads(file.read_text())
    one, two = written["adapters"]["one"], written["adapters"]["two"]
    served = written["served"]

    for forged in (
        {"served": served | {"adapter": "two"}},
        {"adapters": {"one": two, "two": one}},
        {"serial": 9},
        {"served_signature": ""},
        {"serial": 0},
    ):
        file.write_text(json.dumps(written | forged))
        checked = bench.run("verify", "--public-key", key.with_name("bank.pem.pub"))
        assert checked.exit_code == 1
        assert json.loads(checked.stdout)["served"]


def test_what_was_chosen_without_a_key_is_signed_by_the_next_command_with_one(bench: Bench) -> None:
    key = bench.folder / "bank.pem"
    public_pem = key.with_name("bank.pem.pub")
    bench.done("new-key", key)
    bench.add("one")
    bench.promote("one")
    checked = json.loads(bench.run("verify", "--public-key", public_pem).stdout)
    assert checked["served"] == ["it is not signed"]

    bench.done("shadow", "--off", "--key", key)
    assert is_choice_signed_by(read_registry(bench.registry), read_public_key(public_pem))


def test_the_private_key_never_lies_where_the_servers_read(bench: Bench) -> None:
    assert "keep the private key elsewhere" in bench.refused(2, "new-key", bench.registry / "key.pem")
    assert not (bench.registry / "key.pem").exists()


def test_a_changed_adapter_is_found_and_used_for_nothing(bench: Bench) -> None:
    key = bench.folder / "bank.pem"
    bench.done("new-key", key)
    bench.add("one", "--key", key)
    bench.add("unsigned", seed=2)
    evaluation = bench.evaluate("one", None)
    assert bench.done("verify")["passed"]
    with (bench.registry / "one" / "adapter_model.safetensors").open("ab") as weights:
        weights.write(b"\0")

    checked = bench.run("verify", "--public-key", key.with_name("bank.pem.pub"))
    faults = {each["name"]: each["faults"] for each in json.loads(checked.stdout)["adapters"]}
    assert checked.exit_code == 1
    assert faults == {"one": ["its files were changed since it was added"], "unsigned": ["it is not signed"]}
    for command in (("promote", "one", "--evaluation", evaluation, "--key", key), ("shadow", "one")):
        assert "files were changed" in bench.refused(2, *command)


def lose_the_weights(bench: Bench, source: Path) -> list[object]:
    (source / "adapter_model.safetensors").unlink()
    return []


def cut_the_weights(bench: Bench, source: Path) -> list[object]:
    os.truncate(source / "adapter_model.safetensors", 20)
    return []


def lose_the_base(bench: Bench, source: Path) -> list[object]:
    return ["--base", bench.folder / "nowhere"]


def take_another_base(bench: Bench, source: Path) -> list[object]:
    other = bench.folder / "other"
    other.mkdir()
    save_file({"embed": np.ones(8, dtype=np.float32)}, other / "model.safetensors")
    return ["--base", other]


def misname(bench: Bench, source: Path) -> list[object]:
    return ["--name", "../one"]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lose_the_weights, "it has no adapter_model.safetensors"),
        (cut_the_weights, "is damaged"),
        (lose_the_base, "--base"),
        (take_another_base, "another base"),
        (misname, "is no name"),
    ],
)
def test_what_is_no_whole_adapter_does_not_come_in(
    bench: Bench, spoil: Callable[[Bench, Path], list[object]], reason: str
) -> None:
    source = bench.train("one")
    options = spoil(bench, source)

    assert reason in bench.refused(2, "add", source, *options)
    assert not bench.registry.exists()


def test_a_classifier_is_no_adapter_that_chats(bench: Bench) -> None:
    assert "SEQ_CLS" in bench.refused(2, "add", bench.train("one", task="SEQ_CLS"))


def test_a_taken_name_stays_with_its_adapter(bench: Bench) -> None:
    first = bench.add("one", seed=1)
    other = bench.train("other", seed=2)

    assert "already" in bench.refused(2, "add", other, "--name", "one")
    assert read_registry(bench.registry).adapters["one"] == first
    assert digest_of_folder(bench.registry / "one") == first.digest


def test_a_disk_that_fills_up_leaves_the_registry_as_it_was(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.add("one")
    before = sorted(path.name for path in bench.registry.iterdir())
    source = bench.train("two", seed=2)

    def fill_up(*_: object) -> None:
        raise OSError(28, "No space left on device", "registry.json")

    with monkeypatch.context() as patch:
        patch.setattr(store.os, "fsync", fill_up)
        assert "No space left" in bench.refused(1, "add", source)
    assert list(read_registry(bench.registry).adapters) == ["one"]
    assert [name for name in sorted(path.name for path in bench.registry.iterdir()) if name != "two"] == before
    bench.done("add", source)
    assert list(read_registry(bench.registry).adapters) == ["one", "two"]


def test_what_a_killed_command_left_is_cleared_away(bench: Bench) -> None:
    bench.add("one")
    (bench.registry / ".incoming-left").mkdir()
    (bench.registry / "two").mkdir()
    (bench.registry / "two" / "half").write_bytes(b"written")

    bench.add("two", seed=2)

    assert not (bench.registry / ".incoming-left").exists()
    assert bench.done("verify")["passed"]


def test_a_file_that_is_no_registry_is_named(bench: Bench) -> None:
    bench.registry.mkdir()
    (bench.registry / "registry.json").write_text('{"version": 7}')

    assert "is no registry" in bench.refused(1, "list")
