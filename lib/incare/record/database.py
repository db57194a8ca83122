"""Tables from a database, a DuckDB file or any SQLAlchemy address, as text tables like those of CSV files.

Nothing is written: a file is opened for reading only, and a server sees plain SELECTs of the needed columns in a
transaction that is rolled back. Source: INPUTS sections 1, 2, 4 and 9.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import os
import re
import sqlite3
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, postgresql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.sql import quoted_name

from incare.codes import VALID
from incare.record import ssd
from incare.record.files import STACKED, ExtractError, TextTable, _by_year, refuse_scientific_ids, tidied
from incare.record.tables import SSDA903, TABLES, Table, nearest, recognise

CHUNK = 50_000
SCHEMA_KEYS = ("schema", "incare_schema")
# A moment kept with its time zone is a day in England.
ENGLAND = ZoneInfo("Europe/London")

_FILES = (".duckdb", ".ddb", ".db", ".sqlite", ".sqlite3")
_SQLITE = b"SQLite format 3"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLAIN = re.compile(r"[\w.\-]*")
_SAYABLE = re.compile(r"[\w.\-\\/: ]+")
_YEAR_IN_NAME = re.compile(r"(?<!\d)(20\d{2}|19\d{2})(?!\d)")
_PACKAGES = {"psycopg": "psycopg[binary]", "MySQLdb": "mysqlclient", "cx_Oracle": "oracledb"}
# What a driver says is never shown: it may hold the sign-in. These words of it choose which of our sentences is.
_KINDS = (
    (r"password|authentication|login failed|access denied", "the user name or the password was not accepted"),
    (r"permission denied|not permitted|permission was denied", "the user may not read it"),
    (r"database .* does not exist|cannot open database|unknown database", "there is no database of that name"),
    (r"could not translate|resolve|unknown host|getaddrinfo|name or service", "the server's name was not found"),
    (r"refused|unreachable|timeout|timed out|no such file|not found or not accessible", "no server answers there"),
    (r"not a database|not a valid duckdb|not a duckdb|malformed", "the file is not a database of that kind"),
    (r"could not set lock|is locked", "another program is writing to it; close that program or copy the file"),
    (r"storage version|newer version|older version", "it was made by another version of the program"),
)


@dataclass(frozen=True)
class Relation:
    """One table or view: its name, its schema (None: the default one), and its columns with their SQL types."""

    name: str
    schema: str | None
    columns: dict[str, sa.types.TypeEngine] = field(repr=False)


@dataclass(frozen=True)
class _Source:
    """An open database: its relations, the names of other schemas, and how rows are fetched, some at a time."""

    relations: list[Relation]
    schemas: list[str]
    fetch: Callable[[sa.Select], Iterator[list[tuple]]]
    dialect: str = ""


def recognises(text: str) -> bool:
    """Whether an extract is named by a database rather than by a folder: an address with `://`, or its file."""
    return "://" in text or text.partition("?")[0].lower().endswith(_FILES)


def label(url: str) -> str:
    """How a database is called in messages, records and manifests: its kind, name and host, or its file.

    User name, password, port and everything after `?` are left out, and a part that is not a plain name is too.
    """
    if "://" not in url:
        return url.partition("?")[0]
    try:
        address = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        return "the database"
    kind = address.get_backend_name()
    if _is_file(address):
        return address.database or f"the {kind} database"
    name, host = ((part if part and _SAYABLE.fullmatch(part) else "") for part in (address.database, address.host))
    return " ".join(filter(None, [f"the {kind} database", name, f"on {host}" if host else ""]))


def tables(
    url: str, keep: tuple[str, ...] = (), *, as_at=None, environment: Mapping[str, str] = os.environ
) -> tuple[list[TextTable], list[str], str]:
    """The tables of a database as text, notices about it, and a fingerprint of what was read.

    `url` is the path of a DuckDB or SQLite file, or a SQLAlchemy address such as `postgresql+psycopg://user:${PASSWORD}@host/db`;
    `${NAME}` stands for a variable of `environment`. The key `schema` (or `incare_schema`) after `?` names a schema,
    otherwise the default one is read. Tables and views are recognised by their columns, in any case, as files are:
    SSDA903 tables and local ones, and those of the Standard Safeguarding Dataset (`incare.record.ssd`; `as_at` is the
    day its care leavers describe). A column YEAR, or a year in the relation's name, says which return rows are of;
    without one all are of one. `keep` names local columns to carry along; no other column is selected.

    Values become the text a CSV file would have: dates dd/mm/yyyy, whole numbers without a point, NULL blank, truth Y
    and N (1 and 0 where those are the codes). `_row` is the place of a row in the order of the key columns, then of
    the others. The fingerprint depends on what was read, not on the kind of database or the order of rows.

    Raises `ExtractError` when the database cannot be reached or read, its driver is not installed, a variable is not
    set, or no table is recognised. Neither messages nor notices hold sign-in data or a driver's own words.
    """
    expanded = _expanded(url, environment)
    name = label(expanded)
    with _opened(expanded, name) as source:
        known, standard, others = _sorted_out(source, name)
        parts = [part for relation, table in known for part in _parts(source, relation, table, keep)]
        frames = {origin: _standard(source, relation, origin, keep) for origin, relation in standard.items()}
    notices = _left_out(others, standard)
    if frames:
        paths = {origin: _path(relation) for origin, relation in standard.items()}
        made, said = ssd.beside(frames, paths, {part.table.name for part in parts}, as_at=as_at, keep=keep)
        parts += made
        notices += said
    _refuse_undated(parts)
    return parts, notices, _fingerprint([*((part.path, part.rows) for part in parts), *frames.items()])


def statement(relation: Relation, wanted: list[str], first: list[str]) -> sa.Select:
    """The SELECT of some columns of a relation, every name quoted, in the order of `first` and then of the others.

    Columns of types that some servers cannot sort (long text of SQL Server, JSON, bytes) do not order rows.
    """
    columns = {name: sa.column(quoted_name(name, True), relation.columns[name]) for name in wanted}
    schema = quoted_name(relation.schema, True) if relation.schema else None
    source = sa.table(quoted_name(relation.name, True), *columns.values(), schema=schema)
    unsorted = (sa.JSON, sa.LargeBinary, sa.ARRAY, _LongText)
    order = [name for name in dict.fromkeys([*first, *wanted]) if not isinstance(relation.columns[name], unsorted)]
    shown = [
        sa.cast(source.c[name], sa.TIMESTAMP) if isinstance(relation.columns[name], _ZonedMoment) else source.c[name]
        for name in wanted
    ]
    return sa.select(*shown).order_by(*(source.c[name] for name in order))


def as_text(values, flags: tuple[str, str] = ("Y", "N")) -> np.ndarray:
    """Values of one column as the text a CSV file would have; `flags` are the words for true and false."""
    column = pd.Series(values, dtype=object)
    try:
        codes, unique = pd.factorize(column)
    except TypeError:
        return np.array([_cell(value, flags) for value in column], dtype=object)
    texts = np.array([*(_cell(value, flags) for value in unique), ""], dtype=object)
    return texts[codes]


# ---- addresses ----


def _expanded(url: str, environment: Mapping[str, str]) -> str:
    """The address with its `${NAME}` filled in; what a variable holds is never read as part of the address's form."""

    def value(match: re.Match) -> str:
        name = match.group(1)
        if name not in environment:
            raise ExtractError(
                f"The address of the database names the environment variable {name}, which is not set. "
                "Set it where incare runs, or write its value into the address."
            )
        return environment[name]

    if _VARIABLE.fullmatch(url):
        return _VARIABLE.sub(value, url)
    url = _VARIABLE.sub(lambda match: found if _PLAIN.fullmatch(found := value(match)) else match.group(), url)
    if not _VARIABLE.search(url):
        return url
    if "://" not in url:
        return _VARIABLE.sub(value, url)
    address = _address(url)
    filled = {
        part: _VARIABLE.sub(value, text)
        for part in ("username", "password", "host", "database")
        if (text := getattr(address, part))
    }
    query = {key: _VARIABLE.sub(value, text) if isinstance(text, str) else text for key, text in address.query.items()}
    return address.set(**filled, query=query).render_as_string(hide_password=False)


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        address = None
    if address is None or "@" in (address.host or ""):
        raise ExtractError(
            "The address of the database cannot be read. It is written kind+driver://user:password@host:port/database; "
            "letters such as @ : / in a password are written %40 %3A %2F, or the password comes from a variable: "
            "user:${NAME}@host."
        )
    return address


