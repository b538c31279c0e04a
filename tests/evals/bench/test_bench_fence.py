"""The fence's figures are measured and not only claimed."""

import orjson
from typer.testing import CliRunner

from evals.bench.fence import app


def test_random_texts_come_back_exactly_and_the_figures_are_printed():
    done = CliRunner().invoke(app, ["--texts", "60", "--seed", "7", "--json"])

    assert done.exit_code == 0, done.output
    figures = orjson.loads(done.stdout)
    assert (figures["texts"], figures["wrong"]) == (60, 0)
    assert figures["with_own_data"] > 30
    assert figures["splits"] > 1_000
    assert figures["hide_cpu_ms_per_turn"] > 0
