"""Pieces of a page: escaped text and elements that know they are ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

MARK = '<div data-incare="view">'
_VOID = ("img", "br", "hr", "col")


@dataclass(frozen=True, repr=False)
class Html:
    """A piece of a page that a view made; pieces are joined with `+`.

    A notebook shows it inside a marked element, and the export lets nothing out that lacks the mark.
    """

    text: str = ""

    def _repr_html_(self) -> str:
        return f"{MARK}{self.text}</div>"

    def __add__(self, other: Html) -> Html:
        if not isinstance(other, Html):
            return NotImplemented
        return Html(self.text + other.text)

    def __repr__(self) -> str:
        # The plain text of an output is stored in the executed notebook, so it must say nothing.
        return f"Html({len(self.text)} characters)"


def joined(pieces: Iterable[Html]) -> Html:
    """The pieces one after the other."""
    return Html("".join(piece.text for piece in pieces))


def tag(element: str, *content, **attributes) -> Html:
    """One element; text is escaped, pieces of `Html` are kept, `None` is left out.

    Attribute names follow Python's spelling: `class_` is class, `aria_label` is aria-label. An attribute that is
    None or False is left out, one that is True stands without a value.
    """
    opening = "".join(_attribute(name, value) for name, value in attributes.items())
    inside = "".join(_text(piece) for piece in content if piece is not None)
    return Html(f"<{element}{opening}>" if element in _VOID else f"<{element}{opening}>{inside}</{element}>")


def _text(piece) -> str:
    return piece.text if isinstance(piece, Html) else escape(str(piece))


def _attribute(name: str, value) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