def _is_file(address: URL) -> bool:
    return address.get_backend_name() in ("sqlite", "duckdb")


def _schema(query: Mapping) -> str | None:
    return next((str(query[key]) for key in SCHEMA_KEYS if query.get(key)), None)


# ---- opening ----


@contextmanager
def _opened(url: str, name: str) -> Iterator[_Source]:
    if "://" in url:
        address = _address(url)
    else:
        path, _, query = url.partition("?")
        with _existing(path).open("rb") as file:
            kind = "sqlite" if file.read(16).startswith(_SQLITE) else "duckdb"
        address = URL.create(
            kind, database=path, query=dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
        )
    schema = _schema(address.query)
    address = address.difference_update_query(SCHEMA_KEYS)
    native = address.get_backend_name() == "duckdb"
    with _duckdb(address.database or "", schema, name) if native else _server(address, schema, name) as source:
        yield source


def _existing(path: str) -> Path:
    file = Path(path)
    if not file.is_file():
        raise ExtractError(f"The database file {path} was not found. Write its path as seen from the params file.")
    return file


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn a driver's error into a sentence of ours; the error itself is let go, since it may hold the sign-in."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, duckdb.Error, sqlite3.Error) as problem:
        cause = getattr(problem, "orig", None) or problem
        kinds = (words for pattern, words in _KINDS if re.search(pattern, str(cause).lower()))
        sentence = f"{what}: {next(kinds, f'the driver reports {type(cause).__name__}')}."
    except UnicodeDecodeError:
        sentence = f"{what}: a name in it is not UTF-8 text; the file is damaged, or another program must export it."
    else:
        return
    raise ExtractError(sentence) from None


