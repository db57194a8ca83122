"""The document of a pack as a tagged, accessible PDF (PDF/UA-1)."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from incare.pack.document import Block, Document, DocumentError, Grid, Picture

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
STANDARD = "ua-1"
# Points of a column's width for each letter of its longest cell, up to a few words.
_WIDEST, _NARROWEST = 34, 6


def to_pdf(document: Document) -> bytes:
    """The document as PDF: headings, lists, tables and pictures tagged, pictures with their words, in one language.

    Content reaches the typesetter as data, never as markup, so no text of a page can be taken for an instruction. The
    same document gives the same bytes. Raises `DocumentError` when the typesetter refuses it.

    **Source** ISO 14289-1 (PDF/UA-1).
    """
    import matplotlib
    import typst

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    with tempfile.TemporaryDirectory(prefix="incare-pdf-") as folder:
        place = Path(folder)
        (place / "report.typ").write_bytes(TEMPLATE.read_bytes())
        (place / "content.json").write_text(json.dumps(_content(document, place), ensure_ascii=False), encoding="utf-8")
        try:
            return typst.compile(
                str(place / "report.typ"),
                root=folder,
                font_paths=[str(fonts)],
                ignore_system_fonts=True,
                format="pdf",
                pdf_standards=[STANDARD],
            )
        except (RuntimeError, typst.TypstError) as problem:
            raise DocumentError(f"The PDF could not be made: {str(problem).splitlines()[0]}") from None


def _content(document: Document, place: Path) -> dict:
    """The document as plain data, its pictures as files beside it."""
    number = 0

    def plain(block: Block) -> dict:
        nonlocal number
        kind = {"kind": type(block).__name__}
        if isinstance(block, Picture):
            number += 1
            (place / f"{number}.png").write_bytes(block.png)
            caption = [asdict(run) for run in block.caption]
            return kind | {"file": f"{number}.png", "alt": block.alt, "caption": caption, "width": block.width}
        if isinstance(block, Grid):
            return kind | asdict(block) | {"widths": widths(block)}
        return kind | asdict(block)

    reports = [
        {"title": report.title, "blocks": [plain(block) for block in report.blocks]} for report in document.reports
    ]
    return {
        "title": document.title,
        "facts": document.facts,
        "restricted": document.restricted,
        "privacy": document.privacy,
        "reports": reports,
    }


def widths(grid: Grid) -> list[float]:
    """A share of the page for each column, by its longest cell and its longest word."""
    found = []
    for column in zip(*grid.head, *grid.rows, strict=True):
        longest = max(len(line) for cell in column for line in cell.text.split("\n"))
        word = max((len(word) for cell in column for word in cell.text.split()), default=0)
        found.append(float(max(min(longest, _WIDEST), 1.2 * word, _NARROWEST) + 2))
    return found
