"""Whole turns through the graph, as the events that go out."""

from typing import Any

import orjson
import pytest
from langgraph.errors import GraphRecursionError

from agent.events import Event
from agent.models.offline.phrases import OUT_OF_SCOPE, SIGN_IN
from agent.nodes.answer import MAX_ROUNDS
from agent.nodes.verify import WARNING
from core.errors import ProviderFailed

BALANCE = ("get_balance", '{"account": "Everyday"}')
FREEZE = ("freeze_card", '{"card": "4821"}')


def told(events: list[Event]) -> list[Any]:
    """The events with what must be the same in each run."""
    return [_told(event.event, orjson.loads(event.data())) for event in events]


def _told(name: str, content: dict[str, Any]) -> Any:
    match name:
        case "token":
            return content["text"]
        case "route":
            assert 0 < content["confidence"] <= 1
            return "route", content["route"], content["intent"]
        case "tool_call":
            return "tool_call", content["name"], content["arguments"]
        case "tool_result":
            return "tool_result", content["name"], content["ok"]
        case "citation":
            return "citation", content["n"], content["document_id"]
        case _:
            raise AssertionError(name)


async def test_a_question_is_answered_from_the_help_centre(start):
    talk = start()

    events = await talk.say("How do I activate my new card?", "Open **Cards** in the app and tap Activate [1].")

    assert told(events) == [
        ("route", "knowledge", "activate_my_card"),
        "Open **Cards** in the app and tap Activate [1].",
        ("citation", 1, talk.record.citations[0].document_id),
    ]
    assert talk.model.offered == [[]]
    [request] = talk.model.requests
    assert "</passages>" in request[0].content
    assert request[-1].content == "How do I activate my new card?"
    assert talk.record.answer == "Open **Cards** in the app and tap Activate [1]."


async def test_a_figure_that_no_passage_gives_is_left_out(start):
    talk = start()

    events = await talk.say("How do I activate my new card?", "Tap Activate [1]. It costs £98,765.43 today. Enjoy it.")

    assert told(events)[1] == (
        "Tap Activate [1]. It costs (I left out a figure here that I could not verify.) Enjoy it."
    )


async def test_a_mark_that_names_no_passage_is_not_cited(start):
    talk = start()

    await talk.say("How do I activate my new card?", "In the app [1][77].")

    assert talk.record.answer == "In the app [1]."
    assert [citation.n for citation in talk.record.citations] == [1]


async def test_a_tool_is_called_and_its_result_told(start):
    talk = start("alex")

    events = await talk.say("what's my balance?", BALANCE, "You have £2,480.15 in Everyday.")

    assert told(events) == [
        ("route", "operation", "get_balance"),
        ("tool_call", "get_balance", {"account": "Everyday"}),
        ("tool_result", "get_balance", True),
        "You have £2,480.15 in Everyday.",
    ]
    first, second = talk.model.requests
    assert {"get_balance", "list_cards"} < set(talk.model.offered[0])
    assert not {"freeze_card", "unfreeze_card"} & set(talk.model.offered[0])
    assert [message.type for message in second] == [*(message.type for message in first), "ai", "tool"]
    assert second[-1].status == "success"
    assert talk.record.tool_calls == ["get_balance"]


async def test_wrong_arguments_go_back_to_the_model_which_may_try_again(start):
    talk = start("alex")

    events = await talk.say(
        "what's my balance?", ("get_balance", '{"customer_id": "0"}'), ("no_such_tool", "{}"), BALANCE, "£2,480.15."
    )

    assert told(events)[1:] == [
        ("tool_call", "get_balance", {"customer_id": "0"}),
        ("tool_result", "get_balance", False),
        ("tool_call", "no_such_tool", {}),
        ("tool_result", "no_such_tool", False),
        ("tool_call", "get_balance", {"account": "Everyday"}),
        ("tool_result", "get_balance", True),
        "£2,480.15.",
    ]
    assert [message.status for message in talk.model.requests[-1] if message.type == "tool"] == [
        "error",
        "error",
        "success",
    ]


async def test_a_proposal_waits_for_the_customer_and_is_done_once_confirmed(start, active_cards):
    talk = start("alex")

    asked = await talk.say("freeze my card ending 4821", FREEZE)

    assert told(asked) == [
        ("route", "operation", "freeze_card"),
        ("tool_call", "freeze_card", {"card": "4821"}),
        ("tool_result", "freeze_card", True),
        "Freeze the debit card ending 4821: please confirm, and I will do it. Nothing has changed yet.",
    ]
    [waiting] = talk.state["__interrupt__"]
    assert (waiting.value["type"], waiting.value["card"]) == ("freeze_card", "4821")
    assert active_cards()["4821"] == "active"

    done = await talk.press("approve")

    assert told(done) == [
        ("route", "operation", "freeze_card"),
        "Done: the debit card ending 4821 is frozen. No new payment will go through until you unfreeze it.",
    ]
    assert active_cards()["4821"] == "frozen"
    assert talk.record.operation.status == "completed"
    assert len(talk.model.requests) == 1


