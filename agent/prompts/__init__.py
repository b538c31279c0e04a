"""Prompt templates, and how text that is only data is put into them."""

from functools import cache
from pathlib import Path
from string import Template

from agent.prompts.fences import fence

__all__ = ["fence", "render"]


def render(name: str, **values: str) -> str:
    """The template ``name``.md with its ``$values``. Raises KeyError for a missing one."""
    return _template(name).substitute(values)


@cache
def _template(name: str) -> Template:
    return Template((Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8").strip())
