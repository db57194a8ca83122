"""What a staged pack must pass before it is published: whole, self-contained, and without a trace of any child."""

from __future__ import annotations

import base64
import html
import re
import zipfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from incare.pack import sheets

CHECKS = (
    "every page is there",
    "only pages and data files",
    "nothing is fetched from the network",
    "no code is shown",
    "data files hold no column about a child",
    "data files hold no spreadsheet formula",
    "no child's id or postcode",
)
SHORTEST_ID = 5  # shorter ids cannot be told from figures
LONG_ENOUGH_TO_BE_CODE = 15
LONGEST_NOTE = 1_000_000  # of a picture, unpacked
OFFICE = {".docx", ".xlsx"}
ALLOWED = {".html", ".csv", ".json", ".pdf", *OFFICE}
FIGURES = ("numerator", "denominator", "value", "lower", "upper", "mean", "lo80", "hi80", "lo95", "hi95", "target")
CHILD_COLUMNS = {"child", "upn", "dob", "mc_dob", "home_post", "pl_post", "postcode"}

_OUTSIDE = re.compile(
    r"""<(?:script|link|img|iframe|source|video|audio|embed|object)\b[^>]*\b(?:src|href|data|srcset)\s*=\s*["']?\s*(?:https?:)?//"""
    r"""|url\(\s*["']?\s*(?:https?:)?//|@import\b""",
    re.IGNORECASE,
)
_DATA_URI = re.compile(r"data:[\w.+/-]+;base64,([A-Za-z0-9+/=\s]+)")
_STYLE = re.compile(r"<style\b.*?</style>|style=\"[^\"]*\"", re.DOTALL | re.IGNORECASE)
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b")


def inspect(pack, pages: Iterable[str], sources: Iterable[str] = (), record=None) -> dict[str, list[str]]:
    """Check a staged pack; returns each check's name with the problems it found, none when it passed.

    `pages` are the HTML files that must be there, `sources` the code cells that must not, `record` the children who
    must leave no trace. Problems name files, never an id.
    """
    pack = Path(pack)
    files = sorted(p for p in pack.rglob("*") if p.is_file())
    found = (
        _missing(pack, pages),
        _strangers(pack, files),
        _outside(pack, files),
        _code(pack, files, sources),
        _child_columns(pack, files),
        _formulas(pack, files),
        [] if record is None else _traces(pack, files, record),
    )
    return dict(zip(CHECKS, found, strict=True))


def _missing(pack: Path, pages: Iterable[str]) -> list[str]:
    absent = [name for name in pages if not (pack / name).is_file()]
    empty = [name for name in pages if name not in absent and not (pack / name).read_bytes().strip()]
    return [f"{name} is missing" for name in absent] + [f"{name} is empty" for name in empty]


def _strangers(pack: Path, files: list[Path]) -> list[str]:
    return [f"{_name(pack, f)} may not be published" for f in files if f.suffix not in ALLOWED or f.is_symlink()]


def _outside(pack: Path, files: list[Path]) -> list[str]:
    return [f"{_name(pack, f)} loads something from elsewhere" for f in _pages(files) if _OUTSIDE.search(_text(f))]


def _code(pack: Path, files: list[Path], sources: Iterable[str]) -> list[str]:
    lines = {line.strip() for source in sources for line in source.splitlines()}
    code = [
        line for line in lines if len(line) >= LONG_ENOUGH_TO_BE_CODE and re.search(r"[(=\[]|^(import|from) ", line)
    ]
    problems = []
    for page in _pages(files):
        shown = html.unescape(re.sub(r"<[^>]+>", "", _text(page)))
        if any(line in shown for line in code):
            problems.append(f"{_name(pack, page)} shows a line of code")
        if "Traceback (most recent call last)" in shown:
            problems.append(f"{_name(pack, page)} shows an error")
    return problems


def _child_columns(pack: Path, files: list[Path]) -> list[str]:
    problems = []
    for file in (f for f in files if f.suffix == ".csv"):
        header = _text(file).split("\n", 1)[0].lower()
        if CHILD_COLUMNS & {name.strip(' \r"') for name in header.split(",")}:
            problems.append(f"{_name(pack, file)} has a column about a child")
    return problems


def _formulas(pack: Path, files: list[Path]) -> list[str]:
    problems = []
    for file in (f for f in files if f.suffix == ".csv"):
        try:
            frame = pd.read_csv(file, dtype=str, keep_default_na=False, header=None)
        except (pd.errors.ParserError, pd.errors.EmptyDataError):
            continue
        different = (frame[name].value_counts() for name in frame.columns)
        count = sum(int(times) for column in different for text, times in column.items() if sheets.is_formula(text))
        if count:
            problems.append(f"{_name(pack, file)} holds {count} cell{'s' * (count > 1)} that a spreadsheet would run")
    return problems


# Traces of children


def identifiers(record) -> set[str]:
    """Every child's and pupil's id in a record, as text; those too short to be told from figures are left out."""
    found = _column_values(record, {"CHILD", "UPN"})
    people = getattr(record, "people", None)
    if people is not None and "id" in people:
        # A child may stand in the episodes alone, whose table keeps numbers in place of ids.
        found |= {str(value).strip() for value in people["id"].dropna().unique()}
    return {name for name in found if len(name) >= SHORTEST_ID}


