"""What the command that tunes the encoder tells whoever runs it: the figures, and whether they were good enough."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from finetune import encoder_promotion
from finetune.cli import app
from finetune.encoder_promotion import Comparison

pytestmark = pytest.mark.finetune


@pytest.mark.parametrize(
    ("tuned", "exit_code", "said"), [(0.94, 0, ""), (0.92, 3, "Not promoted")], ids=["better", "worse"]
)
def test_a_comparison_prints_its_figures_and_fails_only_when_it_was_lost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tuned: float, exit_code: int, said: str
) -> None:
    def compare(*_: object, **__: object) -> Comparison:
        return Comparison(rows=100, linear_on_published=0.93, heads_on_tuned=tuned, gained=4, lost=21)

    monkeypatch.setattr(encoder_promotion, "compare_encoder", compare)
    folder = str(tmp_path)
    result = CliRunner().invoke(
        app,
        ["encoder", "--source", folder, "--banking77", folder, "--clinc150", folder, "--held-out", folder, "--json"],
    )

    assert result.exit_code == exit_code
    assert json.loads(result.stdout)["lost"] == "21"
    assert said in result.stderr
