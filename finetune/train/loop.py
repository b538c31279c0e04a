"""The loop: Transformers' Trainer, told what the config says, with checkpoints of what trains and nothing else.

Beside the weights a checkpoint has the moving average and what the contrast remembers, so that a resumed run goes on
with the same numbers. Several processes (`accelerate launch`) are the Trainer's business; under FSDP it keeps its own
form of checkpoints.
"""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportIncompatibleMethodOverride=false
# pyright: reportMissingTypeArgument=false
# The signatures are the Trainer's.
# ruff: noqa: ARG002

import contextlib
import os
from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file, save_file
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from core.errors import InvalidInput
from finetune.config import TrainingConfig
from finetune.moving_average import MovingAverage
from finetune.train.bases import Place
from finetune.train.checkpoints import seal
from finetune.train.classifier import Classifier
from finetune.train.journal import Journal
from finetune.train.optimisers import make_optimiser
from finetune.train.orders import EpochOrder

TRAINED_FILE = "trained.safetensors"
_AVERAGE_FILE = "average.safetensors"
_CONTRAST_FILE = "contrast.safetensors"
_STEPS = "steps"


class Loop(Trainer):
    def __init__(self, config: TrainingConfig, place: Place, order: EpochOrder, **options: Any) -> None:
        self.config, self.place, self.order = config, place, order
        super().__init__(**options)
        share = config.classification.average if config.task == "classification" else 0.0
        self.average = MovingAverage(cast("Any", self.model), share) if share else None
        self.journal: Journal | None = None
        """Set once it is known from which step on."""
        # The journal tells what there is to tell.
        self.remove_callback(PrinterCallback)
        self.add_callback(_Watch(self))

    def create_optimizer(self, model: Any = None) -> Any:
        if self.optimizer is None:
            self.optimizer = make_optimiser(model or self.model, self.config, self.place)
        return self.optimizer

    def _get_train_sampler(self, train_dataset: Any = None) -> EpochOrder:
        return self.order

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **options: Any) -> Any:
        tokens = inputs.pop("tokens")
        if model.training and self.journal is not None:
            self.journal.tokens += int(tokens) * self.args.world_size
        bf16 = self.place.computing == torch.bfloat16
        with torch.autocast(self.place.kind, dtype=torch.bfloat16, enabled=bf16):
            return super().compute_loss(model, inputs, *args, **options)

    def evaluate(self, *args: Any, **options: Any) -> dict[str, float]:
        with self.average.installed() if self.average else contextlib.nullcontext():
            return super().evaluate(*args, **options)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        folder = Path(str(output_dir or self.args.output_dir))
        folder.mkdir(parents=True, exist_ok=True)
        # Under FSDP a process has only a part of each; the whole is what it is given.
        trained = _trained(self.model)
        _write({name: state_dict[name] for name in trained} if self.is_fsdp_enabled else trained, folder / TRAINED_FILE)
        if self.average:
            steps = torch.tensor([self.average.steps])
            _write(self.average.kept | {_STEPS: steps}, folder / _AVERAGE_FILE)
        if isinstance(self.model, Classifier):
            _write(self.model.contrast.state(), folder / _CONTRAST_FILE)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if self.is_fsdp_enabled:
            super()._load_from_checkpoint(resume_from_checkpoint, model)
            return
        folder = Path(resume_from_checkpoint)
        _restore(_trained(model or self.model), load_file(folder / TRAINED_FILE))
        if self.average:
            kept = load_file(folder / _AVERAGE_FILE)
            self.average.steps = int(kept.pop(_STEPS))
            _restore(self.average.kept, kept)
        if isinstance(self.model, Classifier):
            self.model.contrast.restore(load_file(folder / _CONTRAST_FILE))

    def gather_weights(self) -> dict[str, "torch.Tensor"] | None:
        """All weights of a language model that is spread over processes; None where each has all. For all processes to
        call at once."""
        if not self.is_fsdp_enabled:
            return None
        gathered: dict[str, Any] = self.accelerator.get_state_dict(self.model_wrapped)
        return {name.removeprefix("model."): tensor for name, tensor in gathered.items()}

    def keep_best(self) -> None:
        """Puts the weights of the evaluation with the best outcome in place; the last ones where there was none."""
        if self.state.best_model_checkpoint is not None and not self.is_fsdp_enabled:
            self._load_from_checkpoint(self.state.best_model_checkpoint)
        if self.average:
            self.average.install()


def make_arguments(config: TrainingConfig, place: Place, folder: Path) -> TrainingArguments:
    schedule, classifies = config.schedule, config.task == "classification"
    return TrainingArguments(
        output_dir=str(folder),
        seed=config.seed,
        use_cpu=place.kind == "cpu",
        ddp_backend="gloo" if place.kind == "cpu" and "WORLD_SIZE" in os.environ else None,
        per_device_train_batch_size=config.batch.rows,
        per_device_eval_batch_size=config.batch.rows,
        gradient_accumulation_steps=config.batch.accumulate,
        num_train_epochs=schedule.epochs,
        max_steps=schedule.max_steps or -1,
        lr_scheduler_type=config.optimiser.decay if config.optimiser.decay != "constant" else "constant_with_warmup",
        warmup_steps=config.optimiser.warm_up,
        max_grad_norm=config.optimiser.clip,
        logging_steps=schedule.log_every,
        eval_strategy="steps",
        eval_steps=schedule.evaluate_every,
        save_strategy="steps",
        save_steps=schedule.evaluate_every,
        save_total_limit=schedule.checkpoints,
        # Of a classifier too: among a few hundred rows the accuracy of one checkpoint is above another's by chance.
        metric_for_best_model="loss",
        greater_is_better=False,
        label_names=["labels"],
        prediction_loss_only=not classifies,
        remove_unused_columns=False,
        # A NaN is to be seen, not averaged away.
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to=[],
        dataloader_pin_memory=place.kind != "cpu",
    )


class _Watch(TrainerCallback):
    """What happens between the steps: journal, average, seals, the order of the next epoch, and whether to stop."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._loop.order.set_epoch(int(state.epoch or 0))

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._loop.average:
            self._loop.average.update()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
        if state.is_world_process_zero and self._loop.journal is not None:
            self._loop.journal.add(state.global_step, logs)
        if logs.get("loss", 0.0) != logs.get("loss", 0.0):
            raise InvalidInput("The loss is no number any more: lower optimiser.learning_rate, or set precision: fp32.")

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            seal(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        patience = self._loop.config.schedule.patience
        losses = [log["eval_loss"] for log in state.log_history if "eval_loss" in log]
        if patience is not None and len(losses) - 1 - losses.index(min(losses)) >= patience:
            control.should_training_stop = True


def _trained(model: Any) -> dict[str, "torch.Tensor"]:
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def _write(tensors: dict[str, "torch.Tensor"], path: Path) -> None:
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path)


@torch.no_grad()
def _restore(live: dict[str, "torch.Tensor"], saved: dict[str, "torch.Tensor"]) -> None:
    if set(live) != set(saved):
        raise InvalidInput("The checkpoint is one of another model: start with --fresh.")
    for name, tensor in live.items():
        tensor.copy_(saved[name])
