"""The tokenizer of a model folder as a GGUF file describes it: pieces with kinds and scores, merges, the split rule,
the chat template. What a reader could not follow is refused."""

# gguf and transformers come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

import json
import re
from pathlib import Path
from typing import Any

from gguf import GGUFWriter, TokenType
from gguf.vocab import SpecialVocab
from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS

from core.errors import InvalidInput

_SPLITS = ("llama-bpe", "qwen2", "tekken")
"""The names of split rules that we write, of those that readers know by name."""
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")


def describe_tokenizer(writer: GGUFWriter, folder: Path, size: int) -> None:
    """Writes the tokenizer of ``folder`` into the file's metadata.

    Args:
        size: rows of the model's embedding; there may be fewer pieces.

    Raises:
        InvalidInput: it is no BPE that a GGUF reader can rebuild, or has more pieces than the embedding.
    """
    tokenizer = _read(folder)
    model = tokenizer["model"]
    if model["type"] != "BPE":
        raise InvalidInput(f"No GGUF with a tokenizer of the kind {model['type']}: only BPE can be written.")
    pieces = _list_pieces(tokenizer, size)
    special = SpecialVocab(folder, load_merges=not model["byte_fallback"], n_vocab=size)
    if model["byte_fallback"]:
        _describe_sentencepiece(writer, tokenizer, pieces)
    else:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(_name_split(tokenizer["pre_tokenizer"]))
    writer.add_token_list([text for text, _ in pieces])
    writer.add_token_types([kind for _, kind in pieces])
    special.add_special_token.setdefault("bos", False)
    special.add_to_gguf(writer, quiet=True)


def _read(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer.json"
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}. A GGUF needs it.") from error
    except ValueError as error:
        raise InvalidInput(f"{path} is damaged: {error}.") from error


def _list_pieces(tokenizer: dict[str, Any], size: int) -> list[tuple[str, TokenType]]:
    """By id, filled up to ``size``."""
    texts: dict[int, str] = {number: text for text, number in tokenizer["model"]["vocab"].items()}
    added = {token["id"]: token for token in tokenizer["added_tokens"]}
    texts |= {number: token["content"] for number, token in added.items()}
    if max(texts) >= size:
        raise InvalidInput(f"The tokenizer has {max(texts) + 1} pieces and the model only {size} rows for them.")
    unknown = tokenizer["model"]["unk_token"]

    def kind(number: int, text: str) -> TokenType:
        if text == unknown:
            return TokenType.UNKNOWN
        if number in added:
            return TokenType.CONTROL if added[number]["special"] else TokenType.USER_DEFINED
        if tokenizer["model"]["byte_fallback"] and _BYTE.fullmatch(text):
            return TokenType.BYTE
        return TokenType.NORMAL

    return [
        (texts[number], kind(number, texts[number])) if number in texts else (f"[PAD{number}]", TokenType.UNUSED)
        for number in range(size)
    ]


def _describe_sentencepiece(writer: GGUFWriter, tokenizer: dict[str, Any], pieces: list[tuple[str, TokenType]]) -> None:
    """A reader merges what has the highest score: the negative rank of the merge that makes a piece."""
    ranks: dict[str, int] = {}
    for rank, merge in enumerate(tokenizer["model"]["merges"]):
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        ranks.setdefault(left + right, rank)
    last = len(tokenizer["model"]["merges"])
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_scores([float(-ranks.get(text, last)) for text, _ in pieces])
    writer.add_add_space_prefix(_prefixes_a_space(tokenizer))


def _prefixes_a_space(tokenizer: dict[str, Any]) -> bool:
    parts = [part for key in ("normalizer", "pre_tokenizer") for part in _flatten(tokenizer[key])]
    return any(
        part["type"] == "Prepend" or (part["type"] == "Metaspace" and part.get("prepend_scheme", "always") != "never")
        for part in parts
    )


def _name_split(pre_tokenizer: dict[str, Any] | None) -> str:
    """The name under which readers know how text is split before merging."""
    parts = _flatten(pre_tokenizer)
    match [part["type"] for part in parts]:
        case ["ByteLevel"] if parts[0].get("use_regex", True) and not parts[0]["add_prefix_space"]:
            return "gpt-2"
        case ["Split", "ByteLevel"] if not parts[1].get("use_regex", True) and parts[0]["behavior"] == "Isolated":
            pattern = parts[0]["pattern"].get("Regex")
            if name := next((name for name in _SPLITS if GGUF_PRE_TOKENIZER_SPLITS[name] == pattern), None):
                return name
        case _:
            pass
    raise InvalidInput("No GGUF with this tokenizer: it splits text by a rule that GGUF readers have no name for.")


def _flatten(part: dict[str, Any] | None) -> list[dict[str, Any]]:
    if part is None:
        return []
    if part["type"] != "Sequence":
        return [part]
    return [leaf for each in part.get("pretokenizers", part.get("normalizers", [])) for leaf in _flatten(each)]