@contextmanager
def _duckdb(path: str, schema: str | None, name: str) -> Iterator[_Source]:
    file = _existing(path)
    # No view may make DuckDB fetch an extension from the network.
    config = {"autoinstall_known_extensions": False}
    with _told(f"{name} could not be opened"):
        connection = duckdb.connect(str(file), read_only=True, config=config)
    try:
        with _told(f"{name} could not be read"):
            connection.execute("SET TimeZone = 'Europe/London'")
            connection.execute("SET enable_progress_bar = false")
            relations, schemas = _duckdb_relations(connection, schema)
        yield _Source(relations, schemas, lambda query: _duckdb_rows(connection, query), "duckdb")
    finally:
        connection.close()


def _duckdb_rows(connection, query: sa.Select) -> Iterator[list[tuple]]:
    # DuckDB reads PostgreSQL's SQL; only the marks for parameters differ.
    compiled = query.compile(dialect=postgresql.dialect(paramstyle="qmark"))
    cursor = connection.execute(str(compiled), [compiled.params[name] for name in compiled.positiontup or ()])
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def _duckdb_relations(connection, schema: str | None) -> tuple[list[Relation], list[str]]:
    names = ("table_schema", "table_name", "column_name", "data_type", "table_catalog", "ordinal_position")
    listed = sa.table("columns", *map(sa.column, names), schema="information_schema")
    where_we_are = sa.select(sa.func.current_schema(), sa.func.current_database())
    default, catalog = next(_duckdb_rows(connection, where_we_are))[0]
    query = sa.select(*(listed.c[name] for name in names[:4]))
    query = query.where(listed.c.table_catalog == catalog).order_by(listed.c.table_name, listed.c.ordinal_position)
    rows = [row for rows in _duckdb_rows(connection, query) for row in rows]
    found: dict[str, dict] = {}
    for where, table, column, kind in rows:
        if where == (schema or default):
            found.setdefault(table, {})[column] = _ZonedMoment() if "WITH TIME ZONE" in kind else sa.types.NullType()
    others = sorted({where for where, *_ in rows} - {schema or default})
    return [Relation(table, schema, columns) for table, columns in found.items()], others


