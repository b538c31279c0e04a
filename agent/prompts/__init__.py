"""Prompt templates, and how text that is only data is put into them."""

from agent.prompts.fences import fence
from agent.prompts.templates import render

__all__ = ["fence", "render"]
