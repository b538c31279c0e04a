"""Training, loading and saving without what libraries say to nobody: progress bars, and warnings about each other."""

# transformers comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager


def quieten() -> None:
    """For the rest of the process; to be called before bitsandbytes is imported."""
    # It warns of a kernel for inference that it would fetch from the network.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    # It advises a step that the graph has behind it: shapes and constants are settled when it is written.
    logging.getLogger().addFilter(_is_no_advice)
    # Inside the functions, because the base installation has none of the packages.
    from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

    disable_progress_bar()


def _is_no_advice(record: logging.LogRecord) -> bool:
    return "consider to run pre-processing before quantization" not in record.getMessage()


@contextmanager
def quietly() -> Generator[None]:
    """Progress bars come back afterwards, if there were any."""
    from transformers.utils.logging import enable_progress_bar, is_progress_bar_enabled  # noqa: PLC0415

    shown = is_progress_bar_enabled()
    quieten()
    try:
        with ignoring_renames():
            yield
    finally:
        if shown:
            enable_progress_bar()


@contextmanager
def ignoring_renames() -> Generator[None]:
    """peft asks models for an attribute that Transformers has renamed."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        yield
