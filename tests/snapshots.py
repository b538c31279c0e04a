"""Files that say how something looked when somebody last read it.

A test that fails here shows a change that others will see. If it is meant, write the files again and read the diff:

    RENEW_SNAPSHOTS=1 .venv/bin/python -m pytest tests/tools/test_catalogue.py tests/agent/test_prompts.py
"""

import os
from pathlib import Path


def check_snapshot(path: Path, text: str) -> None:
    if os.environ.get("RENEW_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path.name} is missing: see tests/snapshots.py"
    assert text == path.read_text(encoding="utf-8"), f"{path.name} differs: see tests/snapshots.py"
