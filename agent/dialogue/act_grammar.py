"""What a part of a message does to the conversation, told from a few small sets of words: who stops what, and how.
Parts are matched whole and without the words that say nothing, so that order and courtesy do not matter."""

import re
from collections.abc import Iterable

_SAYS_NOTHING = re.compile(
    r"^look\b|\b(?:you know what|tell you what|on (?:second|2nd) thoughts?|on reflection|come to think of it|"
    r"to be honest|tbh|"
    r"for (?:now|the moment|gods? sake)|at the moment|thank you(?: very much)?|thanks(?: a lot)?|i (?:think|guess|"
    r"suppose)|"
    r"in that case|for me|all right|sorry about that|(?:just )?before that|one more thing|by the way|btw|please|"
    r"pls|plz|just|then|cheers|ta|ok(?:ay)?|alright|oh|ah|aw+|ugh|argh|"
    r"oops|ooh|well|hm+|um+|uh|er+m?|actually|sorry|mate|so|really|maybe|perhaps|right|hey|hi|though|anyway|"
    r"honestly|lol|haha|god|but|and|or|also|probably|simply|kindly|now|bye|quick|real|quickly|dear|instead)\b"
)
_KEPT = re.compile(r"\b(not|right) (?:right )?now\b")
""" "not now" is a no without the rest of its words."""

_NOUN = r"(?:things?|ones?|requests?|operation|process|task|application|changes?|conversation|message)"
_MOMENT = r"(?:moments?|minutes?|mins?|sec(?:ond)?s?|mo|bit|ticks?|while)"
_WHEN = (
    r"(?:(?:for|until|to|till) )?(?:another|some other|a different|any other) (?:day|time)|later(?: on)?|"
    r"any ?more|any longer|"
    r"after all|today|tonight|this time|yet|here|there|alone|be|at all|altogether|completely|again|either|myself|now"
)
_STOP = (
    r"(?:cancel|stop|abort|drop|scrap|scratch|skip|forget|bin|leave|quit|exit|end|ditch|disregard|ignore|abandon|"
    r"kill|"
    r"withdraw|dismiss|shelve|park|never ?mind|nvm|hold off|back out|give up|call off|bail)"
)
_DONE = (
    r"(?:did|done|paid|sent|sorted|settled|covered|made|frozen|finished|handled|arranged|fixed|booked|bought|"
    r"cancelled|"
    r"dealt with|taken care of|took care of|transferred|moved|changed)"
)
_WHERE = (
    r"already|myself|ourselves|himself|herself|earlier|yesterday|today|this (?:morning|afternoon|week)|last \w+|"
    r"online|"
    r"in (?:the app|cash|branch|person|the branch)|by (?:phone|card|cash|cheque)|on the (?:phone|app|website)|"
    r"directly|"
    r"at the (?:branch|bank)|the other day|(?:with|for) \w+"
)
_BACK = (
    r"(?:as (?:it )?(?:was|is|before)|(?:how|what|the way) it was|like (?:it was|before)|the same|unchanged|alone|"
    r"before|back)"
)
_TOLD = r"(?: all| already| been| now| just| got| out)*"


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _it(nouns: Iterable[str]) -> str:
    """What is stopped: what was spoken of, or the task by its name."""
    names = f"{_NOUN}|{_any_of(nouns)}" if nouns else _NOUN
    return (
        r"(?:it|that|this|them|those|these|one|everything|anything|nothing|any|all(?: of (?:it|that|this|them))?|"
        r"the lot|"
        r"(?:the |this |that |my |our |your |any |a |an |another )?(?:last |whole |current |entire |other |new )*"
        rf"(?:{names})(?: request| order)?|(?:the |my )?(?:whole|entire) (?:thing|lot)|what (?:we|you)(?:re| are|"
        rf" were) \w+|"
        r"what i (?:said|asked)(?: for)?|him|her)"
    )


