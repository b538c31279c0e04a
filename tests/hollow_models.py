"""Folders of models that are whole, as far as is looked before weights are loaded."""

import json
import struct
from pathlib import Path


def write_weights(path: Path, numbers: int = 4) -> None:
    """A safetensors file with one tensor of that many floats."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [numbers], "data_offsets": [0, 4 * numbers]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4 * numbers))


def make_hollow_base(folder: Path) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    (folder / "tokenizer.json").write_text("{}")
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    write_weights(folder / "model.safetensors")
    return folder
