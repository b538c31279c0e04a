"""Holds a model's words back until they are known to be true: what goes out cannot be taken back.

Words that claim nothing pass at once. From the first one that may be part of a claim a sentence waits until it is whole
and is judged as one; what was held of it goes out, goes out repaired, or is replaced by a remark.
"""

import re
from collections import Counter

from agent.release.counts import SENTENCES
from agent.release.evidence import Known, Material
from agent.release.judge import Judge, Verdict
from agent.release.recital import Recital
from agent.release.splitting import find_end
from agent.release.triggers import find_trigger

LEFT_OUT = "(I left out a figure here that I could not verify.)"
LEFT_OUT_WORDS = "(I left out something here that I could not verify.)"
LONGEST = 1000
"""Characters of a sentence that are held. A longer one with a claim in it is left out up to its end."""

_NO_FIGURE = frozenset({"state", "promise", "absence", "secret", "link", "citation", "binding", "word"})


class Release:
    """One answer's gate. ``push`` and ``finish`` return what may go out.

    ``outcomes`` counts the sentences that claim something by (kind, outcome).
    """

    def __init__(self, material: Material) -> None:
        self._judge = Judge(Known(material))
        self._recital = Recital(material.instructions)
        self._held = ""
        self._sent = ""
        """What went out already of the sentence that is held."""
        self._is_skipping = False
        self.outcomes = Counter[tuple[str, str]]()

    @property
    def is_gutted(self) -> bool:
        """Whether more than half of the sentences that claimed something were left out."""
        dropped = sum(number for (_, outcome), number in self.outcomes.items() if outcome == "dropped")
        return 2 * dropped > self.outcomes.total()

    def push(self, text: str) -> str:
        return self._without_recital(self._judged(text))

    def finish(self) -> str:
        rest = self._close(self._sent + self._held) if self._sent or self._held else ""
        return self._without_recital(rest) + self._recital.finish()

    def _without_recital(self, text: str) -> str:
        before = self._recital.found
        out = self._recital.push(text)
        if self._recital.found == before:
            return out
        self._count("instructions", "dropped")
        return f"{out} {LEFT_OUT_WORDS} "

    def _judged(self, text: str) -> str:
        self._held += text
        out: list[str] = []
        sentence = self._sent + self._held
        while (end := find_end(sentence)) is not None:
            out.append(self._close(sentence[:end]))
            sentence = self._held = sentence[end:]
        out.append(self._pass_on())
        if len(self._held) + len(self._sent) > LONGEST:
            out.append(self._give_up())
        return "".join(out)

    def drop(self) -> None:
        """What is held goes nowhere: the rest of it will never come."""
        self._sent, self._held, self._is_skipping = "", "", False
        self._recital.finish()

    def _pass_on(self) -> str:
        """The words before the first that may be part of a claim."""
        if self._is_skipping:
            self._held = ""
            return ""
        # A space waits with what follows it: a citation that is taken out takes it along.
        end = len(self._held[: find_trigger(self._sent, self._held)].rstrip(" \t"))
        free, self._held = self._held[:end], self._held[end:]
        self._sent += free
        return free

    def _give_up(self) -> str:
        if not self._held:
            # Nothing but words without a claim: the rest is a sentence of its own.
            self._sent = self._sent[-1:]
            return ""
        self._count("length", "dropped")
        self._is_skipping, self._sent, self._held = True, "", ""
        return LEFT_OUT_WORDS

    def _close(self, sentence: str) -> str:
        """What is still to go out of a whole sentence."""
        sent, self._sent, self._held = self._sent, "", ""
        end = "\n" if sentence.endswith("\n") else ""
        if self._is_skipping:
            self._is_skipping = False
            return end
        if find_trigger("", sentence, is_whole=True) == len(sentence):
            return sentence[len(sent) :]
        verdict = self._judge.judge(sentence)
        if verdict.kind:
            self._count(verdict.kind, verdict.outcome)
        return self._let_out(sentence, sent, verdict) or end

    def _let_out(self, sentence: str, sent: str, verdict: Verdict) -> str:
        match verdict.outcome:
            case "released":
                return sentence[len(sent) :]
            case "repaired":
                return verdict.text.removeprefix(sent)
            case "dropped":
                free = sentence[len(sent) : find_trigger("", sentence, is_whole=True)]
                remark = LEFT_OUT_WORDS if verdict.kind in _NO_FIGURE else LEFT_OUT
                return free + remark + _ending(sentence)

    def _count(self, kind: str, outcome: str) -> None:
        self.outcomes[kind, outcome] += 1
        SENTENCES.add(kind, outcome)


def _ending(sentence: str) -> str:
    """What keeps the line a line of a list or a table."""
    found = re.search(r"(?:[ \t]*\|)?[ \t]*\n?\Z", sentence)
    return found[0] if found and "\n" in found[0] else ""