def cancels(words: str, nouns: Iterable[str], *, in_task: bool) -> bool:
    """Whether it ends what is under way.

    Args:
        words: of a part, as `plain` gives them.
        nouns: names of the open task, such as "payment".
        in_task: a task is open, so that "it has been done" can be about it.
    """
    it, about = _it(nouns), r"(?: (?:about|on|with|of|out of))?"
    wish = (
        r"(?:(?:can|could|would|will|shall|should) (?:we|you|i) |(?:i|we) (?:want|need)(?: you)? to |lets |"
        r"let us |you can |"
        r"(?:i|we)d (?:like|prefer)(?: you)? to |(?:i|we)(?:ll| will)? |we can |do )"
    )
    go = r"(?:do|doing|go(?:ing)? (?:through|ahead|on) with|continue(?: with)?|proceed(?: with)?|bother(?: with)?|make)"
    who = r"(?:i|we|she|he|they|you|some(?:one|body)(?: else)?|my \w+(?: \w+)?)"
    when = rf"(?: (?:{_WHEN}))*"
    stopped = (
        rf"{wish}*{_STOP}{about}(?: {it})?{about}(?: off| up)?{when}",
        rf"{wish}*call {it} off{when}|{wish}*leave {it}{when}",
        rf"(?:i|we)?(?:ve| have)? ?changed? (?:my|our) minds?(?: about {it})?{when}",
        r"start (?:over|again|from scratch)|back to the (?:start|beginning)|no more|nothing|(?:thats )?enough",
    )
    if not in_task:
        return _is_one_of(stopped, words)
    told = (
        rf"{wish}not(?: {go})?(?: {it})?{when}",
        rf"(?:i|we|its?|thats?|its? is|that is)?(?: am|m|re| are| is| was)? ?(?:no longer|not(?: any ?more)?"
        rf")(?: going to)? "
        rf"(?:want|need|needed|necessary|required|interested|bother(?:ed)?|{go})(?: in| about)?(?: to)?(?: {go})?"
        rf"(?: {it})?{when}",
        rf"(?:i|we) (?:dont|do not|wont|will not|no longer|dont (?:think|believe) (?:i|we))(?: (?:want|need|wish|"
        rf"like|feel like|"
        rf"be))*(?: (?:needing|doing|wanting|bothering))?(?: to)?(?: {go})?(?: {it})?{when}",
        rf"no(?: more)? (?:need|point)(?: (?:to|for|of))?(?: {it})?(?: {go})?(?: {it})?{when}",
        rf"(?:{who} )?(?:have |has |ve |s |d |already |just |had )*{_DONE}(?: {it})?(?: (?:off|up|out))?"
        rf"(?: (?:{_WHERE}))*",
        rf"(?:it|that|this|they|thats|its)(?: has| have| is| was| got)?(?:s)?{_TOLD} {_DONE}(?: out)?"
        rf"(?: (?:{_WHERE}))*",
        rf"(?:it|that|this)(?: has)? sorted (?:itself )?out{when}",
        rf"(?:i|we)(?:d| would)? (?:rather|better)(?: you)? (?:not|didnt)(?: {go})?(?: {it})?{when}",
        rf"dont bother(?: with)?(?: {it})?{when}|too (?:late|much hassle)|pretend i (?:didnt|never) (?:ask(?:ed)?|"
        rf"say)",
        rf"forget (?:that )?i (?:asked|said anything|mentioned it|spoke)|another time|some other time|"
        rf"not doing {it}{when}",
        rf"(?:i|we)(?:ll| will) (?:do|sort|handle) {it}(?: (?:{_WHERE}|{_WHEN}|tomorrow))+",
    )
    says_too_little = rf"(?:{who} )?(?:{_DONE}|dont|do not|wont|will not|no longer|not)"
    return _is_one_of((*stopped, *told), words) and not re.fullmatch(says_too_little, words)