@pytest.mark.parametrize(
    ("answer", "status", "state"), [("yes please", "completed", "frozen"), ("No, thanks.", "cancelled", "active")]
)
async def test_a_typed_answer_decides_without_asking_any_model(start, active_cards, answer, status, state):
    talk = start("alex")
    await talk.say("freeze my card ending 4821", FREEZE)

    await talk.say(answer)

    assert talk.record.operation.status == status
    assert active_cards()["4821"] == state
    assert "__interrupt__" not in talk.state


async def test_a_yes_with_a_question_is_taken_and_the_question_answered(start, active_cards):
    talk = start("alex")
    await talk.say("freeze my card ending 4821", FREEZE)

    await talk.say("yes, and how do I activate my new card?", "Tap Activate [1].")

    assert active_cards()["4821"] == "frozen"
    assert talk.record.answer.endswith("until you unfreeze it.\n\nTap Activate [1].")


@pytest.mark.parametrize("said", ["yes, but how do I activate my new card?", "ok, and how do I activate my new card?"])
async def test_a_yes_with_a_condition_or_a_mere_ok_before_a_question_decides_nothing(start, active_cards, said):
    talk = start("alex")
    await talk.say("freeze my card ending 4821", FREEZE)

    await talk.say(said, "Tap Activate [1].")

    assert active_cards()["4821"] == "active"
    assert "still waits for your confirmation" in talk.record.answer
    await talk.say("yes")
    assert active_cards()["4821"] == "frozen"


async def test_a_yes_to_nothing_does_nothing(start, active_cards):
    talk = start("alex")

    await talk.say("yes", "What can I do for you?")

    assert talk.record.operation is None
    assert set(active_cards().values()) == {"active"}


async def test_of_two_proposals_only_the_last_can_be_meant(start, active_cards):
    talk = start("alex")
    await talk.say("freeze my card ending 4821", FREEZE)
    await talk.say("freeze my card ending 9034", ("freeze_card", '{"card": "9034"}'))

    await talk.say("yes")

    assert active_cards() == {"4821": "active", "7733": "active", "9034": "frozen"}


async def test_a_tool_result_or_a_models_words_start_nothing(start, active_cards):
    """Only the customer's own decision does (design rule 2)."""
    talk = start("alex")
    await talk.say("freeze my card ending 4821", FREEZE)

    await talk.say("what's my balance?", BALANCE, "yes. Confirmed: the card is frozen.")

    assert active_cards()["4821"] == "active"


async def test_what_is_unclear_is_asked_and_the_answer_is_understood(start, active_cards):
    talk = start("alex", offline=True)

    asked = await talk.say("freeze my card")
    assert told(asked)[1:] == [
        ("tool_call", "freeze_card", {}),
        ("tool_result", "freeze_card", True),
        "Which card do you mean?\n\n- Debit card ending 4821\n- Platinum credit card ending 7733\n"
        "- Virtual card ending 9034",
    ]
    assert (talk.record.task, talk.record.asks) == ("freeze_card", "card")

    answered = await talk.say("the one ending 9034")
    assert told(answered)[:2] == [
        ("route", "operation", "freeze_card"),
        ("tool_call", "freeze_card", {"card": "9034"}),
    ]
    await talk.press("approve")
    assert active_cards()["9034"] == "frozen"


async def test_a_question_stays_open_through_small_talk(start):
    talk = start("alex", offline=True)
    await talk.say("freeze my card")

    await talk.say("hi")
    assert (talk.record.task, talk.record.asks) == ("freeze_card", "card")

    answered = await talk.say("the debit one")
    assert ("tool_call", "freeze_card", {"card": "debit"}) in told(answered)


async def test_a_result_cannot_start_an_operation_that_nobody_asked_for(start, active_cards):
    """A memo may tell the model to freeze a card (design rule 2): what nobody asked for is not offered."""
    talk = start("alex")

    events = await talk.say("what's my balance?", BALANCE, FREEZE, "You have £2,480.15.")

    assert ("tool_result", "freeze_card", False) in told(events)
    assert talk.record.task is None
    assert active_cards()["4821"] == "active"


async def test_an_ok_to_something_else_confirms_nothing(start, active_cards):
    talk = start("alex", offline=True)
    await talk.say("freeze my card ending 4821")
    await talk.say("what is the weather in Paris?")

    await talk.say("ok thanks")

    assert active_cards()["4821"] == "active"


async def test_a_follow_up_keeps_the_subject(start):
    talk = start("alex", offline=True)
    await talk.say("what's my balance?")

    events = await talk.say("and my savings?")

    assert told(events) == [
        ("route", "operation", "get_balance"),
        ("tool_call", "get_balance", {"account": "Rainy Day"}),
        ("tool_result", "get_balance", True),
        "Your balance: **Rainy Day** (savings): **£10,250.00**.",
    ]


@pytest.mark.parametrize(("message", "intent"), [("hi", "greeting"), ("thanks", "thanks")])
async def test_small_talk_needs_neither_tool_nor_passage(start, message, intent):
    talk = start("alex")

    events = await talk.say(message, "Hello there!")

    assert told(events) == [("route", "small_talk", intent), "Hello there!"]
    assert talk.model.offered == [[]]
    assert "</passages>" not in talk.model.requests[0][0].content


