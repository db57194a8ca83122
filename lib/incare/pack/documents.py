"""What stands beside the pages of a pack: a PDF, a Word file and a spreadsheet, made of the finished pages and data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pandas as pd

from incare.pack import warm
from incare.pack.appendix import About, to_workbook
from incare.pack.document import Document, read_report
from incare.pack.export import FOOTER, PRIVACY

PDF, WORD, SPREADSHEET = "report.pdf", "report.docx", "appendix.xlsx"
FORMATS = {"pdf": PDF, "word": WORD, "spreadsheet": SPREADSHEET}
WHAT = {
    PDF: "All reports as one accessible PDF",
    WORD: "All reports as one Word document",
    SPREADSHEET: "All figures as a spreadsheet",
}
CATALOGUE = "catalogue"
# What is written in one fork: the PDF and the Word file are made of the same pages, which are read once for both.
TOGETHER = (("pdf", "word"), ("spreadsheet",))


def names(pack: Path, formats: tuple[str, ...]) -> tuple[str, ...]:
    """The files that the formats make of a pack whose data are there; one without figures has no spreadsheet."""
    there = (pack / "data" / "figures.csv").exists()
    return tuple(file for name, file in FORMATS.items() if name in formats and (file != SPREADSHEET or there))


@contextmanager
def making(address: str, pack: Path, pages: list[str], formats: tuple[str, ...], **given) -> Iterator[Callable]:
    """Begin to write the formats in forks of the warm process at `address`, while other things are done.

    Yields a function that waits until they are written; it raises as `write` does. What no fork could be had for, or
    what failed in one, it writes itself, so that without an address everything is written then. Leaving without it
    ends the forks. Arguments as `write` has them.
    """
    forks: dict[str, warm.Forked] = {}
    told = given | {"pack": str(pack), "pages": pages, "day": given["day"].isoformat()}
    for group in TOGETHER if address else ():
        asked = [name for name in group if name in formats]
        with suppress(OSError):
            fork = warm.call(address, f"{__name__}:write_as_told", told | {"formats": asked}) if asked else None
            forks |= dict.fromkeys(asked, fork)

    def finish() -> None:
        left = tuple(name for name in formats if name not in forks or forks[name].wait())
        write(pack, pages, formats=left, **given)

    try:
        yield finish
    finally:
        for fork in forks.values():
            fork.kill()
            fork.wait()


def write_as_told(pack: str, pages: list[str], day: str, formats: list[str], **given) -> None:
    """`write`, with arguments that JSON can carry."""
    write(Path(pack), pages, day=date.fromisoformat(day), formats=tuple(formats), **given)


def write(
    pack: Path,
    pages: list[str],
    *,
    title: str,
    footer: dict[str, str],
    measures: dict[str, str],
    day: date,
    formats: tuple[str, ...] = tuple(FORMATS),
) -> tuple[str, ...]:
    """Write the formats asked for into a pack whose pages and data are there; returns the names of the files.

    `pages` are the names of the pages in their order, `footer` as in `export.to_html`, `measures` the titles of
    measures by id, `day` what the files say they were made on. Definition cards, which a page folds away at each
    measure, stand once, in the catalogue, where there is one. A pack without figures has no spreadsheet.
    Raises `DocumentError` or `AppendixError` when a page or file cannot be read.
    """
    facts = tuple((FOOTER.get(name, name.replace("_", " ").capitalize()), str(text)) for name, text in footer.items())
    privacy = PRIVACY.get(footer["profile"], PRIVACY["restricted"])
    made: dict[str, bytes] = {}
    if {"pdf", "word"} & set(formats):
        whole = read(pack, pages, title=title, facts=facts, privacy=privacy, restricted=footer["profile"] != "public")
        for name, make in _makers(whole, day).items():
            if name in formats:
                made[FORMATS[name]] = make()
    if SPREADSHEET in names(pack, formats):
        about = About(title, facts, privacy, measures)
        made[SPREADSHEET] = to_workbook(_frame(pack, "figures"), _frame(pack, "forecast"), about, day)
    for name, data in made.items():
        (pack / name).write_bytes(data)
    return tuple(made)


def read(pack: Path, pages: list[str], *, title: str, facts, privacy: str, restricted: bool) -> Document:
    """The pages of a pack as one document."""
    with_catalogue = f"{CATALOGUE}.html" in pages
    reports = [
        read_report(
            (pack / page).read_text(encoding="utf-8"),
            cards=not with_catalogue or page.removesuffix(".html") == CATALOGUE,
        )
        for page in pages
    ]
    return Document(title, facts, restricted, privacy, tuple(reports))


def _makers(whole: Document, day: date) -> dict[str, Callable[[], bytes]]:
    def pdf() -> bytes:
        from incare.pack.pdf import to_pdf

        return to_pdf(whole)

    def word() -> bytes:
        from incare.pack.word import to_word

        return to_word(whole, day)

    return {"pdf": pdf, "word": word}


def _frame(pack: Path, name: str) -> pd.DataFrame | None:
    path = pack / "data" / f"{name}.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False) if path.exists() else None
