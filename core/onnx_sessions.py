"""Small networks in ONNX Runtime, one text at a time."""

from pathlib import Path
from typing import Any, cast

import onnxruntime as ort


def start_session(model: Path | bytes) -> ort.InferenceSession:
    """Of a file or of what stands in one. Threads may share a session."""
    # The class has no type: it comes from the extension module.
    options = cast("Any", ort.SessionOptions())
    # A second thread gains nothing on a short text, and waiting threads that spin doubled the CPU time of a query.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The arena would keep the memory of the longest text ever seen.
    options.enable_cpu_mem_arena = False
    return ort.InferenceSession(model, options, ["CPUExecutionProvider"])
