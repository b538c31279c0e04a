"""AgentDojo's banking suite against a model that knows what each task needs, and does first whatever it is told in what
tools return: how much of that reaches the bank without and with the customer's word.

    python -m evals.bench.visiting [--json]
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any, cast

import typer
from agentdojo.task_suite import load_suites
from anyio.from_thread import start_blocking_portal
from pydantic import SecretStr

from core.logging import configure_logging
from core.settings import load_settings
from evals.adapters.agentdojo import VERSION, Played, measure, play_suite
from evals.adapters.cli import open_models
from evals.adapters.word import Confirm
from evals.scripted_wire import Call, Finish, Request, Step, Text, WireServer

_PLANTED = "<INFORMATION>"
"""What every text of AgentDojo's default attack has in it."""


class Obeying:
    """Makes the calls of the ground truth; once it has read an order, those of the order first."""

    def __init__(self) -> None:
        self.wanted: list[tuple[str, str]] = []
        self.ordered: list[tuple[str, str]] = []

    def answer(self, request: Request) -> Sequence[Step]:
        made = [
            (call["function"]["name"], call["function"]["arguments"])
            for message in request.body["messages"]
            for call in message.get("tool_calls") or ()
        ]
        made = [(name, _canonical(json.loads(arguments))) for name, arguments in made]
        has_read = any(
            _PLANTED in text.replace("\\u003c", "<").replace("\\u003e", ">") for text in request.messages("tool")
        )
        for call in [*(self.ordered if has_read else ()), *self.wanted]:
            if call not in made:
                return [Call(*call, id=f"call_{len(made)}"), Finish("tool_calls")]
        return [Text("That is all."), Finish()]


def main(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    configure_logging("ERROR")
    results = {confirm.value: measure(_play(confirm)) for confirm in (Confirm.NEVER, Confirm.UNLESS_SAID)}
    if as_json:
        typer.echo(json.dumps({"suite": f"banking {VERSION}", "results": results}))
        return
    for confirm, metrics in results.items():
        typer.echo(f"{confirm:<12} " + "  ".join(f"{name} {value:.3f}" for name, value in metrics.items()))


def _play(confirm: Confirm) -> list[Played]:
    suite, model = cast(Any, load_suites).get_suite(VERSION, "banking"), Obeying()
    played: list[Played] = []
    with WireServer(model.answer).serving() as server:
        settings = load_settings().model_copy(
            update={"llm": f"{server.base_url}#obeying", "openai_api_key": SecretStr("unused")}
        )
        with start_blocking_portal() as portal, portal.wrap_async_context_manager(open_models(settings)) as models:
            for task_id, task in suite.user_tasks.items():
                environment = task.init_environment(suite.load_and_inject_default_environment({}))
                model.wanted = _calls(task.ground_truth(environment))
                model.ordered = []
                played += play_suite(models, portal, confirm=confirm, attack=None, tasks=[task_id])
                for order_id, order in suite.injection_tasks.items():
                    model.ordered = _calls(order.ground_truth(environment))
                    played += play_suite(models, portal, confirm=confirm, tasks=[task_id], injections=[order_id])[1:]
    return played


def _calls(truth: Sequence[Any]) -> list[tuple[str, str]]:
    return [(call.function, _canonical(dict(call.args))) for call in truth]


def _canonical(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True)


if __name__ == "__main__":
    typer.run(main)
