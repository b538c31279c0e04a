"""How the evidence for a passage adds up. All were chosen by measurement: docs/decisions/0006-retrieval-in-sql.md."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the evidence, in units of a cosine."""

    dense: float = 1.0
    lexical: float = 0.1
    """What full coverage of the question's words adds."""
    intent: float = 0.7
    """What a certain intent adds to the passages of its articles."""
    procedure: float = 0.03
    """For documents that name an operation: what a customer wants done needs them more often than their words say."""
    likeness: float = 0.0
    """Of being like the best passages of the two best documents (pseudo-relevance feedback)."""
    threshold: float = 0.45
    """Least cosine plus weighted coverage of the best passage; below it nothing is about the question."""
    floor: float = 0.35
    """The same of the others."""


ANSWER = Weights()
"""For the answer to a question: the first passage is to be the right one."""
BROAD = Weights(lexical=0.2, likeness=0.5, threshold=0.5, floor=0.38)
"""For all documents that a matter needs: the first ten are to hold as many of them as possible."""