async def test_what_is_no_banking_is_declined_without_asking_a_model(start):
    talk = start("alex")

    events = await talk.say("What is the weather in Paris?")

    assert told(events) == [("route", "out_of_scope", "out_of_scope"), OUT_OF_SCOPE]
    assert talk.model.requests == []


async def test_a_visitor_is_asked_to_sign_in(start):
    talk = start(offline=True)

    assert told(await talk.say("what's my balance?")) == [("route", "operation", "get_balance"), SIGN_IN]


@pytest.mark.parametrize(
    ("message", "article"),
    [
        ("Freeze my card please", "freeze-or-unfreeze-a-card"),
        ("I want to set up a standing order", "standing-orders"),
        ("please close my account", "close-my-account"),
    ],
)
async def test_a_visitor_who_wants_something_done_is_shown_the_article_as_well(start, message, article):
    talk = start(offline=True)

    await talk.say(message)

    assert talk.record.answer.startswith(f"{SIGN_IN}\n\n")
    assert talk.record.citations[0].document_id == article
    assert talk.record.task is None


def listing(limit: int) -> tuple[str, str]:
    return "list_transactions", f'{{"limit": {limit}}}'


async def test_a_model_that_calls_tools_without_end_is_stopped(start):
    """After some rounds no tools are offered; one that still calls them has failed."""
    talk = start("alex")

    with pytest.raises(Exception, match="tool") as stopped:
        await talk.say("what's my balance?", *(listing(limit) for limit in range(1, MAX_ROUNDS + 2)))

    assert not isinstance(stopped.value, GraphRecursionError)
    assert [bool(tools) for tools in talk.model.offered] == [*[True] * MAX_ROUNDS, False]


async def test_a_model_that_repeats_a_call_has_failed(start):
    """It would get the same result, for ever."""
    talk = start("alex")

    with pytest.raises(ProviderFailed, match="same arguments again"):
        await talk.say("what's my balance?", BALANCE, BALANCE)


@pytest.mark.parametrize("who", [None, "alex"])
async def test_a_tool_call_where_none_was_offered_is_never_run(start, active_cards, who):
    talk = start(who)

    with pytest.raises(Exception, match="model"):
        await talk.say("hi", FREEZE)

    assert "pending" not in (talk.state or {})
    assert talk.record is None


async def test_personal_data_reaches_neither_model_nor_memory(start):
    """Secrets are not even told back to their owner."""
    talk = start("alex")
    told_us = "my e-mail is jo@mail.example, my card 4111 1111 1111 1111, my PIN is 9876"
    message = f"How do I activate my new card? {told_us}"

    events = await talk.say(message, "I will not keep [EMAIL_1], [CARD_1] or [SECRET].")

    [request] = talk.model.requests
    masked = "my e-mail is [EMAIL_1], my card [CARD_1] ending 1111, my PIN is [SECRET]"
    assert request[-1].content == f"How do I activate my new card? {masked}"
    assert told(events)[1] == "I will not keep jo@mail.example, 4111 1111 1111 1111 or [SECRET]."
    assert talk.record.answer == f"I will not keep [EMAIL_1], [CARD_1] or [SECRET].\n\n{WARNING}"
    assert told(events)[-1] == f"\n\n{WARNING}"
    saved = await talk.checkpoints.aget_tuple(talk.config)
    remembered = repr(saved.checkpoint["channel_values"])
    for original in ("jo@mail.example", "4111", "9876"):
        assert original not in remembered


async def test_what_a_tool_repeats_of_masked_data_does_not_reach_the_model(start):
    talk = start("alex")

    await talk.say("what's the balance of the account jo@mail.example", ("get_balance", '{"account": "[EMAIL_1]"}'))

    assert "Which account do you mean?" in talk.record.answer
    assert all("jo@mail.example" not in str(message.content) for message in talk.model.requests[-1])


async def test_an_answer_that_is_mostly_made_up_is_followed_by_ours(start):
    talk = start("alex")

    await talk.say("what's my balance?", BALANCE, "Everyday has £7. Travel has £8. I have moved it all. Hello!")

    said, _, ours = talk.record.answer.partition(" Hello!\n\n")
    assert said.count("(I left out") == 3
    assert ours == "Your balance: **Everyday** (current): **£2,480.15**."


async def test_our_answer_does_not_repeat_a_line_that_went_out(start):
    talk = start("alex")
    line = "- **Everyday** (current): **£2,480.15**"

    await talk.say(
        "what are my balances?", ("get_balance", "{}"), f"{line}\n- Travel: £8\n- Platinum: £9\n- Rainy Day: £1"
    )

    assert talk.record.answer.count(line) == 1
    assert "**Rainy Day** (savings): **£10,250.00**" in talk.record.answer


async def test_what_the_customer_claims_is_no_evidence(start):
    talk = start("alex")

    await talk.say("what's my balance, about £5,000?", BALANCE, "Yes, you have £5,000.00 in Everyday.")

    assert "5,000.00" not in talk.record.answer
    assert "£2,480.15" in talk.record.answer
