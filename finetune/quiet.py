"""Loading and saving without what libraries say to nobody: progress bars, and warnings about each other."""

# transformers comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import logging
from collections.abc import Generator
from contextlib import contextmanager

from transformers.utils import logging as transformers_logging

from finetune.train.quiet import ignoring_renames


@contextmanager
def quietly() -> Generator[None]:
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    # It warns of a kernel that it would fetch from the network.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    try:
        with ignoring_renames():
            yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()
