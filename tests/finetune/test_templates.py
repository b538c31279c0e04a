"""The chat templates for bases whose own know no tools: what is learnt from them is what is understood when served."""

from pathlib import Path

import pytest

from agent.models.local.prompting import Prompter
from agent.models.local.tool_calls import Call, ToolCallParser
from finetune.train.chats import IGNORED, encode_chat
from tests.tiny_models import SENTENCES, make_chat_tokenizer

pytestmark = pytest.mark.finetune

TEMPLATES = sorted((Path(__file__).parents[2] / "finetune" / "templates").glob("*.jinja"))
BALANCE = {
    "type": "function",
    "function": {"name": "get_balance", "description": "A balance.", "parameters": {"type": "object"}},
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_balance", "arguments": '{"account": "Savings"}'}}
MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is in Savings?"},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": '{"amount": "12.00"}'},
    {"role": "assistant", "content": "£12.00."},
]


def test_the_templates_are_found():
    assert [path.name for path in TEMPLATES] == ["gemma-tools.jinja", "tools.jinja"]


@pytest.fixture(params=TEMPLATES, ids=lambda path: path.stem)
def tokenizer(request: pytest.FixtureRequest):
    return make_chat_tokenizer(SENTENCES, request.param.read_text())


def learn(tokenizer) -> str:
    chat = encode_chat(
        {"id": "d1", "messages": MESSAGES, "tools": ["get_balance"]}, {"get_balance": BALANCE}, tokenizer
    )
    return tokenizer.decode([label for label in chat.labels if label != IGNORED])


def test_only_the_assistants_words_are_learnt(tokenizer):
    learnt = learn(tokenizer)

    assert "get_balance" in learnt
    assert "£12.00." in learnt
    for of_others in ("Be brief", "What is in", '12.00"', "tool_response", "A balance"):
        assert of_others not in learnt


def test_the_call_that_was_learnt_is_understood(tokenizer):
    call, mark, _ = learn(tokenizer).partition("</tool_call>")
    parser = ToolCallParser(offers_tools=True)

    assert [*parser.push(call + mark), *parser.finish()] == [Call("get_balance", {"account": "Savings"})]


def test_a_local_model_is_shown_the_tools_before_the_question(tokenizer):
    prompter = Prompter(tokenizer)
    shown = tokenizer.decode(prompter.encode(MESSAGES[:2], [BALANCE]))

    assert prompter.has_tools
    assert shown.index("Be brief.") < shown.index("A balance.") < shown.index("What is in Savings?")
