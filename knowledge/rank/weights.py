"""How the evidence for a passage adds up. All were chosen by measurement: docs/decisions/0006-retrieval-in-sql.md."""

from dataclasses import dataclass

_STRANGE, _FAMILIAR = 0.905, 0.924
"""How relevant a passage must be to a question that is none of a bank's business, and how much less to one that is."""
_LEAST, _LEAST_OF_OTHERS = 0.33, 0.25
_UNKNOWN = 0.45
"""The threshold in whose company these were measured."""


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
    """Of being like the best passages of the two best documents (pseudo-relevance feedback). It finds more of what a
    matter needs, and at times loses the one document that a question is about."""
    threshold: float = 0.45
    """Least cosine plus weighted coverage of the best passage; below it nothing is about the question."""
    floor: float = 0.35
    """The same of the others."""

    def least(self, ours: float | None) -> tuple[float, float]:
        """Threshold and floor for a question that is the bank's business with probability ``ours``, if that is known.

        The log odds that something found is about the question are 8.0 times relevance plus 7.4 times ``ours``, less
        8.6; what has less than one chance in five is not shown.
        """
        if ours is None:
            return self.threshold, self.floor
        threshold = max(_LEAST, _STRANGE - _FAMILIAR * ours) + self.threshold - _UNKNOWN
        return threshold, min(self.floor, _LEAST_OF_OTHERS + self.threshold - _UNKNOWN)


ANSWER = Weights()
"""For the answer to a question: the first passage is to be the right one."""
BROAD = Weights(lexical=0.2, procedure=0.06, threshold=0.5, floor=0.38)
"""For all documents that a matter needs: the first ten are to hold as many of them as possible."""
