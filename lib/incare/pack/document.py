"""The pages of a pack as one document of plain blocks: what the PDF and the Word file are made of.

It is read from the finished pages, so that no format can say what another does not.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field

_SKIPPED = frozenset({"svg", "nav", "script", "style"})
_INLINE = frozenset({"a", "abbr", "b", "code", "em", "i", "small", "span", "strong", "sub", "sup", "time", "svg"})
_PNG = "data:image/png;base64,"
_STYLES = ("headline", "comment", "note", "quiet", "empty")


class DocumentError(ValueError):
    """A page that cannot be made into a document, naming what stands in it."""


@dataclass(frozen=True)
class Run:
    """A stretch of text, bold or not."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (a report's title) to 4."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `style` is "" or one of headline, comment, note, quiet, empty."""

    runs: tuple[Run, ...]
    style: str = ""


@dataclass(frozen=True)
class Items:
    """A list, a tuple of runs for each item."""

    items: tuple[tuple[Run, ...], ...]
    ordered: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell of a table; `header` says that it names its row or column, `number` that it stands to the right.

    Lines of `text` are parted by line feeds.
    """

    text: str
    header: bool = False
    number: bool = False
    bold: bool = False


@dataclass(frozen=True)
class Grid:
    """A table with its caption, the rows of its heading and the others; all rows are equally long."""

    caption: str
    head: tuple[tuple[Cell, ...], ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture with what it shows in words; `width` in pixels of the page."""

    png: bytes = field(repr=False)
    alt: str
    caption: tuple[Run, ...]
    width: int


@dataclass(frozen=True)
class Terms:
    """Terms with what is said of each."""

    pairs: tuple[tuple[str, str], ...]


Block = Heading | Paragraph | Items | Grid | Picture | Terms


@dataclass(frozen=True)
class Report:
    """One page: its title and blocks."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A pack as one document: title, the facts of its footer, whether it is restricted, and its reports."""

    title: str
    facts: tuple[tuple[str, str], ...]
    restricted: bool
    privacy: str
    reports: tuple[Report, ...]


def read_report(html: str, *, cards: bool = True) -> Report:
    """A page as `export.to_html` makes it, as blocks in their order; without `cards` definitions are left out.

    Raises `DocumentError` when it has no main part or title, or a picture without words.
    """
    from bs4 import BeautifulSoup

    page = BeautifulSoup(html, "html.parser")
    main, title = page.find("main"), page.find("h1")
    if main is None or title is None:
        raise DocumentError("The page has no main part or no title; it was not made by export.to_html.")
    for card in [] if cards else main.select("details.card"):
        card.decompose()
    return Report(_text(title), tuple(_blocks(main)))


def read_facts(html: str) -> tuple[tuple[str, str], ...]:
    """The facts of a page's footer: terms and what is said of each."""
    from bs4 import BeautifulSoup

    footer = BeautifulSoup(html, "html.parser").find("footer")
    found = footer.find("dl") if footer else None
    return _terms(found).pairs if found else ()


def _blocks(node) -> Iterator[Block]:
    for child in node.children:
        name = getattr(child, "name", None)
        if name is None or name in _SKIPPED:
            continue
        if name in ("h1", "h2", "h3", "h4", "h5", "h6"):
            yield Heading(min(int(name[1]), 4), _text(child))
        elif name == "p":
            yield from _paragraph(child)
        elif name in ("ul", "ol"):
            yield Items(tuple(_runs(item) for item in child.find_all("li", recursive=False)), name == "ol")
        elif name == "table":
            yield _grid(child)
        elif name == "figure":
            yield _picture(child)
        elif name == "dl":
            yield _terms(child)
        elif name == "summary":
            yield Paragraph((Run(_text(child), bold=True),))
        elif _is_line(child):
            yield from _paragraph(child)
        else:
            yield from _blocks(child)


def _is_line(node) -> bool:
    """Whether a division holds nothing but words."""
    inside = [child.name for child in node.find_all(True)]
    return bool(_text(node)) and all(name in _INLINE for name in inside)


def _paragraph(node) -> Iterator[Paragraph]:
    runs = _runs(node)
    if runs:
        classes = node.get("class", [])
        yield Paragraph(runs, next((style for style in _STYLES if style in classes), ""))


def _runs(node) -> tuple[Run, ...]:
    """The words of a node, neighbours of one weight joined, white space as a browser shows it."""
    found: list[Run] = []
    for text in node.find_all(string=True):
        above = {parent.name for parent in text.parents}
        if above & _SKIPPED:
            continue
        words = " ".join(text.split())
        if not words:
            words = " " if found and str(text) and not found[-1].text.endswith(" ") else ""
        else:
            words = " " * str(text)[0].isspace() + words + " " * str(text)[-1].isspace()
        bold = bool(above & {"strong", "b", "th"})
        if found and found[-1].bold == bold:
            found[-1] = Run(found[-1].text + words, bold)
        elif words:
            found.append(Run(words, bold))
    if found:
        found[0] = Run(found[0].text.lstrip(), found[0].bold)
        found[-1] = Run(found[-1].text.rstrip(), found[-1].bold)
    return tuple(run for run in found if run.text)


def _text(node) -> str:
    return " ".join("".join(run.text for run in _runs(node)).split())


def _grid(table) -> Grid:
    caption = table.find("caption")
    head = table.find("thead")
    body = table.find_all("tbody", recursive=False)
    rows = [row for part in body for row in part.find_all("tr", recursive=False)]
    top = head.find_all("tr", recursive=False) if head else []
    lines = [
        [cell for one in row.find_all(["th", "td"], recursive=False) for cell in _cells(one)] for row in [*top, *rows]
    ]
    width = max(map(len, lines), default=0)
    whole = tuple((*line, *[Cell("")] * (width - len(line))) for line in lines)
    return Grid(_text(caption) if caption else "", whole[: len(top)], whole[len(top) :])


def _cells(node) -> list[Cell]:
    """A cell, and blank ones for the columns that it spans beside its own."""
    own = Cell(_lines(node), node.name == "th", "n" in node.get("class", []), node.find(["strong", "b"]) is not None)
    return [own, *[Cell("")] * (int(node.get("colspan", 1)) - 1)]


def _lines(node) -> str:
    """The words of a cell; what stands in an element of its own is on a line of its own, as on the page."""
    found, after = [], False
    for child in node.children:
        element = getattr(child, "name", None)
        text = "" if element in _SKIPPED else _lines(child) if element else " ".join(str(child).split())
        if text:
            if found and (after or (element and element != "abbr")) and element != "strong":
                found.append(text)
            else:
                found = [*found[:-1], f"{found[-1]} {text}"] if found else [text]
            after = element in ("span", "div", "strong", "p")
    return "\n".join(found)


def _picture(figure) -> Picture:
    image = figure.find("img")
    source = image.get("src", "") if image else ""
    if not source.startswith(_PNG) or not image.get("alt"):
        raise DocumentError("A figure of the page has no picture, or no words that say what it shows.")
    caption = figure.find("figcaption")
    png = base64.b64decode(source.removeprefix(_PNG), validate=True)
    return Picture(png, image["alt"], _runs(caption) if caption else (), int(image.get("width", 480)))


def _terms(node) -> Terms:
    terms, said = node.find_all("dt"), node.find_all("dd")
    return Terms(tuple((_text(term), _text(what)) for term, what in zip(terms, said, strict=True)))
