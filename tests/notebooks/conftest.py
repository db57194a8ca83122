"""How tests read the pack of the sample."""

from __future__ import annotations

import pytest

from tests.views import reading


@pytest.fixture(scope="session")
def text(pack):
    """The words of a page, without markup or pictures."""
    return lambda name: reading.text((pack / f"{name}.html").read_text(encoding="utf-8"))
