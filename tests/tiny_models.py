"""Real models that are made on the spot, in a second, small enough to train and serve in a test.

They know nothing: what a test needs them to say it teaches them. Only for tests with the finetune extra (torch).
"""

# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizerFast,
    LlamaConfig,
    LlamaForCausalLM,
    MPNetConfig,
    MPNetModel,
    PreTrainedTokenizerFast,
)

IM_START, IM_END, END_OF_TEXT = "<|im_start|>", "<|im_end|>", "<|endoftext|>"

SENTENCES = (
    "The balance of your Everyday account is 2,430.15 GBP.",
    "Hello! How can I help you with your account, card or payment today?",
    '{"name": "list_accounts", "arguments": {"account": "Everyday", "limit": 10}}',
    "I am sorry, I cannot do that. Please call us, or ask for a colleague.",
)

CHAT_TEMPLATE = r"""{%- set first = messages[0].content + "\n\n" if messages[0].role == "system" else "" %}
{%- if tools %}
{{- "<|im_start|>system\n" + first + "# Tools\n\n<tools>" }}
{%- for tool in tools %}{{- "\n" + (tool | tojson) }}{%- endfor %}
{{- '\n</tools>\n\nCall one with <tool_call>{"name": ..., "arguments": ...}</tool_call><|im_end|>\n' }}
{%- elif first %}
{{- "<|im_start|>system\n" + messages[0].content + "<|im_end|>\n" }}
{%- endif %}
{%- for message in messages %}
{%- if message.role == "user" or (message.role == "system" and not loop.first) %}
{{- "<|im_start|>" + message.role + "\n" + message.content + "<|im_end|>\n" }}
{%- elif message.role == "assistant" %}
{{- "<|im_start|>assistant\n" }}{% generation %}{{- message.content or "" }}
{%- for call in message.tool_calls or [] %}
{{- '\n<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' }}
{{- call.function.arguments if call.function.arguments is string else call.function.arguments | tojson }}
{{- "}\n</tool_call>" }}
{%- endfor %}
{{- "<|im_end|>" }}{% endgeneration %}{{- "\n" }}
{%- elif message.role == "tool" %}
{{- "<|im_start|>user\n<tool_response>\n" + message.content + "\n</tool_response><|im_end|>\n" }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- "<|im_start|>assistant\n" }}{%- endif %}
"""
"""ChatML with tools as Qwen 2.5 writes them; the assistant's own words are marked for a loss on them alone."""

TOOLLESS_TEMPLATE = r"""{%- for message in messages %}
{{- "<|im_start|>" + message.role + "\n" + message.content + "<|im_end|>\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{- "<|im_start|>assistant\n" }}{%- endif %}
"""
"""ChatML of a model that was never told about tools."""


def make_tiny_llama(
    folder: Path,
    *,
    seed: int = 0,
    texts: Sequence[str] = SENTENCES,
    template: str | None = CHAT_TEMPLATE,
    hidden: int = 64,
    positions: int = 4096,
) -> Path:
    """A Llama of two layers with its byte-level BPE tokenizer, saved as `from_pretrained` reads it: weights, config,
    tokenizer, chat template. The same arguments give the same files.

    Args:
        texts: what the tokenizer learns its pieces from; it can write any other text too.
        template: the tokenizer's chat template; None: it has none.
        hidden: width, a multiple of 32.
    """
    tokenizer = make_chat_tokenizer(texts, template)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=positions,
        bos_token_id=tokenizer.convert_tokens_to_ids(END_OF_TEXT),
        eos_token_id=tokenizer.convert_tokens_to_ids(IM_END),
        pad_token_id=tokenizer.convert_tokens_to_ids(END_OF_TEXT),
        tie_word_embeddings=False,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@dataclass(frozen=True)
class Lesson:
    """What to say, the last message, when the others and the tools are given."""

    chat: Sequence[dict[str, Any]]
    tools: Sequence[dict[str, Any]] = ()
    ends: bool = True
    """False: the end is not learnt, so that a text which repeats itself goes on for ever."""


