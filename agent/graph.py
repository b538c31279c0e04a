"""The whole machine on one page: nodes and edges, nothing else.

screen -> understand -> retrieve -> answer <-> tools -> act
   |        ^   |                     |
   |        |   '-> act, refer, go_on |
   |        '----------------------- go_on -> verify -> remember -> confirm -> act -> answer -> ...
   '-> act -> answer, refer -> go_on

One pass from ``understand`` to ``go_on`` is a step. A turn has several where a message asks for several things, and
where a question has to be repeated after something else.
"""

from typing import Any, Literal
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agent.nodes.act import act
from agent.nodes.answer import answer
from agent.nodes.confirm import confirm
from agent.nodes.go_on import go_on
from agent.nodes.observed import observed
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
    for node in (screen, understand, retrieve, answer, tools, go_on, verify, remember, confirm, act, refer):
        graph.add_node(node.__name__, observed(node))
    graph.add_conditional_edges(START, after_start)
    graph.add_conditional_edges("screen", after_screen)
    graph.add_conditional_edges("understand", after_understand)
    graph.add_edge("retrieve", "answer")
    graph.add_conditional_edges("answer", after_answer)
    graph.add_conditional_edges("tools", after_tools)
    graph.add_conditional_edges("go_on", after_go_on)
    graph.add_edge("verify", "remember")
    graph.add_conditional_edges("remember", after_remember)
    graph.add_edge("confirm", "act")
    graph.add_edge("act", "answer")
    graph.add_conditional_edges("refer", after_refer)
    return graph.compile(checkpointer=checkpointer)


async def after_start(state: State) -> Literal["act", "screen"]:
    """A decision on a proposal that no interrupt waits for any more goes straight to ``act``."""
    return "act" if state["resolution"] else "screen"


async def after_screen(state: State) -> Literal["act", "refer", "understand"]:
    """A yes where nothing can be confirmed asks again and says where; it never is a resolution."""
    if state["resolution"]:
        return "act"
    return "refer" if state["asks_confirmation"] else "understand"


async def after_understand(state: State) -> Literal["retrieve", "answer", "act", "refer", "go_on"]:
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


async def after_answer(state: State) -> Literal["tools", "go_on"]:
    return "tools" if state["calls"] else "go_on"


async def after_tools(state: State) -> Literal["act", "answer"]:
    """What the customer's message was the yes to is done at once."""
    return "act" if state["resolution"] else "answer"


async def after_refer(state: State) -> Literal["answer", "go_on"]:
    return "answer" if state["step"] == "ended" else "go_on"


async def after_go_on(state: State) -> Literal["understand", "answer", "verify"]:
    if state["agenda"]:
        return "understand"
    return "answer" if state["step"] else "verify"


async def after_remember(state: State) -> Literal["confirm", "__end__"]:
    return "confirm" if state["asks_confirmation"] else "__end__"


def config_of(session_id: UUID) -> RunnableConfig:
    """With which a conversation's graph runs."""
    return {"configurable": {"thread_id": str(session_id)}, "recursion_limit": RECURSION_LIMIT}
