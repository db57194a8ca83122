"""Text as people paste it: cleaned of stray marks and markup, and searched for counts that could be a child."""

from __future__ import annotations

import re
from html import unescape

# What word processors leave behind: [Op147] beside a comment, {HYPERLINK "..."} and <!-- --> beside a link.
_MARKS = re.compile(r"\[[A-Za-z]{1,4}\d+\]|\{\s*(?:HYPERLINK|REF|PAGEREF|TOC)\b[^}]*\}|<!--.*?-->", re.DOTALL)
_DROPPED = re.compile(r"<(script|style|head|xml)\b[^>]*>.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffc]")

_ONE = (
    "child|young person|young man|young woman|care leaver|boy|girl|baby|infant|toddler|teenager|youth|pupil|sibling"
    "|twin|individual|asylum seeker|resident|young parent|young mother|young father"
)
_SEVERAL = (
    "children|young people|young men|young women|care leavers|boys|girls|babies|infants|toddlers|teenagers|youths"
    "|pupils|siblings|twins|individuals|asylum seekers|residents|young parents|young mothers|young fathers"
)
# A few words may stand between the number and the noun: "two of our older children".
_BETWEEN = r"(?:\s+(?!(?:per|in|for|to|and|or|by|with|on|at|of)\b)[A-Za-z’'-]+){0,3}?\s+"
_BETWEEN_OF = r"(?:\s+(?!(?:per|in|for|to|and|or|by|with|on|at)\b)[A-Za-z’'-]+){0,4}?\s+"
_UNITS = r"(?!\s+(?:working\s+)?(?:day|week|month|year|hour|time|visit|move|placement|home|team|in\s+ten)s?\b)"
_FEW = re.compile(
    rf"(?<![\w.,£–-])(?:(?:a|an|one|1|a single){_BETWEEN}(?:{_ONE})"
    rf"|(?:one|1)\s+of{_BETWEEN_OF}(?:{_SEVERAL})"
    rf"|(?:two|three|four|five|six|seven|[2-7]|both|a couple of){_UNITS}{_BETWEEN_OF}(?:{_SEVERAL}))(?![\w-])",
    re.IGNORECASE,
)
# "Every one child in four" and "one child in ten" are shares; "a child’s view" is everybody's.
_NO_COUNT = re.compile(
    r"^\s*(?:in|out of)\s+(?:every\s+)?(?:\d|two|three|four|five|six|seven|eight|nine|ten)|^[’']s?\b"
)
_MANY = re.compile(r"(?:^|\s)(?:each|every|any|per|than|as)\s+$", re.IGNORECASE)


def cleaned(text: str | None) -> str:
    """A text without comment marks, field codes, markup, invisible characters and doubled spaces.

    What a page prints of it is escaped besides. Paragraphs stay apart by one empty line.
    """
    kept = unescape(str(text or "")).replace("\r\n", "\n").replace("\xa0", " ")
    kept = _TAG.sub("", _DROPPED.sub("", _MARKS.sub("", kept)))
    kept = re.sub(r"[ \t]+", " ", _INVISIBLE.sub("", kept))
    kept = re.sub(r" +([.,;:!?])", r"\1", kept)
    return re.sub(r"\n\s*\n\s*", "\n\n", kept).strip()


def few_people(text: str | None) -> list[int]:
    """Where a text speaks of one to seven children or young people: the places of the numbers, as characters.

    "A child was adopted" and "two care leavers were in bed and breakfast" are found; "no children", "12 children",
    "each child", "a child’s view" and "one child in four" are not. It reads words, not meaning: what it finds must be
    reworded for the public, and what it does not find may still point to a child.
    **Source**: Haringey minutes ("A child ... had been adopted"); DISCLOSURE rule 7 (no single-case narrative).
    """
    clean = cleaned(text)
    found = []
    for match in _FEW.finditer(clean):
        if _NO_COUNT.match(clean[match.end() :]) or _MANY.search(clean[: match.start()]):
            continue
        found.append(match.start())
    return found
