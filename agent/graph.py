"""The whole machine on one page: nodes and edges, nothing else.

screen -> understand -> retrieve -> answer <-> tools -> act
   |        ^   |                     |
   |        |   '-> act, refer, go_on |
   |        '----------------------- go_on -> verify -> remember -> confirm -> act -> answer -> ...
   '-> act -> answer, refer -> go_on

One pass from ``understand`` to ``go_on`` is a step. A turn has several where a message asks for several things, and
where a question has to be repeated after something else.
"""

from typing import Any, Literal, get_args, get_type_hints
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agent.nodes.act import act
from agent.nodes.answer import answer
from agent.nodes.confirm import confirm
from agent.nodes.go_on import go_on
from agent.nodes.observed import After, observed
from agent.nodes.refer import refer
from agent.nodes.remember import remember
from agent.nodes.retrieve import retrieve
from agent.nodes.screen import screen
from agent.nodes.tools import tools
from agent.nodes.understand import understand
from agent.nodes.verify import verify
from agent.state import State, Turn

RECURSION_LIMIT = 80
"""Steps of the graph: MOST_REQUESTS requests with MAX_ROUNDS rounds each, MOST_PASSES over the message, and what stands
before and after them."""
Graph = CompiledStateGraph[State, Turn, State, State]


def build_graph(checkpointer: BaseCheckpointSaver[Any]) -> Graph:
    graph = StateGraph(State, context_schema=Turn)
    graph.add_edge(START, "screen")
    for node, after in (
        (screen, after_screen),
        (understand, after_understand),
        (retrieve, to_answer),
        (answer, after_answer),
        (tools, after_tools),
        (go_on, after_go_on),
        (verify, to_remember),
        (remember, after_remember),
        (confirm, to_act),
        (act, to_answer),
        (refer, after_refer),
    ):
        # A node names the next one itself: LangGraph's conditional edges read the whole state for that once more.
        graph.add_node(node.__name__, observed(node, after), destinations=ends_of(after))
    return graph.compile(checkpointer=checkpointer)


def after_screen(state: State) -> Literal["act", "refer", "understand"]:
    """A yes where nothing can be confirmed asks again and says where; it never is a resolution."""
    if state["resolution"]:
        return "act"
    return "refer" if state["asks_confirmation"] else "understand"


def after_understand(state: State) -> Literal["retrieve", "answer", "act", "refer", "go_on"]:
    match state["step"]:
        case "look_up":
            return "retrieve"
        case "approve" | "deny":
            return "act"
        case "refer":
            return "refer"
        case "":
            return "go_on"
        case "say" if not state["words"]:
            return "go_on"
        case _:
            return "answer"


def after_answer(state: State) -> Literal["tools", "go_on"]:
    return "tools" if state["calls"] else "go_on"


def after_tools(state: State) -> Literal["act", "answer"]:
    """What the customer's message was the yes to is done at once."""
    return "act" if state["resolution"] else "answer"


def after_refer(state: State) -> Literal["answer", "go_on"]:
    return "answer" if state["step"] == "ended" else "go_on"


def after_go_on(state: State) -> Literal["understand", "answer", "verify"]:
    if state["agenda"]:
        return "understand"
    return "answer" if state["step"] else "verify"


def after_remember(state: State) -> Literal["confirm", "__end__"]:
    return "confirm" if state["asks_confirmation"] else "__end__"


def to_answer(_: State) -> Literal["answer"]:
    return "answer"


def to_remember(_: State) -> Literal["remember"]:
    return "remember"


def to_act(_: State) -> Literal["act"]:
    return "act"


def ends_of(after: After) -> tuple[str, ...]:
    """The nodes that may come next, as its type says."""
    return get_args(get_type_hints(after)["return"])


def config_of(session_id: UUID) -> RunnableConfig:
    """With which a conversation's graph runs."""
    return {"configurable": {"thread_id": str(session_id)}, "recursion_limit": RECURSION_LIMIT}