@contextmanager
def _server(address: URL, schema: str | None, name: str) -> Iterator[_Source]:
    engine = _engine(address, name)
    try:
        with _told(f"{name} could not be reached"):
            connection = engine.connect()
        try:
            with _told(f"{name} could not be read"):
                if engine.dialect.name == "postgresql":
                    # All tables as they were at one moment.
                    connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                relations, schemas = _server_relations(connection, schema)
            yield _Source(relations, schemas, lambda query: _server_rows(connection, query), engine.dialect.name)
        finally:
            # A connection that broke has nothing to roll back, and its error would hold the driver's words.
            with suppress(sa.exc.SQLAlchemyError):
                connection.rollback()
                connection.close()
    finally:
        engine.dispose()


def _engine(address: URL, name: str) -> sa.Engine:
    options = {}
    if address.get_backend_name() == "sqlite":
        file = _existing(address.database or "").absolute()
        options["creator"] = lambda: sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
        address = URL.create("sqlite")
    try:
        return sa.create_engine(address, poolclass=sa.pool.NullPool, hide_parameters=True, **options)
    except ImportError as problem:
        driver = (problem.name or address.get_driver_name()).partition(".")[0]
        lacking = _PACKAGES.get(driver, driver)
    except sa.exc.NoSuchModuleError:
        raise ExtractError(
            f"“{address.drivername}” is no kind of database that is installed here. Install the package that brings it "
            "to SQLAlchemy, or correct the beginning of the address."
        ) from None
    except (sa.exc.ArgumentError, TypeError, ValueError):
        raise ExtractError(f"The address of {name} has a part that its driver does not take.") from None
    raise ExtractError(
        f"Reading {name} needs the package {lacking}, which is not installed. Add it to incare's environment: "
        f'pip install "{lacking}".'
    )


def _server_rows(connection: sa.Connection, query: sa.Select) -> Iterator[list[tuple]]:
    result = connection.execution_options(stream_results=True, yield_per=CHUNK).execute(query)
    yield from result.partitions()


def _server_relations(connection: sa.Connection, schema: str | None) -> tuple[list[Relation], list[str]]:
    inspector = sa.inspect(connection)
    with warnings.catch_warnings():
        # About types of columns that it does not know; they are read as they come.
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        found = inspector.get_multi_columns(schema=schema, kind=sa.engine.reflection.ObjectKind.ANY)
    relations = [
        Relation(table, schema, {column["name"]: _kind(column["type"], inspector.dialect.name) for column in columns})
        for (_, table), columns in sorted(found.items(), key=lambda pair: pair[0][1])
    ]
    default = inspector.default_schema_name
    return relations, sorted(set(inspector.get_schema_names()) - {schema or default, "information_schema"})


class _LongText(sa.types.NullType):
    """Text that SQL Server cannot sort."""


class _ZonedMoment(sa.types.NullType):
    """A DuckDB timestamp with time zone, read as the clock in England showed it."""


