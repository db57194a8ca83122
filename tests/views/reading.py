"""What a reader sees of a view or a page: its words, without markup."""

from __future__ import annotations

import re
from html import unescape


def text(html) -> str:
    """The words of a view, or of a whole page given as a string, one space apart."""
    body = re.sub(r"<(style|head|script)\b.*?</\1>|<[^>]+>", " ", getattr(html, "text", html), flags=re.DOTALL)
    return " ".join(unescape(body).split())
