"""Trains the care detector: for each concern a logistic regression over what the encoder saw, and the probability from
which it counts.

It learns from finetune/data/care.yaml, sentences made from the patterns of care_stories.yaml, misspelt copies of both,
BANKING77's training questions, of which some tell of a payment that is not theirs or of a lost phone and most of
nothing, and CLINC150's training requests and our own, which tell of nothing. Deterministic. Thresholds are set by
cross-validation on these sentences alone; others (evals/data/care*.jsonl) are measured by the suite ``care``.
"""

# scikit-learn comes with the finetune extra only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingImports=false

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from agent.care.detector import CONCERNS, FILE, WEIGHTS, Concern, Floats, Lexicon, seen
from agent.care.plain import PlainSpelling
from finetune.corpus import Example, make_own_examples, read_banking77, read_clinc150
from finetune.stories import DATA as STORIES
from finetune.stories import write_stories
from finetune.utterances import drop_punctuation, misspell
from knowledge.embed import ENCODER_DIR, Encoder

DATA = Path(__file__).parent / "data" / "care.yaml"
CARD = "MODEL_CARD.md"

_TELLS: dict[str, tuple[Concern, ...]] = {
    "lost_or_stolen_phone": ("lost_phone",),
    "card_payment_not_recognised": ("dispute", "fraud"),
    "cash_withdrawal_not_recognised": ("dispute", "fraud"),
    "direct_debit_payment_not_recognised": ("dispute", "fraud"),
    "transaction_charged_twice": ("dispute",),
    "compromised_card": ("fraud",),
}
"""What BANKING77's questions of an intent tell."""
_EITHER = frozenset(
    {
        "Refund_not_showing_up",
        "extra_charge_on_statement",
        "lost_or_stolen_card",
        "request_refund",
        "reverted_card_payment?",
        "wrong_amount_of_cash_received",
    }
)
_EITHER_OURS = frozenset(
    {"make_complaint", "report_fraud_alert", "list_fraud_alerts", "report_card_lost", "talk_to_human"}
)
_EITHER_CLINC = frozenset({"clinc/find_phone"})
"""Intents of which some tell something and some do not: left out."""
_CLINC_TRAINING = "ctrain"
"""Groups of its training file begin so; what the other holds is for measuring."""
_BANKING77, _CLINC150, _OURS = 0.4, 0.25, 1_500
"""Share of BANKING77's and of CLINC150's sentences that tell nothing, and number of our own requests."""
_OURS_WEIGHT, _CARE_WEIGHT, _STORY_WEIGHT = 1.0, 6.0, 3.0
"""Against 1 for a question of BANKING77; a misspelt copy counts half."""
_OF_A_STORY, _SLIPS = 5, 2
"""Sentences of a pattern, and slips in a misspelt copy."""
_STRENGTH = 30.0
"""C of scikit-learn, chosen by cross-validation among 3, 10, 30, 100 and 300."""
_ENOUGH = 1e-3
"""Of the gradient, where a fit ends: fitted closer, it hears less of what it has not seen."""
_FALSE_ALARMS = 0.003
"""Of others' and our own requests that tell nothing, at most."""
_LEAST, _MOST = 0.45, 0.5
"""Thresholds lie between: some of BANKING77's questions tell of a dispute and stand under another intent. A case
too many costs a colleague a look, one too few a customer their help."""
_SEED, _FOLDS = 7, 5


@dataclass(frozen=True, slots=True)
class Told:
    text: str
    concerns: frozenset[Concern]
    weight: float
    is_care: bool
    """Whether it was written for this."""
    group: str = ""
    """Sentences of one stay on one side of a fold; empty: of none."""


@dataclass(frozen=True, slots=True)
class Trained:
    sentences: int
    thresholds: dict[Concern, float]
    recall: dict[Concern, float]
    """Of the sentences written for this, cross-validated, at the threshold."""
    false_alarms: float
    """Share of the sentences of others and ours that tell nothing in which something was found, cross-validated."""
    sha256: str
    """Of care.yaml and care_stories.yaml."""


