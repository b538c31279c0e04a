"""The loss is on the assistant's words and nothing else, and packing changes nothing about it."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from core.errors import InvalidInput
from finetune.train.bases import Place, load_model
from finetune.train.chat_model import ChatModel
from finetune.train.chats import IGNORED, Chat, encode_chat, read_chats
from finetune.train.packing import JoinChats, leave_apart, pack
from tests.finetune.training_data import BALANCE_TOOL, make_chat, make_config, write_chats, write_parts
from tests.tiny_models import CHAT_TEMPLATE, TOOLLESS_TEMPLATE

pytestmark = pytest.mark.finetune

TOOLS = {"get_balance": BALANCE_TOOL}
UNMARKED = CHAT_TEMPLATE.replace("{% generation %}", "").replace("{% endgeneration %}", "")


@pytest.fixture
def tokenizer(tiny_llama: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_llama)


def learned(chat: Chat, tokenizer: Any) -> str:
    return tokenizer.decode([label for label in chat.labels if label != IGNORED])


def test_only_what_the_assistant_says_is_learned(tokenizer: Any) -> None:
    call = '\n<tool_call>\n{"name": "get_balance", "arguments": {"account": "Savings"}}\n</tool_call><|im_end|>'

    chat = encode_chat(make_chat(7), TOOLS, tokenizer)

    assert learned(chat, tokenizer) == call + "There are 7.15 GBP.<|im_end|>Glad to help!<|im_end|>"
    assert "How much is on Savings 7?" in tokenizer.decode(chat.ids)
    assert all(label in (IGNORED, token) for token, label in zip(chat.ids, chat.labels, strict=True))


def test_a_template_without_marks_gives_the_same_words(tokenizer: Any) -> None:
    marked = encode_chat(make_chat(3), TOOLS, tokenizer)
    tokenizer.chat_template = UNMARKED

    chat = encode_chat(make_chat(3), TOOLS, tokenizer)

    assert chat.ids == marked.ids
    assert learned(chat, tokenizer).replace("<|im_end|>\n", "<|im_end|>") == learned(marked, tokenizer)


def test_a_template_that_rewrites_what_was_said_is_refused(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ messages | length }}" + UNMARKED

    with pytest.raises(InvalidInput, match="changes earlier messages"):
        encode_chat(make_chat(3), TOOLS, tokenizer)


@pytest.mark.parametrize(
    ("template", "said"),
    [(None, "has no chat template"), (TOOLLESS_TEMPLATE, "take a base with tool support")],
)
def test_a_base_that_cannot_show_the_chats_is_refused(
    tokenizer: Any, tmp_path: Path, template: str | None, said: str
) -> None:
    tokenizer.chat_template = template

    with pytest.raises(InvalidInput, match=said):
        read_chats(write_chats(tmp_path), "train", tokenizer, 512)


def test_a_tool_that_has_no_schema_is_named(tokenizer: Any) -> None:
    with pytest.raises(InvalidInput, match=r"Chat d1 has the tool 'get_balance', which tools.json lacks"):
        encode_chat(make_chat(1), {}, tokenizer)


def test_a_chat_in_which_the_assistant_says_nothing_is_refused(tokenizer: Any) -> None:
    row = {"id": "d0", "messages": [{"role": "user", "content": "Hello?"}]}

    with pytest.raises(InvalidInput, match="no word of the assistant"):
        encode_chat(row, {}, tokenizer)


def test_chats_that_are_too_long_are_left_out_and_counted(tokenizer: Any, tmp_path: Path) -> None:
    folder = write_chats(tmp_path)
    chats, _ = read_chats(folder, "train", tokenizer, 512)
    lengths = sorted(len(chat.ids) for chat in chats)

    kept, long = read_chats(folder, "train", tokenizer, lengths[0])

    assert (len(kept), long) == (lengths.count(lengths[0]), len(chats) - lengths.count(lengths[0]))
    with pytest.raises(InvalidInput, match=f"the shortest has {lengths[0]} tokens"):
        read_chats(folder, "train", tokenizer, lengths[0] - 1)


@pytest.mark.parametrize(("text", "said"), [("", "has no row"), ("{", "line 1: no JSON"), ("[]\n", "line 1: needs")])
def test_a_file_that_holds_no_chats_is_named(tokenizer: Any, tmp_path: Path, text: str, said: str) -> None:
    (write_parts(tmp_path, "chat", {}) / "train.jsonl").write_text(text)

    with pytest.raises(InvalidInput, match=said):
        read_chats(tmp_path, "train", tokenizer, 512)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(40, 90))
def test_packing_keeps_each_chat_whole_and_once(lengths: list[int], most: int) -> None:
    chats = [Chat([number] * length, [number] * length) for number, length in enumerate(lengths)]

    rows = pack(chats, most).rows

    assert sorted(chat.ids[0] for row in rows for chat in row) == list(range(len(chats)))
    assert all(sum(len(chat.ids) for chat in row) <= most for row in rows)


def test_a_batch_starts_positions_anew_with_each_chat(tokenizer: Any) -> None:
    one, two = Chat([5, 6, 7], [IGNORED, 6, 7]), Chat([8, 9], [IGNORED, 9])

    batch = JoinChats(0)([(one, two), (two,)])

    assert batch["input_ids"].tolist() == [[5, 6, 7, 8, 9], [8, 9, 0, 0, 0]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 0, 1], [0, 1, 0, 1, 2]]
    assert batch["labels"].tolist() == [[IGNORED, 6, 7, IGNORED, 9], [IGNORED, 9, *[IGNORED] * 3]]
    assert batch["tokens"] == 7


@pytest.mark.parametrize("computing", [torch.float32, torch.bfloat16], ids=str)
def test_packed_chats_have_the_loss_that_they_have_apart(
    tiny_llama: Path, tokenizer: Any, computing: torch.dtype
) -> None:
    config = make_config(tiny_llama, Path("data"), Path("out"))
    model = ChatModel(load_model(config, Place("cpu", computing))).eval()
    chats = [encode_chat(make_chat(number), TOOLS, tokenizer) for number in range(4)]
    collate = JoinChats(0)
    packed = pack(chats, sum(len(chat.ids) for chat in chats))
    assert len(packed) == 1

    with torch.no_grad():
        together = model(**collate([packed[0]]))["loss"]
        single = [model(**collate([row]), num_items_in_batch=1)["loss"] for row in leave_apart(chats).rows]
        labels = sum(label != IGNORED for chat in chats for label in chat.labels)

    tolerance = 1e-5 if computing == torch.float32 else 2e-3
    assert float(together) == pytest.approx(float(sum(single)) / labels, rel=tolerance)


def test_the_chunked_loss_is_that_of_transformers(tiny_llama: Path, tokenizer: Any) -> None:
    config = make_config(tiny_llama, Path("data"), Path("out"), memory={"gradient_checkpointing": False})
    model = ChatModel(load_model(config, Place("cpu", torch.float32))).eval()
    batch = JoinChats(0)([(encode_chat(make_chat(number), TOOLS, tokenizer),) for number in range(3)])

    ours = model(**batch)["loss"]
    theirs = model.model(input_ids=batch["input_ids"], position_ids=batch["position_ids"], labels=batch["labels"]).loss

    assert float(ours.detach()) == pytest.approx(float(theirs.detach()), rel=1e-5)
    ours.backward()
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)


def test_what_the_prompt_says_is_no_part_of_the_loss(tiny_llama: Path, tokenizer: Any) -> None:
    """The gradient of the loss at the output of a prompt's position is nothing, whatever its next token is."""
    config = make_config(tiny_llama, Path("data"), Path("out"), method="lora")
    model = ChatModel(load_model(config, Place("cpu", torch.float32))).eval()
    chat = encode_chat(make_chat(5), TOOLS, tokenizer)
    kept: list[torch.Tensor] = []

    def keep(_: Any, __: Any, output: Any) -> None:
        output.last_hidden_state.retain_grad()
        kept.append(output.last_hidden_state)

    model.model.get_base_model().get_decoder().register_forward_hook(keep)
    model(**JoinChats(0)([(chat,)]))["loss"].backward()
    moved = kept[0].grad[0].abs().sum(dim=1) > 0

    assert moved.tolist() == [label != IGNORED for label in chat.labels[1:]] + [False]
    assert json.dumps(chat.labels).count(str(IGNORED)) > 50
