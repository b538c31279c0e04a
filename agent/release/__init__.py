"""The gate between a model's words and the customer (docs/gate.md)."""

from agent.release.evidence import Material
from agent.release.figures import evidence_figures, figures
from agent.release.gate import LEFT_OUT, LEFT_OUT_WORDS, Release

__all__ = ["LEFT_OUT", "LEFT_OUT_WORDS", "Material", "Release", "evidence_figures", "figures"]
