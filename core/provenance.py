"""Which code ran: for whoever writes down what came of it."""

import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

DIRTY = "-dirty"
"""Ends a revision whose files were changed."""


def find_versions(packages: Iterable[str]) -> dict[str, str]:
    """The installed ones' versions, and Python's."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def find_revision(folder: Path = Path(__file__).parent) -> str:
    """The git revision of the code in `folder`, "-dirty" after it if tracked files were changed; empty where there is
    none."""
    try:
        revision = _ask_git(folder, "rev-parse", "HEAD")
        return revision + (DIRTY if _ask_git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _ask_git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True, text=True)  # noqa: S603, S607
    return done.stdout.strip()
