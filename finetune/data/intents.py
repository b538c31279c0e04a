"""`tellergraph finetune data intents`: BANKING77, the project's own utterances and, if given, CLINC150, each text with
its intent, dealt to train, validation and test by clusters of near texts."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import InvalidInput
from finetune.corpus import Example, make_own_examples, read_banking77, read_clinc150
from finetune.data.folder import DataSet, write_data_set
from finetune.data.leakage import Row, check_parts
from finetune.data.parts import PARTS, TRAIN, cluster, count_members, deal

_CARD = """# Data card: intents

Texts of bank customers with their intent, for sequence classification. Made by `tellergraph finetune data intents`;
docs/training-data.md says how. Digest of the rows: `{digest}`.

| part | rows | sources |
| --- | ---: | --- |
{parts}

- **Labels**: {labels}: the 77 of BANKING77 and the project's own. Fewest training rows of a label: {fewest}.
- **Sources**: BANKING77's `train.csv` (Casanueva et al. 2020, CC BY 4.0); the templates of this repository (MIT);
  CLINC150 (Larson et al. 2019, CC BY 3.0) where it was given. BANKING77's `test.csv` is not read: it stays for
  evaluations.
- **Parts**: a template's utterances, and texts that are the same but for case, punctuation and numbers or share three
  quarters of their five-letter stretches, are in one part ({clusters} clusters of {rows} texts). {dropped} texts that
  stood twice under one label or under several were left out.
- **Personal data**: none that was collected here; names in the templates are invented. BANKING77 was published without.
- **Seed**: {seed}. **Share** of validation and of test: {share}.
"""


def make_intents(
    banking77: Path, out: Path, *, clinc150: Path | None = None, share: float = 0.1, seed: int
) -> dict[str, Any]:
    """Writes the data set into `out` and returns its manifest. The same files and seed give the same bytes.

    Args:
        share: of each label's rows, for validation, and as much for test.

    Raises:
        InvalidInput: a source is missing or not what it should be, or the rows are too few for three parts.
        Unavailable: the folder cannot be written.
    """
    read = [*read_banking77(banking77), *make_own_examples(seed), *(read_clinc150(clinc150) if clinc150 else [])]
    examples = _without_repeats(read)
    clusters = cluster([example.text for example in examples], [example.group for example in examples])
    dealt = deal(count_members(clusters, [example.intent for example in examples]), seed, share)
    parts: dict[str, list[Row]] = {part: [] for part in PARTS}
    for example, number in zip(examples, clusters, strict=True):
        rows = parts[dealt[number]]
        rows.append(
            {"id": example_id(example), "text": example.text, "label": example.intent, "source": example.source}
        )
    check_parts(parts)
    labels = sorted({example.intent for example in examples})
    counts = _check_labels(parts[TRAIN], labels)
    figures = {
        "labels": labels,
        "seed": seed,
        "share": share,
        "clusters": len(set(clusters)),
        "left_out": len(read) - len(examples),
    }
    card = _CARD.replace("{parts}", "\n".join(_line(part, rows) for part, rows in parts.items()))
    told = {
        "labels": f"{len(labels):,}",
        "fewest": f"{min(counts.values()):,}",
        "clusters": f"{figures['clusters']:,}",
        "rows": f"{len(examples):,}",
        "dropped": f"{figures['left_out']:,}",
        "seed": str(seed),
        "share": str(share),
    }
    for name, value in told.items():
        card = card.replace(f"{{{name}}}", value)
    return write_data_set(DataSet("intents", parts, figures), card, out)


def example_id(example: Example) -> str:
    """The group, and which of its texts it is: the same as long as the sources are."""
    return f"{example.group}-{_checksum(example.text)}"


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _without_repeats(examples: Sequence[Example]) -> list[Example]:
    """Each text once; none where it stands under several intents, which no model could tell apart."""
    meant: defaultdict[str, set[str]] = defaultdict(set)
    for example in examples:
        meant[example.text.casefold()].add(example.intent)
    once: dict[str, Example] = {}
    for example in examples:
        if example.text.strip() and len(meant[example.text.casefold()]) == 1:
            once.setdefault(example.text.casefold(), example)
    return list(once.values())


def _check_labels(train: Sequence[Row], labels: Sequence[str]) -> Counter[str]:
    counts = Counter(str(row["label"]) for row in train)
    if missing := [label for label in labels if not counts[label]]:
        raise InvalidInput(f"No training row has the label {missing[0]}: give --banking77 the whole train.csv.")
    return counts


def _line(part: str, rows: Sequence[Row]) -> str:
    sources = Counter(str(row["source"]) for row in rows)
    return f"| {part} | {len(rows):,} | {', '.join(f'{name} {count:,}' for name, count in sorted(sources.items()))} |"