def refuses(words: str, nouns: Iterable[str]) -> bool:
    """Whether it is a no and nothing else."""
    it = _it(nouns)
    no = r"(?:no+|nope|nah+|naw|nay|never|negative)"
    patterns = (
        rf"{no}(?: (?:{no}|way|jose|not|ever|chance|i dont|it is ?nt|im good|its (?:fine|ok)))*",
        rf"(?:hell|heck|certainly|absolutely|definitely|of course|rather|better|id rather|id better|"
        rf"i better) (?:no|not){no}?",
        r"not(?: (?:now|yet|today|this time|any ?more|at all|a chance|happening|interested|ok|keen|like that|"
        r"on your life))+",
        rf"(?:{no} )?(?:dont|do not|didnt mean to|never|dont you)(?: dare)?(?: (?!like|have|know|see|get|think|"
        rf"understand|remember|"
        rf"mind|need|want|work)\w+)?(?: {it}| (?:any |the |my )?money| me)?(?: to (?:anyone|anybody|him|her|them))?"
        rf"(?: ahead| through)?(?: with {it})?(?: (?:{_WHEN}))*",
        r"i (?:dont|do not) (?:think so|agree|want (?:to|that|this|it))|i (?:disagree|decline|refuse)|declined?|"
        r"den(?:y|ied)|"
        r"reject(?:ed)?|(?:thats|that is|that isnt|thats not|this isnt|its) not? ?what i (?:want|wanted|asked for)",
    )
    return _is_one_of(patterns, words)


def undoes(words: str) -> bool:
    """Whether it goes back to before the last correction."""
    the = r"(?:the |my |that |your )?"
    edit = r"(?:last |latest |previous )?(?:change|correction|edit|bit|one)s?"
    value = r"(?:amount|value|date|day|account|payee|card|name|figure|sum|person|version)"
    it = r"(?:it|that|this|everything|the \w+)"
    old = rf"{the}(?:(?:old|original|previous|earlier)(?: one| {value})?|(?:first|last) {value})"
    patterns = (
        rf"(?:leave|keep) {it}(?: {_BACK})+",
        rf"(?:undo|revert|reverse|take back)(?: {it}| {the}{edit})?|take {it} back",
        rf"(?:go|change|put|switch|set|turn|take)(?: {it})? (?:back )?(?:to )?(?:{old}|{_BACK})(?: it was)?",
        rf"(?:back to|keep|stick (?:with|to)|stay with|use|go with|have|leave)(?: it (?:at|as))? (?:{old}|"
        rf"what it was)",
        rf"{old} (?:was|is)(?: (?:fine|correct|better|good))?(?: after all)?",
        rf"(?:ignore|forget|scrap|drop|disregard|cancel) {the}(?:last |latest )?(?:change|correction|edit)",
        r"as (?:it was|before)",
    )
    return _is_one_of(patterns, words)


def waits(words: str) -> bool:
    """Whether the customer will go on in a moment."""
    some = r"(?:an?|one|1|two|2|half an?|a couple of|a few)"
    patterns = (
        rf"(?:(?:wait|hold|hang|give (?:me|us)|gimme|can you wait|(?:i )?need)(?: up| there| on)? )?(?:{some} )?"
        rf"{_MOMENT}",
        r"(?:wait|hold|hang)(?: (?:on|up|there|for me|fire))*|hold (?:that thought|the line)|bear with me|brb|"
        r"not so fast|slow down",
        rf"(?:ill |i will )?be (?:right )?back(?: (?:in )?{some} {_MOMENT})?|back in {some} {_MOMENT}",
        r"(?:let me|lemme)(?: (?:go|have|take|try|a|double))* (?:check|see|think|look|find|get|ask|fetch)"
        r"(?: (?:it|that|this|up|first|out|into it))*|(?:not sure|i dont know|dunno) yet",
    )
    return _is_one_of(patterns, words)


def plain(part: str) -> str:
    """The words of a part that say something, in small letters and without apostrophes."""
    words = re.sub(r"[^\w\s'-]", " ", part.casefold().replace("’", "'")).replace("'", "")
    words = _KEPT.sub(lambda match: "not yet" if match[1] == "not" else match[0], words)
    return " ".join(_SAYS_NOTHING.sub(" ", words).split())


def _is_one_of(patterns: Iterable[str], words: str) -> bool:
    return any(re.fullmatch(pattern, words) for pattern in patterns)