def _kind(kind: sa.types.TypeEngine, dialect: str) -> sa.types.TypeEngine:
    """The type as far as reading depends on it: truth that is stored as a number, and what cannot be sorted."""
    if dialect == "mssql" and isinstance(kind, sa.TEXT | mssql.NTEXT | mssql.IMAGE):
        return _LongText()
    if isinstance(kind, sa.Boolean):
        return sa.Boolean()
    return kind if isinstance(kind, sa.JSON | sa.LargeBinary | sa.ARRAY) else sa.types.NullType()


# ---- which relation is which ----


def _sorted_out(source: _Source, name: str) -> tuple[list[tuple[Relation, Table]], dict[str, Relation], list[Relation]]:
    """Relations of our tables, those of the Standard by its names, and the others."""
    known, standard, others = [], {}, []
    for relation in source.relations:
        columns = _upper(relation)
        origin = ssd.recognise(columns)
        if origin:
            standard[origin] = _one_of(origin, standard.get(origin), relation, others)
        elif table := recognise(columns):
            known.append((relation, table))
        else:
            others.append(relation)
    if not known and not standard:
        raise ExtractError(_nothing(source, name))
    return known, standard, others


def _nothing(source: _Source, name: str) -> str:
    has = f"holds {_some([relation.name for relation in source.relations])}" if source.relations else "holds no table"
    elsewhere = f" It has the schemas {_some(source.schemas)} too: add ?schema=NAME." if source.schemas else ""
    return (
        f"{name} {has}; none has the columns of a table that incare reads (episodes: "
        f"{', '.join(TABLES['episodes'].must)}).{elsewhere}"
    )


def _one_of(origin: str, earlier: Relation | None, relation: Relation, others: list[Relation]) -> Relation:
    if earlier is None:
        return relation
    exact = [found for found in (earlier, relation) if found.name.lower() == origin]
    if len(exact) != 1:
        raise ExtractError(
            f"{earlier.name} and {relation.name} both have the columns of {origin}, so rows would count twice. "
            "Remove one, or read a schema that holds one of them: add ?schema=NAME."
        )
    others.append(relation if exact[0] is earlier else earlier)
    return exact[0]


def _upper(relation: Relation) -> list[str]:
    return [column.strip().upper() for column in relation.columns]


def _columns(relation: Relation) -> dict[str, str]:
    """A relation's columns by their names in upper case. Raises `ExtractError` when two differ by case only."""
    upper = _upper(relation)
    twice = sorted({column for column in upper if upper.count(column) > 1})
    if twice:
        raise ExtractError(f"{relation.name} has two columns called {twice[0]}. Remove or rename one.")
    return dict(zip(upper, relation.columns, strict=True))


def _left_out(others: list[Relation], standard: dict[str, Relation]) -> list[str]:
    said = []
    for relation in others:
        near = None if relation.name.lower() in standard else nearest(_upper(relation))
        if near:
            lacks = ", ".join(f"{needed} (nearest: {got})" if got else needed for needed, got in near[1].items())
            said.append(f"{relation.name} looks like the {near[0].name} table but lacks {lacks}; it was left out.")
    if others:
        names = _some(sorted(relation.name for relation in others))
        said.append(f"Tables and views that are of no table incare reads were left out: {names}.")
    return said


