"""Without the finetune extra what needs torch is left out."""

from importlib.util import find_spec

_NEED_TORCH = ["test_link.py", "test_prompting.py", "test_weights.py"]
collect_ignore = [] if find_spec("torch") else _NEED_TORCH
