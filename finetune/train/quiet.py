"""What libraries say that is no news to whoever trains."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


def quieten() -> None:
    """Bars of a second, and a search for an inference kernel on the hub that training never uses; to be called before
    bitsandbytes is imported."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    # Inside the function, because the base installation has none of the packages.
    from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

    disable_progress_bar()


@contextmanager
def ignoring_renames() -> Iterator[None]:
    """peft asks models for an attribute that Transformers has renamed."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        yield