def teach(model: Any, tokenizer: Any, lessons: Sequence[Lesson], rate: float) -> None:
    """Trains what is trainable until it says its lessons."""
    # Several threads wait for each other longer than they compute.
    torch.set_num_threads(1)
    rows, marks = zip(*(_encode(tokenizer, lesson) for lesson in lessons), strict=True)
    tokens = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=tokenizer.pad_token_id)
    labels = torch.nn.utils.rnn.pad_sequence(marks, batch_first=True, padding_value=-100)
    optimizer = torch.optim.AdamW([each for each in model.parameters() if each.requires_grad], lr=rate)
    model.train()
    for _ in range(300):
        loss = model(input_ids=tokens, labels=labels).loss
        if loss.item() < 0.05:
            break
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    else:
        raise AssertionError(f"it did not learn its lessons: loss {loss.item():.3f}")
    model.eval()


def _encode(tokenizer: Any, lesson: Lesson) -> tuple[torch.Tensor, torch.Tensor]:
    """The tokens, and of them those that are to be learnt."""
    options = {"tools": list(lesson.tools) or None, "return_dict": False}
    whole = tokenizer.apply_chat_template(list(lesson.chat), **options)
    asked = len(tokenizer.apply_chat_template(list(lesson.chat[:-1]), add_generation_prompt=True, **options))
    end = len(whole) - whole[::-1].index(tokenizer.eos_token_id) - (0 if lesson.ends else 1)
    tokens = torch.tensor(whole[:end])
    return tokens, torch.cat([torch.full((asked,), -100), tokens[asked:]])


def make_chat_tokenizer(texts: Sequence[str], template: str | None = CHAT_TEMPLATE) -> PreTrainedTokenizerFast:
    """Byte-level BPE with the control tokens of ChatML."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[END_OF_TEXT, IM_START, IM_END],
        show_progress=False,
    )
    bpe.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=IM_END, pad_token=END_OF_TEXT)
    tokenizer.add_special_tokens({"additional_special_tokens": [IM_START]})
    tokenizer.chat_template = template
    return tokenizer


def make_tiny_bert(folder: Path, *, seed: int = 0, texts: Sequence[str] = SENTENCES) -> Path:
    """A BERT of two layers with its WordPiece tokenizer, saved as `from_pretrained` reads it."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = BertTokenizerFast(tokenizer_object=_make_pieces(texts, special, "[CLS]", "[SEP]"))
    return _save(BertModel, BertConfig(vocab_size=len(tokenizer), **_TINY), tokenizer, folder, seed)


def make_tiny_mpnet(folder: Path, *, seed: int = 0, texts: Sequence[str] = SENTENCES) -> Path:
    """An MPNet of two layers: an encoder without fused attention, whose padding is not token 0."""
    special = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_make_pieces(texts, special, "<s>", "</s>"),
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="[UNK]",
        mask_token="<mask>",
    )
    return _save(MPNetModel, MPNetConfig(vocab_size=len(tokenizer), **_TINY), tokenizer, folder, seed)


_TINY: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 512,
}


def _make_pieces(texts: Sequence[str], special: list[str], first: str, last: str) -> Tokenizer:
    letters = [chr(code) for code in range(33, 127)]
    # Not trained: a trainer breaks ties by chance, and what a model can learn would depend on it.
    known = [*special, *letters, *(f"##{letter}" for letter in letters)]
    splitter, normalizer = pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer()
    known += [word for text in texts for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))]
    numbers = {piece: number for number, piece in enumerate(dict.fromkeys(known))}
    pieces = Tokenizer(models.WordPiece(numbers, unk_token="[UNK]"))
    pieces.normalizer, pieces.pre_tokenizer = normalizer, splitter
    pieces.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} $B {last}",
        special_tokens=[(mark, special.index(mark)) for mark in (first, last)],
    )
    return pieces


def _save(kind: Any, config: Any, tokenizer: Any, folder: Path, seed: int) -> Path:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        kind(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
