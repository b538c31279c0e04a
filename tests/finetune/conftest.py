"""Without the finetune extra these files cannot be imported; `pytest -m finetune` then finds nothing and fails."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("torch") else ["test_encoder_onnx.py", "test_heads_training.py"]
