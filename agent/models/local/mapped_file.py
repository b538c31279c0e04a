"""What is left in memory of the file that weights were read from."""

from typing import Any


def leave_file(model: Any) -> None:
    """For a model on the CPU whose layers were rewritten once they were read, into four bits say: copies the rest out
    of the file, which is mapped into memory. As long as one tensor lies in it all of it stays, with the layers as they
    were: a model in bf16 would take more memory in four bits than without."""
    for tensor in (*model.parameters(), *model.buffers()):
        if type(tensor).__name__ != "Params4bit":
            tensor.data = tensor.data.clone()
