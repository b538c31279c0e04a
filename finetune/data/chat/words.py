"""What customers say in the dialogues: the templates of `finetune/utterances.py`, the dialogues' own phrases and questions
(`phrases.yaml`, `questions.yaml` beside) and the titles of the help centre's articles, each dealt to one part of the
data. A dialogue takes all its words from its part, so that no wording is trained on and tested with."""

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from finetune.data.parts import cluster, count_members, deal
from finetune.utterances import Template, Writer, read_phrasing, read_slots, read_templates

_HERE = Path(__file__).parent
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said, and the family of wordings that it is of."""

    text: str
    label: str
    family: str

    @property
    def intent(self) -> str:
        return self.label.partition("/")[0]


@dataclass(slots=True)
class Words:
    """All templates, by part and label."""

    templates: dict[str, dict[str, list[tuple[str, Template]]]]
    """Part -> label -> family and template."""
    slots: dict[str, list[str]]
    phrasing: dict[str, list[str]]
    _writers: dict[str, Writer] = field(default_factory=dict[str, Writer])

    @classmethod
    def load(cls, titles: Mapping[str, list[str]], seed: int) -> "Words":
        """`titles` are those of the articles about each intent."""
        templates = [*read_templates(), *_read(_HERE / "phrases.yaml"), *_read(_HERE / "questions.yaml")]
        known = {template.label for template in templates}
        asked = [(f"{intent}", title) for intent, said in sorted(titles.items()) for title in said if intent in known]
        templates += [Template(label, "say", title, label) for label, title in asked]
        # One title may belong to articles of several intents: it is said for the first.
        once = {(template.text.casefold(), template.label): template for template in templates}
        templates = list(once.values())
        clusters = cluster([template.text for template in templates], [template.text for template in templates])
        dealt = deal(count_members(clusters, [template.label for template in templates]), seed)
        by_part: dict[str, dict[str, list[tuple[str, Template]]]] = {}
        for number, template in zip(clusters, templates, strict=True):
            labels = by_part.setdefault(dealt[number], {})
            labels.setdefault(template.label, []).append((f"w{number}", template))
        return cls(by_part, read_slots(), read_phrasing())

    def labels(self, part: str) -> list[str]:
        return sorted(self.templates[part])

    def say(
        self, label: str, part: str, rng: random.Random, own: Mapping[str, list[str]], *, key: str = ""
    ) -> Wording | None:
        """A wording of `label` from the part; None where it has none. `own` are the speaker's values for slots, known as
        `key`."""
        choices = self.templates[part].get(label)
        if not choices:
            return None
        family, template = rng.choice(choices)
        if key not in self._writers:
            self._writers[key] = Writer({**self.slots, **own}, self.phrasing)
        written = [
            said.text
            for said in self._writers[key].write(template, rng)
            if said.label == label and said.text.strip()
        ]  # fmt: skip
        return Wording(rng.choice(written), label, family) if written else None


def labels_of(words: Words, part: str) -> dict[str, list[str]]:
    """Intent -> labels of it that the part has words for; the dialogues' own phrases are left out."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for label in words.labels(part):
        if not label.startswith("phrase/"):
            found[label.partition("/")[0]].append(label)
    return dict(found)


def _read(path: Path) -> list[Template]:
    """Label -> one whole message per line."""
    blocks: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Template(label, "say", line.strip(), label)
        for label, lines in blocks.items()
        for line in lines.splitlines()
        if line.strip()
    ]
