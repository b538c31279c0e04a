"""The card that lies beside the tagger's weights."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core.security.pii.learned.runs import LIKELY
from finetune.personal.training import Recipe

if TYPE_CHECKING:
    from finetune.personal.making import Found, Made


def write_card(made: "Made", data: Sequence[Path], seed: int, recipe: Recipe) -> str:
    files = ", ".join(f"`{path.name}`" for path in data)
    settings = ", ".join(f"{name} {value}" for name, value in asdict(recipe).items())
    rows = [
        f"| {name} | {_cells(judged.recognizers)} | {_cells(judged.tagger)} | {_cells(judged.together)} |"
        for name, judged in made.judged.items()
    ]
    table = "\n".join(["| Not learned from | Recognizers | Tagger | Together |", "|---|---|---|---|", *rows])
    return f"""# Tagger of personal data

SHA-256 of `tagger.npz`: {made.sha256}

A sum of vectors for each word (its pieces, three letters each, what it looks like, the lists that it is on), five
dilated convolutions, the likelihood of 21 kinds and of none, and a figure for whether the text has anything personal at
all. It joins the written recognizers where names are hidden: in what is stored, logged, traced, exported and sent to
others' models. There it adds, and takes back what they found without a proof. It decides nothing else.

Made by `tellergraph finetune personal` from {made.texts} texts with their personal data marked, by several authors, all
invented: {files}; and from
questions of BANKING77 (CC BY 4.0) and requests of CLINC150 (CC BY 3.0) in which the recognizers find nothing. The word
pieces and their vectors come from all-MiniLM-L6-v2 (Apache 2.0). Seed {seed}; {settings}.

Each row: trained without that author (and, where several were left out at once, without the others), details found in
ordinary and in hard texts, and texts without details in which something is hidden, where one word at least must be
{LIKELY:.0%} likely.

{table if rows else "Not measured on an author left out: the command has --judged for it."}

English, with values of many countries. It knows few firms and famous people: their names are most of what it hides
without need. The lists of names and words that it sees are those of the recognizers; train it again when they change
much.
"""


def _cells(found: "Found") -> str:
    return f"{found.ordinary:.3f}, {found.hard:.3f}, {found.touched:.1%}"
