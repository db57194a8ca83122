"""A national extract split into a folder for each area, without ever being held in memory."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from incare.record import ExtractError

READABLE = (".csv", ".parquet")
MOST_AREAS = 1000
SPILL = ".spill"  # no area is called so
MEMORY = "128MB"
# What may name a folder on every system; an area's name or code has nothing else.
_NAME = re.compile(r"[^\W_](?:[\w &'(),.-]*[\w)])?")


@dataclass(frozen=True)
class _Table:
    """A table to split: where its parts go below an area's folder, and how DuckDB reads it."""

    name: str
    source: str


def partition(source: str | Path, folder: str | Path, column: str = "LA") -> pd.DataFrame:
    """Write `<folder>/<area>/<table>.csv` for every area that a column of the tables names, and count the rows.

    `source` is a folder of CSV or Parquet files (folders of return years in it are kept), one such file, or a DuckDB
    file. Every table must have the column; rows in which it is blank are set aside. Text stays as it was written.
    Returns a row per table: `table`, `rows` (read), `areas`, `written`, `set_aside`. The areas are then asked one by
    one (`incare.areas.series_by_area`), in as much memory as the largest of them needs.

    The folder is there whole or not at all. Raises `ExtractError` when there is nothing to split, a table lacks the
    column or cannot be read, what the column holds cannot name an area, or the folder is there already.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExtractError(f"{folder} is not empty; give a new or an empty folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    (staging / SPILL).mkdir()
    try:
        with _connected(Path(source), staging / SPILL) as connection:
            told = [_split(connection, table, column, staging) for table in _tables(connection, Path(source))]
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
    connection = duckdb.connect(config=settings)
    connection.execute(f"SET partitioned_write_max_open_files = {MOST_AREAS + 1}")
    if source.is_file() and source.suffix.lower() not in READABLE:
        try:
            connection.execute(f"ATTACH {_quoted(source)} AS source (READ_ONLY)")
        except duckdb.Error as problem:
            connection.close()
            raise ExtractError(
                f"{source.name} is neither a CSV or Parquet file nor a DuckDB file ({type(problem).__name__})."
            ) from None
    return connection


def _tables(connection, source: Path) -> list[_Table]:
    """The tables to split, in the order of their names. Raises `ExtractError` when there is none."""
    if source.is_file() and source.suffix.lower() not in READABLE:
        listed = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'source' ORDER BY 2"
        ).fetchall()
        found = [_Table(name, f"source.{_named(schema)}.{_named(name)}") for schema, name in listed]
    else:
        files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
        root = source.parent if source.is_file() else source
        kept = [file for file in files if file.suffix.lower() in READABLE and not file.name.startswith(".")]
        found = [_Table(file.relative_to(root).with_suffix("").as_posix(), _reader(file)) for file in kept]
    if not found:
        raise ExtractError(f"{source} holds no table; give a folder of CSV or Parquet files, or a DuckDB file.")
    twice = {table.name for table in found if sum(other.name == table.name for other in found) > 1}
    if twice:
        raise ExtractError(f"{source} holds {sorted(twice)[0]} in two kinds of file; keep one of them.")
    return found


def _reader(file: Path) -> str:
    if file.suffix.lower() == ".parquet":
        return f"read_parquet({_quoted(file)})"
    # As text, so that 007 stays 007 and a date as it was typed; a blank cell and an empty one are both blank.
    return f"read_csv({_quoted(file)}, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"')"


def _split(connection, table: _Table, column: str, staging: Path) -> dict:
    """Write one table's rows into the folders of their areas; returns how many rows went where."""
    import duckdb

    try:
        area = _column(connection, table, column)
        rows, blank = connection.execute(
            f"SELECT count(*), count(*) FILTER (WHERE {area} = '') FROM {table.source}"
        ).fetchone()
        named = connection.execute(
            f"SELECT DISTINCT {area} FROM {table.source} WHERE {area} <> '' LIMIT {MOST_AREAS + 1}"
        ).fetchall()
        _refuse_no_areas([name for (name,) in named], table, column)
        parts = staging / SPILL / "parts"
        connection.execute(
            f"COPY (SELECT * EXCLUDE ({_named(column)}), {area} AS _area FROM {table.source} WHERE {area} <> '') "
            f"TO {_quoted(parts)} (FORMAT csv, HEADER, PARTITION_BY (_area))"
        )
    except duckdb.Error as problem:
        # The message of a reader quotes the row, which may be a child's.
        line = re.search(r"line:? (\d+)", str(problem), re.IGNORECASE)
        where = f", near line {line.group(1)}" if line else ""
        raise ExtractError(f"{table.name} cannot be read{where} ({type(problem).__name__}).") from None
    written = connection.execute(f"SELECT count(*) FROM {_reader(parts / '*' / '*.csv')}").fetchone()[0] if named else 0
    for part in parts.iterdir() if named else ():
        goal = staging / unquote(part.name.removeprefix("_area=")) / f"{table.name}.csv"
        goal.parent.mkdir(parents=True, exist_ok=True)
        (only,) = part.iterdir()
        only.rename(goal)
    shutil.rmtree(parts, ignore_errors=True)
    if written + blank != rows:
        raise ExtractError(
            f"{table.name} has {rows:,} rows, of which {written:,} were written and {blank:,} set aside."
        )
    return {"table": table.name, "rows": rows, "areas": len(named), "written": written, "set_aside": blank}


def _column(connection, table: _Table, column: str) -> str:
    """The area of a row as DuckDB works it out: the column's text without blanks around it, empty where there is none.

    Raises `ExtractError` when the table lacks the column.
    """
    there = [name for name, *_ in connection.execute(f"DESCRIBE SELECT * FROM {table.source}").fetchall()]
    if column.lower() not in (name.lower() for name in there):
        raise ExtractError(f"{table.name} has no column {column}, so its rows cannot be given to areas.")
    return f"coalesce(trim(CAST({_named(column)} AS VARCHAR)), '')"


def _refuse_no_areas(names: list[str], table: _Table, column: str) -> None:
    """Raise `ExtractError` when a column holds something else than areas; what it holds is not said."""
    if len(names) > MOST_AREAS:
        raise ExtractError(
            f"The column {column} of {table.name} holds more than {MOST_AREAS:,} different values; areas are fewer. "
            "Name the column of the authority."
        )
    odd = sum(1 for name in names if not _NAME.fullmatch(name))
    folded = {name.casefold() for name in names}
    if odd or len(folded) < len(names):
        raise ExtractError(
            f"{odd or len(names) - len(folded)} of {len(names)} values in the column {column} of {table.name} cannot "
            "name a folder of their own (marks other than & ' ( ) , . - or names that differ in case only)."
        )


def _quoted(place: Path) -> str:
    return "'" + str(place).replace("'", "''") + "'"


def _named(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
