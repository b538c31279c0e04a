"""Adapters with random weights, saved as a training saves them: for tests of what happens to an adapter afterwards."""

# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from datetime import UTC, datetime
from pathlib import Path

import torch
from peft import LoraConfig, TaskType, get_peft_model
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer

from core.digests import digest_of_model
from finetune.config import Classification
from finetune.quiet import quietly
from finetune.run_record import RunRecord, write_record
from finetune.train.classifier import Classifier, save_classifier

LEARNT = "d" * 64
"""Digest of the data that they were trained on, unless a test names one."""


def make_chat_adapter(base: Path, out: Path, *, seed: int = 1, data_digest: str = LEARNT, **options: bool) -> Path:
    """On all linear layers of the causal model in ``base``."""
    with torch.random.fork_rng(), quietly():
        torch.manual_seed(seed)
        lora = LoraConfig(r=4, target_modules="all-linear", task_type=TaskType.CAUSAL_LM, **options)
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), lora)
        _disturb(model)
        model.save_pretrained(out)
    AutoTokenizer.from_pretrained(base).save_pretrained(out)
    _write_run(base, out, seed, data_digest)
    return out


def make_text_classifier(base: Path, out: Path, labels: list[str], *, seed: int = 1, data_digest: str = LEARNT) -> Path:
    """An adapter and a head on the encoder in ``base``."""
    with torch.random.fork_rng(), quietly():
        torch.manual_seed(seed)
        encoder = get_peft_model(AutoModel.from_pretrained(base), LoraConfig(r=4, target_modules="all-linear"))
        _disturb(encoder)
        classifier = Classifier(encoder, labels, Classification(contrast=0))
        save_classifier(classifier, AutoTokenizer.from_pretrained(base), out, None)
    _write_run(base, out, seed, data_digest)
    return out


def _disturb(model: "torch.nn.Module") -> None:
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.1)


def _write_run(base: Path, out: Path, seed: int, data_digest: str) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    record = RunRecord(
        started_at=moment,
        ended_at=moment,
        revision="",
        config={},
        base_digest=digest_of_model(base),
        data_digest=data_digest,
        seeds=[seed],
        versions={},
        figures={},
    )
    write_record(record, out)