def _some(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


# ---- rows ----


def _parts(source: _Source, relation: Relation, table: Table, keep: tuple[str, ...]) -> list[TextTable]:
    """A relation of one of our tables as text: one part, or one for each return it says it holds."""
    columns = _columns(relation)
    stacked = STACKED in columns and STACKED not in table.columns
    wanted = [*table.columns, *([STACKED] if stacked else []), *(column.upper() for column in keep)]
    wanted = [column for column in dict.fromkeys(wanted) if column in columns]
    first = [*([STACKED] if stacked else []), *(column for column in table.key if column in columns)]
    rows, blanked = _fetched(source, relation, wanted, first, {column: _flags(table, column) for column in wanted})
    refuse_scientific_ids(_path(relation), rows)
    year = _YEAR_IN_NAME.search(relation.name)
    extra = tuple(column for column in columns if column not in wanted)
    group = ("", year.group() if year else "")
    part = TextTable(table, _path(relation), group, rows, blanked=blanked, extra=extra)
    return _by_year(part) if stacked else [part]


def _flags(table: Table, column: str) -> tuple[str, str]:
    numbers = {"0", "1"} <= set(VALID.get((table.name, column), ())) or table.columns.get(column) in ("I", "N")
    return ("1", "0") if numbers else ("Y", "N")


def _standard(source: _Source, relation: Relation, origin: str, keep: tuple[str, ...]) -> pd.DataFrame:
    """A relation of the Standard as text, with the Standard's names in upper case."""
    columns = _columns(relation)
    own = ssd.wanted(origin, columns)
    wanted = list(dict.fromkeys([*own, *(column.upper() for column in keep if column.upper() in columns)]))
    return _fetched(source, relation, wanted, own, {})[0]


def _fetched(
    source: _Source, relation: Relation, wanted: list[str], first: list[str], flags: dict[str, tuple[str, str]]
) -> tuple[pd.DataFrame, int]:
    """The wanted columns as tidy text with `_row`, and how many words for “missing” were blanked."""
    names = _columns(relation)
    query = statement(relation, [names[column] for column in wanted], [names[column] for column in first])
    pieces: dict[str, list[np.ndarray]] = {column: [np.zeros(0, dtype=object)] for column in wanted}
    with _told(f"{_path(relation)} could not be read"):
        for rows in source.fetch(query):
            for column, values in zip(wanted, zip(*rows, strict=True), strict=True):
                pieces[column].append(as_text(values, flags.get(column, ("Y", "N"))))
    frame = pd.DataFrame({column: np.concatenate(found) for column, found in pieces.items()}, dtype=object)
    tidy, blanked = tidied(frame)
    tidy["_row"] = np.arange(1, len(tidy) + 1)
    return tidy, blanked


def _cell(value, flags: tuple[str, str]) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return flags[0] if value else flags[1]
    if isinstance(value, dt.datetime):
        return _moment(value)
    if isinstance(value, dt.date):
        return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value.is_finite() else ""
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _moment(value: dt.datetime) -> str:
    local = value.astimezone(ENGLAND) if value.tzinfo else value
    midnight = (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    return _cell(local.date(), ("", "")) if midnight else f"{local:%Y-%m-%d %H:%M:%S}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ""
    if value.is_integer():
        return str(int(value))
    # A number of single precision, 999.9 say, arrives as 999.9000244140625.
    single = np.float32(value)
    return str(single) if float(single) == value else repr(value)


# ---- text tables ----


def _path(relation: Relation) -> str:
    return f"{relation.schema}.{relation.name}" if relation.schema else relation.name


def _refuse_undated(parts: list[TextTable]) -> None:
    """Refuse returns of which some tables say their year and others do not: whose children would those be?"""
    dated, others = (
        sorted({part.table.name for part in parts if part.table.name in SSDA903 and bool(part.group[1]) == said})
        for said in (True, False)
    )
    if dated and others:
        raise ExtractError(
            f"{_some(others)}: which return these rows are of cannot be told, while {_some(dated)} has a year. "
            f"Add a column {STACKED} with the year the return ends in, such as 2025."
        )


def _fingerprint(read: list[tuple[str, pd.DataFrame]]) -> str:
    """A hash of the relations' names, columns and rows as text; neither their order nor that of rows matters."""
    whole = hashlib.sha256()
    for name, frame in sorted(read, key=lambda pair: pair[0].lower()):
        columns = sorted(column for column in frame if column != "_row")
        whole.update("\x1f".join([name.lower(), *columns]).encode())
        cells = (frame[column].to_numpy(object).tolist() for column in columns)
        whole.update("\x1e".join(sorted(map("\x1f".join, zip(*cells, strict=True)))).encode())
    return whole.hexdigest()
