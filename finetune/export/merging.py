"""An adapter becomes part of the model that it was trained on. The base is loaded in full precision for it: a sum with
weights of four bits would be rounded to four bits again."""

# torch and its company come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from core.digests import digest_of_model
from core.errors import InvalidInput
from finetune.adapter_files import digest_of_adapter
from finetune.run_record import RunRecord, read_record

_SHARD = "4GB"
_ADAPTER_CONFIG = "adapter_config.json"


class Precision(StrEnum):
    """Of the merged weights on disk; the sum itself is made in fp32."""

    BASE = "base"
    """As the base has them."""
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


_DTYPES = {Precision.FP32: torch.float32, Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}


class AdapterConfig(BaseModel):
    """Of PEFT's adapter_config.json, what matters here."""

    base_model_name_or_path: str
    task_type: str | None = None


@dataclass(frozen=True)
class Source:
    """An adapter and the base that it was trained on, checked to belong together."""

    adapter: Path
    base: Path
    config: AdapterConfig
    record: RunRecord
    adapter_digest: str


def read_adapter_config(adapter: Path) -> AdapterConfig:
    """Raises InvalidInput for a folder that is no adapter's."""
    try:
        return AdapterConfig.model_validate_json((adapter / _ADAPTER_CONFIG).read_bytes())
    except OSError as error:
        raise InvalidInput(f"{adapter} is no adapter: {_ADAPTER_CONFIG} cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        raise InvalidInput(f"{adapter / _ADAPTER_CONFIG} is damaged: {error.errors()[0]['msg']}.") from error


def find_source(adapter: Path, base: Path | None) -> Source:
    """Raises InvalidInput where one of them is missing, quantised, or not of the other."""
    config = read_adapter_config(adapter)
    record = read_record(adapter)
    base = base or Path(config.base_model_name_or_path)
    if not base.is_dir():
        raise InvalidInput(f"The base model {base} is not there: name its folder with --base.")
    if digest_of_model(base) != record.base_digest:
        raise InvalidInput(f"The adapter in {adapter} was trained on another base than {base}: its weights differ.")
    _check_full_precision(base)
    return Source(adapter, base, config, record, digest_of_adapter(adapter))


def _check_full_precision(base: Path) -> None:
    try:
        quantised = getattr(AutoConfig.from_pretrained(base), "quantization_config", None)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{base} is no model: {str(error).splitlines()[0]}") from error
    if quantised is not None:
        raise InvalidInput(f"{base} is quantised already: merge on the full-precision model that it was made from.")


def merge_adapter(source: Source, out: Path, precision: Precision) -> Any:
    """Writes the merged model to the folder ``out`` with everything that a server needs beside it: config, generation
    config, tokenizer, chat template.

    Returns the model, in the precision that it was written in.

    Raises:
        InvalidInput: a file is damaged, does not fit the other, or gives weights that are no numbers.
    """
    try:
        base = AutoModelForCausalLM.from_pretrained(source.base, dtype=torch.float32, local_files_only=True)
        stored = AutoConfig.from_pretrained(source.base).dtype or torch.float32
        tuned = PeftModel.from_pretrained(base, str(source.adapter))
        merged = tuned.merge_and_unload(safe_merge=True)
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise InvalidInput(f"{source.adapter} cannot be merged into {source.base}: {reason}") from error
    for parameter in merged.eval().parameters():
        # Not `to`: that would round the frequencies of the positions too, which no file keeps and every reader makes.
        parameter.data = parameter.data.to(_DTYPES.get(precision, stored))
    merged.save_pretrained(out, max_shard_size=_SHARD)
    _save_tokenizer(source, out)
    return merged


def _save_tokenizer(source: Source, out: Path) -> None:
    """The adapter's own where it has one: it may have been trained with another chat template."""
    folder = source.adapter if (source.adapter / "tokenizer.json").is_file() else source.base
    AutoTokenizer.from_pretrained(folder).save_pretrained(out)
    if not (out / "generation_config.json").exists():
        GenerationConfig.from_model_config(AutoConfig.from_pretrained(out)).save_pretrained(out)


def check_served(folder: Path, merged: Any) -> None:
    """Whether the folder alone gives the merged model: what vLLM, TGI or Transformers would load.

    Raises:
        InvalidInput: it lacks something that a chat server needs, or gives other logits.
    """
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if not tokenizer.chat_template:
        raise InvalidInput("The tokenizer has no chat template: no server could show a chat to this model.")
    loaded = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", local_files_only=True)
    tokens = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hello"}], add_generation_prompt=True, return_tensors="pt", return_dict=True
    ).input_ids
    with torch.inference_mode():
        if not torch.equal(loaded(tokens).logits, merged(tokens).logits):
            raise InvalidInput("The merged folder gives other logits than the merged model: nothing is written.")
