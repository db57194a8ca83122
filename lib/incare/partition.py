"""A national extract split into a folder for each area, without ever being held in memory."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from incare.record import ExtractError

READABLE = (".csv", ".parquet")
MOST_AREAS = 1000
SPILL = ".spill"  # no area is called so
AREA = "_area"
MEMORY = "128MB"
# What may name a folder on every system; an area's name or code has nothing else.
_NAME = re.compile(r"[^\W_](?:[\w &'(),.-]*[\w)])?")


def partition(source: str | Path, folder: str | Path, column: str = "LA") -> pd.DataFrame:
    """Write `<folder>/<area>/<table>.csv` for every area that a column of the tables names, and count the rows.

    `source` is a folder of CSV or Parquet files (folders of return years in it are kept), one such file, or a DuckDB
    file. Every table must have the column; rows in which it is blank are set aside. Text stays as it was written.
    Returns a row per table: `table`, `rows` (read), `areas`, `written`, `set_aside`. The areas are then asked one by
    one (`incare.areas.series_by_area`), in as much memory as the largest of them needs.

    The folder is there whole or not at all. Raises `ExtractError` when there is nothing to split, a table lacks the
    column or cannot be read, what the column holds cannot name an area, or the folder is there already.
    **Source** DuckDB, partitioned writes; INPUTS section 1 (a folder for each return).
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExtractError(f"{folder} is not empty; give a new or an empty folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    (staging / SPILL).mkdir()
    try:
        with _connected(Path(source), staging / SPILL) as connection:
            tables = _tables(connection, Path(source))
            told = [_split(connection, name, rows, column, staging) for name, rows in tables.items()]
        shutil.rmtree(staging / SPILL, ignore_errors=True)
        if folder.exists():
            folder.rmdir()
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return pd.DataFrame(told)


def _connected(source: Path, spill: Path):
    """DuckDB with little memory; one thread keeps rows in their order, and writes one file for each area."""
    import duckdb

    if not source.exists():
        raise ExtractError(f"{source} does not exist; give a folder of CSV or Parquet files, or a DuckDB file.")
    settings = {"threads": 1, "memory_limit": MEMORY, "temp_directory": str(spill)}
    settings |= {"partitioned_write_max_open_files": MOST_AREAS + 1}
    if not _is_database(source):
        return duckdb.connect(config=settings)
    try:
        return duckdb.connect(str(source), read_only=True, config=settings)
    except duckdb.Error as problem:
        raise ExtractError(
            f"{source.name} is neither a CSV or Parquet file nor a DuckDB file ({type(problem).__name__})."
        ) from None


def _is_database(source: Path) -> bool:
    return source.is_file() and source.suffix.lower() not in READABLE


def _tables(connection, source: Path) -> dict[str, Callable]:
    """What gives the rows of each table to split, by its place below an area's folder, in the order of their names.

    Raises `ExtractError` when there is none.
    """
    if _is_database(source):
        query = "SELECT table_schema, table_name FROM information_schema.tables ORDER BY table_name, table_schema"
        listed = connection.execute(query).fetchall()
        found = [(name, partial(connection.table, f"{_named(schema)}.{_named(name)}")) for schema, name in listed]
    else:
        files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
        root = source.parent if source.is_file() else source
        kept = [file for file in files if file.suffix.lower() in READABLE and not file.name.startswith(".")]
        names = [file.relative_to(root).with_suffix("").as_posix() for file in kept]
        found = [(name, partial(_rows, connection, file)) for name, file in zip(names, kept, strict=True)]
    if not found:
        raise ExtractError(f"{source} holds no table; give a folder of CSV or Parquet files, or a DuckDB file.")
    once = dict(found)
    if len(once) < len(found):
        twice = [name for name in once if sum(name == other for other, _ in found) > 1]
        raise ExtractError(f"{source} holds {twice[0]} twice, in two kinds of file or two schemas; keep one of them.")
    return once


def _rows(connection, file: Path):
    if file.suffix.lower() == ".parquet":
        return connection.read_parquet(str(file))
    # As text, so that 007 stays 007 and a date as it was typed; a blank cell and an empty one are both blank.
    return connection.read_csv(str(file), all_varchar=True, header=True, sep=",", quotechar='"', escapechar='"')


def _split(connection, name: str, rows: Callable, column: str, staging: Path) -> dict:
    """Write one table's rows into the folders of their areas; returns how many rows went where."""
    import duckdb

    parts = staging / SPILL / "parts"
    try:
        table = rows()
        if column.lower() not in (other.lower() for other in table.columns):
            raise ExtractError(f"{name} has no column {column}, so its rows cannot be given to areas.")
        nothing = duckdb.ConstantExpression("")
        area = duckdb.FunctionExpression("trim", duckdb.ColumnExpression(column).cast("VARCHAR"))
        none = ~area.isnotnull() | (area == nothing)
        read, blank = (_count(some) for some in (table, rows().filter(none)))
        named = rows().filter(~none)
        areas = [value for (value,) in named.select(area).distinct().limit(MOST_AREAS + 1).fetchall()]
        _refuse_no_areas(areas, name, column)
        if areas:
            sorted_out = named.select(duckdb.StarExpression(exclude=[column]), area.alias(AREA))
            sorted_out.write_csv(str(parts), header=True, partition_by=[AREA])
        written = _count(_rows(connection, parts / "*" / "*.csv")) if areas else 0
    except duckdb.Error as problem:
        # The message of a reader quotes the row, which may be a child's.
        line = re.search(r"line:? (\d+)", str(problem), re.IGNORECASE)
        where = f", near line {line.group(1)}" if line else ""
        raise ExtractError(f"{name} cannot be read{where} ({type(problem).__name__}).") from None
    for part in parts.iterdir() if areas else ():
        goal = staging / unquote(part.name.removeprefix(f"{AREA}=")) / f"{name}.csv"
        goal.parent.mkdir(parents=True, exist_ok=True)
        (only,) = part.iterdir()
        only.rename(goal)
    shutil.rmtree(parts, ignore_errors=True)
    if written + blank != read:
        raise ExtractError(f"Of the {read:,} rows of {name} {written:,} were written and {blank:,} set aside.")
    return {"table": name, "rows": read, "areas": len(areas), "written": written, "set_aside": blank}


def _count(rows) -> int:
    return rows.count("*").fetchall()[0][0]


def _refuse_no_areas(names: list[str], table: str, column: str) -> None:
    """Raise `ExtractError` when a column holds something else than areas; what it holds is not said."""
    if len(names) > MOST_AREAS:
        raise ExtractError(
            f"The column {column} of {table} holds more than {MOST_AREAS:,} different values; areas are fewer. "
            "Name the column of the authority."
        )
    odd = sum(1 for name in names if not _NAME.fullmatch(name))
    folded = {name.casefold() for name in names}
    if odd or len(folded) < len(names):
        raise ExtractError(
            f"{odd or len(names) - len(folded)} of {len(names)} values in the column {column} of {table} cannot "
            "name a folder of their own (marks other than & ' ( ) , . - or names that differ in case only)."
        )


def _named(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
