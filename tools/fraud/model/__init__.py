"""The model that turns features into a probability: trained with LightGBM, kept and read without it."""

from tools.fraud.model.scorer import Contribution, Score, Scorer, load_scorer

__all__ = ["Contribution", "Score", "Scorer", "load_scorer"]
