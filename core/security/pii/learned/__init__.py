"""A small tagger that was trained on texts with their personal data marked, beside the recognizers that were written
(decision 0033). Its weights and their card lie in ``weights/``; ``tellergraph finetune personal`` makes them."""

from core.security.pii.learned.joining import believed, find_learned, use_tagger
from core.security.pii.learned.runs import without_signs

__all__ = ["believed", "find_learned", "use_tagger", "without_signs"]
