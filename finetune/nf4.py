"""NF4 without its packed form: weights rounded to what four bits can say, kept as they are computed with.

The arithmetic is that of a packed base (QLoRA, Dettmers et al. 2023), which is unpacked at each product; a CPU is
several times as fast without, for the price of the memory.
"""

# torch and bitsandbytes come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from typing import Any

import torch
from bitsandbytes import functional as bnb

BLOCK = 64
"""Weights that share one scale (the paper's value)."""


def round_to_nf4(weight: "torch.Tensor", double: bool = True) -> "torch.Tensor":
    """`weight` as NF4 keeps it, in its own type; `double` quantises the scales too."""
    packed, state = bnb.quantize_4bit(weight, blocksize=BLOCK, compress_statistics=double, quant_type="nf4")
    return bnb.dequantize_4bit(packed, state)


def round_linear_layers(model: Any, double: bool) -> None:
    """Those that QLoRA keeps in NF4, which is all but the output head."""
    head = model.get_output_embeddings()
    for module in model.modules():
        if isinstance(module, torch.nn.Linear) and module is not head:
            module.weight.data = round_to_nf4(module.weight.data, double)
