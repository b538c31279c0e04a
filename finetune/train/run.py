"""A training run from config to output folder.

Everything that can be wrong is looked at before weights are loaded. Then there is an unfinished run beside the output
(`finetune/train/checkpoints.py`), from which the same command goes on after whatever ended it. The output appears by
one rename: adapter (or model), tokenizer, `run.json`, `journal.jsonl` and `loss.png`.
"""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import os
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from peft.helpers import disable_input_dtype_casting
from transformers import set_seed

from core.provenance import find_revision, find_versions
from finetune.config import TrainingConfig
from finetune.data.parts import TRAIN, VALIDATION
from finetune.plan import read_base
from finetune.run_record import PACKAGES, RunRecord, write_record
from finetune.train.bases import (
    Place,
    Trainable,
    check_checkpointing,
    choose_place,
    count_trainable,
    load_model,
    load_tokenizer,
)
from finetune.train.chat_model import ChatModel
from finetune.train.chats import read_chats
from finetune.train.checkpoints import JOURNAL_FILE, Order, find_last_whole, open_unfinished, step_of, unfinished_folder
from finetune.train.classifier import Classifier, save_classifier
from finetune.train.inputs import check_inputs, check_space, read_longest
from finetune.train.journal import PICTURE_FILE, Journal, Report, draw_losses, peak_memory, read_journal
from finetune.train.loop import Loop, make_arguments
from finetune.train.orders import EpochOrder
from finetune.train.packing import JoinChats, leave_apart, pack
from finetune.train.texts import (
    PadTexts,
    accuracy_of,
    embed_texts,
    list_labels,
    make_targets,
    make_texts,
    read_intents,
    sort_by_length,
)

_BYTES_IN_CHECKPOINT = 12
"""Of a parameter that trains: itself and two moments, in fp32."""


@dataclass(frozen=True, slots=True)
class Outcome:
    output: Path
    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Ready:
    """What the loop is given."""

    model: Any
    train: Any
    validation: Any
    collate: Any
    lengths: list[int]
    left_out: int


def train(config: TrainingConfig, report: Report, *, fresh: bool = False) -> Outcome:
    """Trains, or goes on where an unfinished run of the same config ended.

    Args:
        report: told how far it is, a line at a time.
        fresh: begins anew where there is an unfinished run.

    Raises:
        InvalidInput: something that the config names is not as it must be.
        Conflict: the output is there, or the unfinished run is of another config.
    """
    inputs = check_inputs(config)
    check_checkpointing(config, read_base(config).shape.has_checkpointing)
    place = choose_place(config, int(os.environ.get("LOCAL_RANK", "0")))
    if place.kind == "cpu" and config.threads:
        torch.set_num_threads(config.threads)
    arguments = make_arguments(config, place, unfinished_folder(config.output))
    order = Order(config.model_dump_json(), inputs.base_digest, inputs.data_digest)
    first = arguments.process_index == 0
    report = report if first else _tell_nobody
    with arguments.main_process_first(local=False):
        started_at = open_unfinished(config.output, order, datetime.now(UTC), fresh and first)
        checkpoint = find_last_whole(unfinished_folder(config.output), report)
    set_seed(config.seed)
    tokenizer = load_tokenizer(config)
    ready = (
        _prepare_chats(config, place, tokenizer, report)
        if config.task == "chat"
        else _prepare_texts(config, place, tokenizer)
    )
    trainable = count_trainable(ready.model)
    report(f"{trainable.parameters:,} of {trainable.of:,} parameters train ({trainable.percent:.2f} %)")
    kept = config.schedule.checkpoints + 1
    check_space(config.output, kept * _BYTES_IN_CHECKPOINT * trainable.parameters)
    began = time.monotonic()
    loop = _make_loop(config, place, ready, arguments)
    # In bf16 autocast would undo at once what PEFT makes of each adapter's input: two copies of it for nothing.
    with disable_input_dtype_casting(ready.model, active=place.computing == torch.bfloat16):
        _run(loop, checkpoint, report)
    figures = _collect_figures(loop, ready, trainable, place, time.monotonic() - began)
    weights = loop.gather_weights()
    if first:
        record = RunRecord(
            started_at=started_at,
            ended_at=datetime.now(UTC),
            revision=find_revision(),
            config=config.model_dump(mode="json"),
            base_digest=inputs.base_digest,
            data_digest=inputs.data_digest,
            seeds=[config.seed],
            versions=find_versions(PACKAGES),
            figures=figures,
        )
        _finish(ready.model, weights, tokenizer, record, config)
    return Outcome(config.output, figures)