def _postcodes(record) -> set[str]:
    # The record's tables are without them; `postcodes` keeps those of homes and placements for this search.
    found = {*getattr(record, "postcodes", ()), *_column_values(record, {"HOME_POST", "PL_POST", "POSTCODE"})}
    return {name.replace(" ", "").upper() for name in found}


def _column_values(record, columns: set[str]) -> set[str]:
    found: set[str] = set()
    for table in record.tables.values():
        for name in columns & set(table.columns):
            found |= {str(value).strip() for value in table[name].dropna().unique()}
    return found


@dataclass(frozen=True)
class Wanted:
    """What is looked for in a pack: ids and postcodes of children, and the ways to cut a text into words."""

    ids: frozenset[str]
    postcodes: frozenset[str]
    cuts: tuple[re.Pattern, ...]

    @classmethod
    def of(cls, record) -> Wanted:
        """All that a record holds of them."""
        ids = identifiers(record)
        # Ids with marks inside them (AB-123) are looked for in a second cut of the text that keeps those marks.
        marks = "".join(sorted({mark for name in ids for mark in name if not mark.isalnum()}))
        # A decimal number is one word: the digits after its point are no id.
        cuts = [re.compile(r"\d+\.\d+|[^\W_]+")]
        cuts += [re.compile(rf"(?:[^\W_]|[{re.escape(marks)}])+")] if marks else []
        return cls(frozenset(ids), frozenset(_postcodes(record)), tuple(cuts))

    def count(self, text: str, released: set[str] = frozenset()) -> int:
        """How many of them stand in a text, in its markup or in a picture in it."""
        text = readable(text)
        tokens = {token for cut in self.cuts for token in cut.findall(text)}
        codes = {found.group().replace(" ", "") for found in _POSTCODE.finditer(text.upper())}
        return len((self.ids - released) & tokens) + len(self.postcodes & codes)


def _traces(pack: Path, files: list[Path], record) -> list[str]:
    wanted, released, problems = Wanted.of(record), _released(files), []
    for file in files:
        count = wanted.count(f"{_name(pack, file)}\n{_text(file)}", released)
        if count:
            problems.append(f"{_name(pack, file)} holds {count} identifier{'s' * (count > 1)} of children")
    return problems


def _released(files: list[Path]) -> set[str]:
    """The numbers that the pack's data files release; an id that happens to equal one of them cannot be looked for."""
    numbers: set[str] = set()
    for file in (f for f in files if f.suffix == ".csv"):
        try:
            frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        except (pd.errors.ParserError, pd.errors.EmptyDataError):
            continue
        for name in frame.columns.intersection(FIGURES):
            numbers |= set(frame[name].str.removesuffix(".0"))
    return numbers


def readable(text: str) -> str:
    """A text with its embedded pictures opened, and without what is random or fixed: styles, hashes, pixels."""
    pictures = [_picture(found.group(1)) for found in _DATA_URI.finditer(text)]
    text = _HASH.sub(" ", _STYLE.sub(" ", _DATA_URI.sub(" ", text)))
    return html.unescape("\n".join([text, *pictures]))


def _picture(encoded: str) -> str:
    """The bytes of a picture as text; of a PNG without its compressed pixels."""
    data = base64.b64decode(re.sub(r"\s", "", encoded) + "==")
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return data.decode("latin-1")
    kept, at = [], 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, chunk = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if kind != b"IDAT":
            kept += [chunk, *_unpacked(kind, chunk)]
        at += 12 + length
    return b" ".join(kept).decode("latin-1")


def _unpacked(kind: bytes, chunk: bytes) -> list[bytes]:
    """The text of a picture's compressed note."""
    if kind not in (b"zTXt", b"iTXt"):
        return []
    # A key, a zero, how it is packed; iTXt has language and translated key before its text, each closed by a zero.
    _, _, rest = chunk.partition(b"\0")
    body = rest[1:] if kind == b"zTXt" else rest[2:].split(b"\0", 2)[-1]
    with suppress(zlib.error):
        return [zlib.decompressobj().decompress(body, LONGEST_NOTE)]
    return []


def _pages(files: list[Path]) -> list[Path]:
    return [file for file in files if file.suffix == ".html"]


def _text(file: Path) -> str:
    if file.suffix in OFFICE:
        return _office_text(file)
    if file.suffix == ".pdf":
        return ""  # made of the pages, which are searched themselves; its bytes are packed
    return file.read_text(encoding="utf-8", errors="replace")


def _office_text(file: Path) -> str:
    """The words in a Word or Excel file, without their markup, whose measurements look like ids."""
    with zipfile.ZipFile(file) as parts:
        texts = [parts.read(name).decode("utf-8") for name in parts.namelist() if name.endswith((".xml", ".rels"))]
    return " ".join(re.sub(r"<[^>]*>", " ", text) for text in texts)


def _name(pack: Path, file: Path) -> str:
    return file.relative_to(pack).as_posix()