def train_care(banking77: Path, clinc150: Path, out: Path = WEIGHTS) -> Trained:
    """Writes weights and card.

    Raises:
        InvalidInput: a file of BANKING77's or CLINC150's cannot be used.
    """
    told = read_told(banking77, clinc150)
    encoder = Encoder.load()
    lexicon = Lexicon.load()
    plain = PlainSpelling.load()
    views = np.stack([seen(plain.write(one.text), encoder, lexicon) for one in told])
    groups = np.array([one.group or f"row {row}" for row, one in enumerate(told)])
    weights = np.array([one.weight for one in told])
    silent = np.array([not one.concerns and not one.is_care for one in told])
    rows: list[Floats] = []
    biases: list[float] = []
    thresholds: dict[Concern, float] = {}
    recall: dict[Concern, float] = {}
    alarms = np.zeros(len(told), bool)
    for concern in CONCERNS:
        truth = np.array([concern in one.concerns for one in told])
        folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=_SEED)
        model = LogisticRegression(C=_STRENGTH, tol=_ENOUGH, max_iter=1_000)
        probabilities = cross_val_predict(
            model, views, truth, groups=groups, cv=folds, method="predict_proba", params={"sample_weight": weights}
        )
        likely = cast(npt.NDArray[np.float64], probabilities)[:, 1]
        rare = float(np.quantile(likely[silent], 1 - _FALSE_ALARMS / len(CONCERNS)))
        thresholds[concern] = min(max(rare, _LEAST), _MOST)
        found = likely >= thresholds[concern]
        care = np.array([one.is_care for one in told])
        recall[concern] = float(found[truth & care].mean())
        alarms |= found
        fitted = model.fit(views, truth, sample_weight=weights)
        rows.append(fitted.coef_[0].astype(np.float32))
        biases.append(float(fitted.intercept_[0]))
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        out / FILE,
        weights=np.stack(rows),
        bias=np.array(biases, np.float32),
        thresholds=np.array([thresholds[concern] for concern in CONCERNS], np.float32),
    )
    digest = hashlib.sha256(DATA.read_bytes() + STORIES.read_bytes()).hexdigest()
    trained = Trained(len(told), thresholds, recall, float(alarms[silent].mean()), digest)
    (out / CARD).write_text(_card(trained), encoding="utf-8")
    return trained


def read_told(banking77: Path, clinc150: Path) -> list[Told]:
    """Every sentence to learn from."""
    rng = random.Random(_SEED)  # noqa: S311
    written = [*_read_care(), *_write_stories(rng)]
    told = [*written, *(_misspelt(one, rng) for one in written)]
    for example in read_banking77(banking77):
        if example.intent not in _EITHER and (example.intent in _TELLS or rng.random() < _BANKING77):
            told.append(Told(example.text, frozenset(_TELLS.get(example.intent, ())), 1.0, is_care=False))
    for example in read_clinc150(clinc150):
        if _tells_nothing(example) and rng.random() < _CLINC150:
            told.append(Told(example.text, frozenset(), 1.0, is_care=False))
    ours = [one for one in make_own_examples(_SEED) if one.intent not in _EITHER_OURS]
    chosen = rng.sample(ours, min(_OURS, len(ours)))
    told += [
        Told(one.text, frozenset(_TELLS.get(one.intent, ())), _OURS_WEIGHT, is_care=False)
        for one in chosen
        if one.intent not in _EITHER
    ]
    return told


def _tells_nothing(example: Example) -> bool:
    is_either = example.intent in _EITHER | _EITHER_OURS or example.label in _EITHER_CLINC
    return example.group.startswith(_CLINC_TRAINING) and not is_either and example.intent not in _TELLS


def _read_care() -> list[Told]:
    table: dict[str, str] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return [
        Told(line, _concerns(key), _CARE_WEIGHT, is_care=True, group=line)
        for key, lines in table.items()
        for line in lines.splitlines()
    ]


def _write_stories(rng: random.Random) -> Iterator[Told]:
    for story in write_stories(_OF_A_STORY, rng):
        yield Told(story.text, _concerns(story.label), _STORY_WEIGHT, is_care=True, group=story.pattern)


def _concerns(key: str) -> frozenset[Concern]:
    return frozenset(cast(Concern, name) for name in key.split("+") if name != "none")


def _misspelt(one: Told, rng: random.Random) -> Told:
    """As somebody types it who is in a hurry."""
    text = drop_punctuation(one.text.lower(), rng)
    for _ in range(_SLIPS):
        text = misspell(text, rng)
    return replace(one, text=text, weight=one.weight / 2)


def _card(trained: Trained) -> str:
    rows = "\n".join(
        f"| {concern} | {trained.thresholds[concern]:.2f} | {trained.recall[concern]:.2f} |" for concern in CONCERNS
    )
    encoder = hashlib.sha256((ENCODER_DIR / "SHA256SUMS").read_bytes()).hexdigest()[:16]
    return f"""# Care detector

Logistic regressions over the encoder's views and the lexicon's. `tellergraph finetune care --banking77 DIR
--clinc150 DIR` makes them from {trained.sentences} sentences: `finetune/data/care.yaml`, patterns of
`care_stories.yaml` (SHA-256 of both {trained.sha256[:16]}), misspelt copies of these, training sentences of BANKING77
(CC BY 4.0) and CLINC150 (CC BY 3.0), and our own requests, with the encoder {encoder}. The detector opens cases; it
decides nothing and closes nothing.

Cross-validated ({_FOLDS} folds): of sentences of BANKING77, CLINC150 and ours that tell nothing,
{trained.false_alarms:.2%} open a case; some of BANKING77's do tell of a dispute.

| Concern | Threshold | Recall on what was written for it |
|---|---|---|
{rows}

Held-out figures: docs/results.md. English alone. Irony, third parties ("my neighbour's phone was stolen") and what is
only hinted at are often missed or taken wrongly; a person looks at every case.
"""
