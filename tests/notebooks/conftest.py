"""How tests read the pack of the sample."""

from __future__ import annotations

import re
from html import unescape

import pytest


@pytest.fixture(scope="session")
def text(pack):
    """The words of a page, without markup or pictures."""

    def words(name: str) -> str:
        page = (pack / f"{name}.html").read_text(encoding="utf-8")
        body = re.sub(r"<(style|head)\b.*?</\1>|<[^>]+>", " ", page, flags=re.S)
        return " ".join(unescape(body).split())

    return words
