"""The data card of the chats."""

from collections.abc import Mapping
from typing import Any

_CARD = """# Data card: chats

Conversations of bank customers with the assistant, for fine-tuning a chat model. Made by `tellergraph finetune data
chat`; docs/training-data.md says how, and what a row is. Digest of the rows: `{digest}`.

- **Dialogues**: {dialogues:,}, of which {with_several_turns:,} have several turns and {with_citations:,} cite the help
  centre. They tell {conversations:,} conversations, each up to {tellings} times in other words and among other names.
  {begun:,} were begun; those that did not go their way or stood twice were left out.
- **Where from**: recorded from the real graph on a demo bank made for it: prompts, tool calls and tool results are
  those of the agent, answers those of its offline model, which says nothing that does not stand in results and
  passages. The customers' words are this project's templates (MIT); articles are the demo bank's help centre.
- **Words**: {user_messages:,} messages of customers, {distinct_user_messages:,} of them different,
  {distinct_wordings:,} without case, punctuation and numbers; {distinct_calls:,} different tool calls. Types by
  tokens: {type_token_ratio}.
- **Parts**: every wording is dealt to one part, and a dialogue takes all its words from its part. {left_out_as_near:,}
  dialogues of the validation and test parts were left out because a text near theirs stands in another part.
- **Personal data**: none. The bank's customers are invented; their names, and those of people they pay, are replaced by
  names of a closed list (finetune/data/chat/names.yaml), contact details and account numbers by placeholders as the
  agent's own mask gives them. The last four digits of cards and accounts are the invented bank's.
- **What it is not**: conversations of real customers. The offline model's style is terse; its refusals and
  confirmations are the agent's fixed words. How often something is asked for says nothing about any bank.
- **Seed**: {seed}.

## Kinds

{kinds}

## Tools

A success is a result that is neither a refusal nor a question back, and that lists something if it lists.

{tools}

## Intents

{intents}
"""


def write_card(figures: Mapping[str, Any]) -> str:
    """The card, with `{digest}` left to whoever writes the files."""
    tables = {name: _table(figures[name]) for name in ("kinds", "intents")}
    tables["tools"] = _table_of_tools(figures["tools"], figures["successes"])
    return _CARD.format(**{**figures, **tables, "digest": "{digest}"})


def _table(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return "\n".join(["| | dialogues |", "| --- | ---: |", *(f"| {name} | {number:,} |" for name, number in ranked)])


def _table_of_tools(calls: Mapping[str, int], successes: Mapping[str, int]) -> str:
    lines = (
        f"| {name} | {calls[name]:,} | {successes[name]:,} |"
        for name in sorted(calls, key=lambda name: (-calls[name], name))
    )
    return "\n".join(["| | calls | successes |", "| --- | ---: | ---: |", *lines])
