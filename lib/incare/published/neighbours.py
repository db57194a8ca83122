"""The list of statistical neighbours: DfE's workbook as downloaded, or a plain CSV."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

COLUMNS = ("la_code", "rank", "neighbour_code", "closeness")


class NeighbourListError(ValueError):
    """A list of neighbours that cannot be read, with file, row and column."""


def read(path: Path | str) -> pd.DataFrame:
    """Each area's statistical neighbours: `la_code, rank` (1 is the closest), `neighbour_code, closeness`.

    `path` is the workbook of the Local Authority Interactive Tool (`sn_….xlsx`: a sheet in which a row of headings
    holds "LA num" and "SN1" to "SN10", each followed by how close it is) or a CSV with `la_code, rank, neighbour_code`
    (or `la_code_3`, `neighbour_code_3`) and perhaps `closeness`. Codes are DfE's, of three digits.

    Raises `NeighbourListError` for a file that is neither, a code that is not three digits, an area twice, or an area
    that is its own neighbour or has one twice.

    **Source** DfE, Local Authority Interactive Tool; the model: NFER (2007), Children's Services Statistical Neighbour
    Benchmarking Model, as revised 2025.
    """
    path = Path(path)
    if not path.is_file():
        raise NeighbourListError(f"There is no file {path}.")
    found = _workbook(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _csv(path)
    return _checked(found, path)


def _workbook(path: Path) -> pd.DataFrame:
    from incare.record.files import ExtractError
    from incare.record.workbook import opened

    try:
        with opened(path, path.name) as book:
            found = next(filter(None, map(_listed, book.worksheets)), None)
    except ExtractError as problem:
        raise NeighbourListError(str(problem)) from None
    if found is None:
        raise NeighbourListError(
            f'{path.name}: no sheet has a row of headings with "LA num" and "SN1"; is it the workbook of neighbours?'
        )
    rows, head = found
    if len(rows) == head + 1:
        raise NeighbourListError(f"{path.name} has headings and no rows.")
    return _from_rows(rows, head)


def _listed(sheet) -> tuple[list[tuple], int] | None:
    """A sheet's rows and which of them is the heading; None for a sheet of something else."""
    rows = list(sheet.iter_rows(values_only=True))
    head = next((i for i, row in enumerate(rows[:30]) if _is_head(row)), None)
    return None if head is None else (rows, head)


def _is_head(row) -> bool:
    texts = {_text(cell).upper() for cell in row}
    return "LA NUM" in texts and "SN1" in texts


def _from_rows(rows: list[tuple], head: int) -> pd.DataFrame:
    heads = [_text(cell).upper() for cell in rows[head]]
    code = heads.index("LA NUM")
    table = pd.DataFrame(rows[head + 1 :])
    table["sheet_row"] = range(head + 2, len(rows) + 1)
    table = table[table[code].map(_text) != ""]
    parts = []
    for place, name in enumerate(heads):
        rank = re.fullmatch(r"SN(\d+)", name)
        if not rank:
            continue
        close = place + 1 if place + 1 < len(heads) and heads[place + 1] == "SNP" else None
        parts.append(
            pd.DataFrame(
                {
                    "la_code": table[code].map(_text),
                    "rank": int(rank[1]),
                    "neighbour_code": table[place].map(_text),
                    "closeness": "" if close is None else table[close].map(_text),
                    "row": table["sheet_row"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _csv(path: Path) -> pd.DataFrame:
    try:
        raw = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        raise NeighbourListError(f"{path.name} cannot be read as CSV in UTF-8 ({type(problem).__name__}).") from None
    # The national code may stand in `la_code` of another list; three digits are what is joined on.
    raw = raw.rename(columns={"la_code_3": "la_code", "neighbour_code_3": "neighbour_code"})
    missing = [name for name in COLUMNS[:3] if name not in raw]
    if missing:
        raise NeighbourListError(
            f"{path.name}: needed are la_code, rank and neighbour_code; missing: {', '.join(missing)}."
        )
    rank = pd.to_numeric(raw["rank"], errors="coerce")
    wrong = ~(rank.between(1, len(raw) + 1_000) & (rank % 1 == 0))
    if wrong.any():
        row = int(wrong.to_numpy().nonzero()[0][0]) + 2
        raise NeighbourListError(f"{path.name}, row {row}, column rank: a whole number from 1 was needed.")
    closeness = raw["closeness"].str.strip() if "closeness" in raw else ""
    return pd.DataFrame(
        {
            "la_code": raw["la_code"].str.strip(),
            "rank": rank.astype(int),
            "neighbour_code": raw["neighbour_code"].str.strip(),
            "closeness": closeness,
            "row": range(2, len(raw) + 2),
        }
    )


def _checked(found: pd.DataFrame, path: Path) -> pd.DataFrame:
    for name in ("la_code", "neighbour_code"):
        wrong = ~found[name].str.fullmatch(r"\d{3}")
        if wrong.any():
            row = found[wrong].iloc[0]
            raise NeighbourListError(
                f"{path.name}, row {row['row']}, column {name}: a code of three digits was needed; "
                f'found "{row[name][:12]}".'
            )
    wrong = found["la_code"] == found["neighbour_code"]
    wrong |= found.duplicated(["la_code", "rank"]) | found.duplicated(["la_code", "neighbour_code"])
    if wrong.any():
        row = found[wrong].iloc[0]
        raise NeighbourListError(
            f"{path.name}, row {row['row']}: area {row['la_code']} stands twice, is its own neighbour or has one twice."
        )
    # "Extremely Close" and "Extremely close" stand in one workbook.
    found["closeness"] = found["closeness"].str.capitalize()
    return found[list(COLUMNS)].sort_values(["la_code", "rank"], ignore_index=True)


def _text(cell) -> str:
    if cell is None or cell != cell:
        return ""
    # A column with an empty cell turns whole numbers into 301.0.
    whole = isinstance(cell, float) and cell.is_integer()
    return str(int(cell) if whole else cell).strip()
