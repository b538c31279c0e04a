"""Asks a causal model what the test rows ask, through the code that serves it: the same prompt, the same decoding, the
same reading of tool calls. Base, adapter and the adapter before take turns on one base in memory."""

# torch and transformers come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from transformers import AutoTokenizer

from agent.models.local.answering import Answering
from agent.models.local.prompting import Prompter
from agent.models.local.tool_calls import BadCall
from agent.models.local.weights import FourBit, HalfLoaded, load_base
from core.digests import digest_of_model
from core.errors import InvalidInput
from evals.metrics import expected_calibration_error, macro_f1
from finetune.adapter_files import digest_of_adapter
from finetune.evaluate.chat_rows import Answered, Question, judge, label_of, list_questions, read_calls
from finetune.evaluate.results import Beside, Compared, Measured
from finetune.evaluate.scores import Scores, average, compare
from finetune.quiet import quietly
from finetune.run_record import read_record
from finetune.train.journal import peak_memory

TOOLS_FILE = "tools.json"
Report = Callable[[str], None]


@dataclass(frozen=True)
class Models:
    base: Path
    adapter: Path | None
    previous: Path | None = None
    four_bit: FourBit = "auto"


@dataclass(frozen=True)
class Asked:
    """One model's way through all questions."""

    scores: list[Scores]
    answers: list[Answered]
    metrics: dict[str, float]
    errors: dict[str, float]


@dataclass(frozen=True)
class ChatOutcome:
    measured: Measured
    against: dict[Beside, Compared]
    truth: list[str]
    """What each question should lead to: a tool, or an answer."""
    found: list[str]
    notes: dict[str, Any]


def read_questions(folder: Path, rows: Sequence[dict[str, Any]]) -> list[Question]:
    """Raises InvalidInput where a row names a tool without a schema, or nothing is asked."""
    path = folder / TOOLS_FILE
    schemas: dict[str, dict[str, Any]] = json.loads(path.read_bytes()) if path.exists() else {}
    questions = [question for row in rows for question in list_questions(row, schemas)]
    if not questions:
        raise InvalidInput(f"The test rows in {folder} have no word of the assistant: there is nothing to ask.")
    return questions


def evaluate_chat(models: Models, questions: Sequence[Question], most: int, report: Report) -> ChatOutcome:
    """Args: most: tokens of an answer.

    Raises:
        InvalidInput: a model is missing, damaged, or an adapter of another base.
    """
    base_digest = digest_of_model(models.base)
    adapters = {"adapter": models.adapter, "previous": models.previous}
    for adapter in filter(None, adapters.values()):
        if read_record(adapter).base_digest != base_digest:
            raise InvalidInput(f"The adapter in {adapter} was trained on another base than {models.base}.")
    with quietly():
        answering = _load(models, adapters)
        main = _ask_all(answering, "adapter" if models.adapter else None, questions, most, report)
        others: dict[Beside, Asked] = {}
        if models.adapter:
            others["base"] = _ask_all(answering, None, questions, most, report)
        if models.previous:
            others["previous"] = _ask_all(answering, "previous", questions, most, report)

    def describe(name: str) -> dict[str, Any]:
        folder = adapters.get(name)
        digest = digest_of_adapter(folder) if folder else ""
        about = {"model": str(models.base), "base_digest": base_digest}
        return about | {"adapter": str(folder or ""), "adapter_digest": digest}

    return ChatOutcome(
        measured=Measured(**describe("adapter"), metrics=main.metrics, errors=main.errors),
        against={
            name: Compared(
                **describe(name),
                metrics=other.metrics,
                errors=other.errors,
                differences=compare(main.scores, other.scores),
            )
            for name, other in others.items()
        },
        truth=[label_of(read_calls(question.expected), False) for question in questions],
        found=[label_of(answered.calls, answered.is_broken) for answered in main.answers],
        notes={"device": answering.weights.device.type, "four_bit": answering.weights.is_four_bit},
    )


def _load(models: Models, adapters: dict[str, Path | None]) -> Answering:
    try:
        weights = load_base(models.base, models.four_bit)
        tokenizer = AutoTokenizer.from_pretrained(models.base)
        for name, folder in adapters.items():
            if folder is not None:
                weights.load(name, folder)
    except (OSError, ValueError, RuntimeError, SafetensorError, HalfLoaded) as error:
        raise InvalidInput(f"{models.base} cannot be evaluated: {str(error).splitlines()[0]}") from error
    if not tokenizer.chat_template:
        raise InvalidInput(f"{models.base} has no chat template: name a model that was trained to chat.")
    return Answering(weights, Prompter(tokenizer), tokenizer)


def _ask_all(answering: Answering, key: str | None, questions: Sequence[Question], most: int, report: Report) -> Asked:
    answers: list[Answered] = []
    for number, question in enumerate(questions, 1):
        answers.append(_ask(answering, key, question, most))
        if number % 100 == 0:
            report(f"{key or 'base'}: {number} of {len(questions)} answers")
    scores = [judge(question, answered) for question, answered in zip(questions, answers, strict=True)]
    metrics, errors = average(scores)
    metrics |= _measure_speed(answers)
    metrics["macro_f1"] = macro_f1(
        [label_of(read_calls(question.expected), False) for question in questions],
        [label_of(answered.calls, answered.is_broken) for answered in answers],
    )
    metrics |= measure_calibration(scores, answers)
    metrics["peak_memory_mib"] = peak_memory(str(answering.weights.device)) / 2**20
    return Asked(scores, answers, metrics, errors)


def _ask(answering: Answering, key: str | None, question: Question, most: int) -> Answered:
    parts: list[dict[str, Any]] = []
    began = time.perf_counter()
    first: list[float] = []

    def hear(part: dict[str, Any]) -> None:
        first.append(time.perf_counter() - began)
        parts.append(part)

    request = {"messages": question.before, "tools": question.tools, "key": key, "most": most}
    try:
        ended = answering.answer(request, hear, lambda: True)
        reason, tokens, probability = ended["reason"], ended["output"], ended["probability"]
    except BadCall:
        reason, tokens, probability = "broken", 0, 0.0
    except ValueError as error:
        raise InvalidInput(f"Row {question.row} cannot be asked: {error}") from error
    return Answered(
        text="".join(part["text"] for part in parts if part["kind"] == "text"),
        calls=[(part["name"], json.loads(part["arguments"])) for part in parts if part["kind"] == "call"],
        is_broken=reason not in {"stop", "tool_calls"},
        first_s=first[0] if first else time.perf_counter() - began,
        seconds=time.perf_counter() - began,
        tokens=tokens,
        probability=probability,
    )


def measure_calibration(scores: Sequence[Scores], answers: Sequence[Answered]) -> dict[str, float]:
    """How far the probability that the model gave its call is from how often it is the call that was wanted."""
    called = [(score, each) for score, each in zip(scores, answers, strict=True) if each.calls and not each.is_broken]
    if not called:
        return {}
    right = [score.get("tool_exact_match") == 1 for score, _ in called]
    return {"ece": expected_calibration_error(right, [each.probability for _, each in called])}


def _measure_speed(answers: Sequence[Answered]) -> dict[str, float]:
    seconds = np.array([answered.seconds for answered in answers])
    return {
        "p50_ms": float(np.median(seconds)) * 1000,
        "p95_ms": float(np.percentile(seconds, 95)) * 1000,
        "p50_first_ms": float(np.median([answered.first_s for answered in answers])) * 1000,
        "tokens_per_s": sum(answered.tokens for answered in answers) / float(seconds.sum()),
    }
