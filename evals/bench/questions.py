"""What the load generator asks. Two fixed lists, taken in turn, so that every system and round sees the same mix."""

KNOWLEDGE = (
    "How do I activate my new card?",
    "How long does a transfer to another bank take?",
    "What should I do if my card was stolen?",
    "Which documents do you need to verify my identity?",
    "How can I top up my account with a card?",
    "Why was my card payment declined?",
    "How do I change my PIN?",
    "What exchange rate do you use for payments abroad?",
    "How do I dispute a charge that I do not recognise?",
    "Can I get a refund for something I bought?",
    "How do I close my account?",
    "What fees do you charge for cash withdrawals?",
    "How do I order a virtual card?",
    "What is the limit for a cash withdrawal?",
    "How do I make a complaint?",
    "My top-up has not arrived, what now?",
    "How do I set up Apple Pay or Google Pay?",
    "Which countries do you support?",
    "How do I change my address?",
    "How do I open a savings account?",
)
"""Questions of a visitor that the help centre answers."""

BANKING = ("what's my balance?", "show my last 5 transactions")
"""Questions of the demo customer that a tool answers."""

SMALL_TALK = ("Hello!", "Thank you, that helped.", "Who are you?", "Good morning")
"""What is neither asked of the help centre nor of the bank."""
