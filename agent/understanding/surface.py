"""The surface of a message, before the encoder reads it: what differs only in how it is typed becomes the same."""

import re
import unicodedata

_CHAT_WORDS: dict[str, str] = {
    "u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "thx": "thanks", "wanna": "want to",
    "gonna": "going to", "gotta": "got to", "gimme": "give me", "lemme": "let me", "acc": "account",
    "acct": "account", "accs": "accounts", "txn": "transaction", "txns": "transactions", "trx": "transactions",
    "pymt": "payment", "pmt": "payment", "tmrw": "tomorrow", "tmr": "tomorrow", "2moro": "tomorrow",
    "2day": "today", "wats": "what's", "wat": "what", "cos": "because", "coz": "because", "thru": "through",
    "cud": "could", "cn": "can", "wud": "would", "abt": "about", "smth": "something", "dd": "direct debit",
    "cc": "credit card", "msg": "message", "asap": "as soon as possible",
    "dunno": "don't know", "cuz": "because", "wots": "what's", "whats": "what's", "hows": "how's",
    "wheres": "where's", "thats": "that's", "dont": "don't", "cant": "can't", "wont": "won't",
    "didnt": "didn't", "doesnt": "doesn't", "isnt": "isn't", "wasnt": "wasn't", "arent": "aren't",
    "havent": "haven't", "hasnt": "hasn't", "couldnt": "couldn't", "shouldnt": "shouldn't",
    "wouldnt": "wouldn't", "im": "I'm", "ive": "I've", "idk": "I don't know", "nvm": "never mind",
    "wdym": "what do you mean", "rn": "right now", "lmk": "let me know", "xfer": "transfer", "tfr": "transfer",
    "trf": "transfer", "stmt": "statement", "appt": "appointment", "appts": "appointments", "tmw": "tomorrow",
    "addy": "address", "bday": "birthday", "yh": "yes", "ima": "I'm going to", "ppl": "people",
    "s/o": "standing order", "a/c": "account",
}  # fmt: skip
_CHAT_WORD = re.compile(rf"(?<![\w'@./-])(?:{'|'.join(map(re.escape, _CHAT_WORDS))})(?![\w'@/-]|\.\w)", re.IGNORECASE)
_QUOTATION = re.compile(r"\"[^\"]*\s[^\"]*\"|(?<!\w)'[^']*\s[^']*'(?!\w)")
_DRAWN_OUT = re.compile(r"([a-z])\1{2,}", re.IGNORECASE)
_QUOTES = str.maketrans({"‘": "'", "’": "'", "`": "'", "´": "'", "“": '"', "”": '"', "\u00a0": " "})


def without_quotations(text: str) -> str:
    """The text less what stands in quotation marks and is more than a word: a payment's reference asks for nothing."""
    return _QUOTATION.sub('""', text)


def clean(text: str) -> str:
    """The text with plain quotation marks, single spaces, no drawn-out letters, and chat words written out.

    Positions in the message do not hold in it.
    """
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    text = "".join(letter for letter in text if letter.isprintable() or letter.isspace())
    text = _DRAWN_OUT.sub(r"\1\1", " ".join(text.split()))
    return _CHAT_WORD.sub(lambda match: _CHAT_WORDS[match[0].casefold()], text)


def on_one_line(text: str) -> str:
    """The text with single spaces and plain apostrophes, as patterns expect it."""
    return " ".join(text.replace("\u2019", "'").split())