def _tell_nobody(_: str) -> None:
    pass


def _prepare_chats(config: TrainingConfig, place: Place, tokenizer: Any, report: Report) -> _Ready:
    batch = config.batch
    chats, long = read_chats(config.data, TRAIN, tokenizer, batch.max_tokens)
    unseen, _ = read_chats(config.data, VALIDATION, tokenizer, batch.max_tokens)
    if long:
        report(f"{long:,} of {long + len(chats):,} chats are longer than batch.max_tokens and are left out")
    rows = pack(chats, batch.max_tokens) if batch.packing else leave_apart(chats)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    model = ChatModel(load_model(config, place))
    return _Ready(model, rows, leave_apart(unseen), JoinChats(pad), rows.lengths(), long)


def _prepare_texts(config: TrainingConfig, place: Place, tokenizer: Any) -> _Ready:
    recipe, collate = config.classification, PadTexts(tokenizer.pad_token_id)
    rows, held_out = (read_intents(config.data, part, recipe.sources) for part in (TRAIN, VALIDATION))
    labels, longest = list_labels(rows), read_longest(config)
    texts, unseen = (make_texts(some, labels, tokenizer, longest) for some in (rows, held_out))
    classifier = Classifier(load_model(config, place), labels, recipe).to(place.device)
    vectors = embed_texts(classifier, texts, collate, place.device)
    if recipe.start_at_centroids:
        classifier.start_at(vectors.to(place.device), texts.classes.to(place.device))
    lengths = [len(ids) for ids in texts.ids]
    texts = make_targets(texts, len(labels), vectors, recipe, config.seed)
    return _Ready(classifier, texts, sort_by_length(unseen), collate, lengths, 0)


def _make_loop(config: TrainingConfig, place: Place, ready: _Ready, arguments: Any) -> Loop:
    return Loop(
        config,
        place,
        EpochOrder(ready.lengths, config.batch.rows, config.seed),
        model=ready.model,
        args=arguments,
        data_collator=ready.collate,
        train_dataset=ready.train,
        eval_dataset=ready.validation,
        compute_metrics=accuracy_of if config.task == "classification" else None,
    )


def _run(loop: Loop, checkpoint: Path | None, report: Report) -> None:
    from_step = step_of(checkpoint) if checkpoint else 0
    if checkpoint:
        report(f"going on from step {from_step}")
    if loop.is_world_process_zero():
        path = unfinished_folder(loop.config.output) / JOURNAL_FILE
        loop.journal = Journal(path, from_step, lambda: loop.state.max_steps, report, loop.place.device)
    loop.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    loop.keep_best()


def _collect_figures(loop: Loop, ready: _Ready, trainable: Trainable, place: Place, seconds: float) -> dict[str, float]:
    history = loop.state.log_history
    found = {
        "steps": loop.state.global_step,
        "seconds": round(seconds, 1),
        "trainable_parameters": trainable.parameters,
        "trainable_percent": round(trainable.percent, 4),
        "rows": len(ready.train),
        "rows_left_out": ready.left_out,
        "peak_memory_mib": round(peak_memory(place.device) / 2**20, 1),
    }
    losses = [log["loss"] for log in history if "loss" in log]
    judged = [log for log in history if "eval_loss" in log]
    if losses:
        found["train_loss"] = losses[-1]
    if judged:
        best = min(judged, key=lambda log: log["eval_loss"])
        found |= {name.removeprefix("eval_"): best[name] for name in ("eval_loss", "eval_accuracy") if name in best}
    if loop.journal is not None and seconds:
        found["tokens_per_s"] = round(loop.journal.tokens / seconds, 1)
    return found


def _finish(
    model: Any, weights: dict[str, Any] | None, tokenizer: Any, record: RunRecord, config: TrainingConfig
) -> None:
    """Makes the output folder beside and puts it in its place."""
    unfinished = unfinished_folder(config.output)
    beside = unfinished / "output"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    if isinstance(model, Classifier):
        save_classifier(model, tokenizer, beside, config.rounding)
    else:
        model.model.save_pretrained(beside, **({} if weights is None else {"state_dict": weights}))
        tokenizer.save_pretrained(beside)
    shutil.copyfile(unfinished / JOURNAL_FILE, beside / JOURNAL_FILE)
    draw_losses(read_journal(unfinished / JOURNAL_FILE), beside / PICTURE_FILE)
    write_record(record, beside)
    beside.rename(config.output)
    shutil.rmtree(unfinished)
