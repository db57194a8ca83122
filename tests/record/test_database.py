"""The same tables from a DuckDB file, a SQLite file and a PostgreSQL server as from CSV files."""

from __future__ import annotations

import datetime as dt
import sqlite3
import traceback
from contextlib import closing
from decimal import Decimal
from uuid import UUID

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, postgresql, sqlite

from incare.measures import catalogue
from incare.periods import Periods
from incare.record import ExtractError, database, read
from incare.record.assemble import assemble
from incare.record.files import STACKED
from incare.record.tables import TABLES
from incare.series import calculate

AS_AT = "2025-03-31"

# ---- loading ----


def typed(name: str, frame: pd.DataFrame) -> dict[str, list]:
    """A table's columns as a database would hold them: dates, whole and other numbers, truth, and NULL for blank."""
    return {column: [to(cell) if cell else None for cell in frame[column]] for column, to in kinds(name, frame).items()}


def kinds(name: str, frame: pd.DataFrame) -> dict:
    """What a cell of each column becomes."""

    def kind(column: str):
        letter = "I" if column == STACKED else TABLES[name].columns.get(column, "T")
        values = set(frame[column]) - {""}
        if letter == "C" and values and (values <= {"Y", "N"} or values <= {"0", "1"}):
            return as_truth
        return {"D": as_date, "I": int, "N": float}.get(letter, str)

    return {column: kind(column) for column in frame}


def as_truth(cell: str) -> bool:
    return cell in "Y1"


def as_date(cell: str) -> dt.date:
    return dt.datetime.strptime(cell, "%d/%m/%Y").date()


def in_duckdb(path, tables: dict[str, pd.DataFrame], *, types: bool = False) -> str:
    """A DuckDB file of the tables; returns its path."""
    with duckdb.connect(str(path)) as connection:
        for name, frame in tables.items():
            columns = typed(name, frame) if types else {column: frame[column].tolist() for column in frame}
            connection.register("given", pa.table(columns))
            connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM given')
            connection.unregister("given")
    return str(path)


def in_server(address: str, tables: dict[str, pd.DataFrame], *, types: bool = False, password: str = "") -> str:
    """The tables in a database that SQLAlchemy reaches, signed in with a password; returns its address."""
    sql = {as_truth: sa.Boolean(), as_date: sa.Date(), int: sa.Integer(), float: sa.Float(), str: sa.Text()}
    engine = sa.create_engine(sa.make_url(address).set(**({"password": password} if password else {})))
    with engine.begin() as connection:
        for name, frame in tables.items():
            columns = typed(name, frame) if types else {column: frame[column].tolist() for column in frame}
            shapes = kinds(name, frame) if types else dict.fromkeys(frame, str)
            padded = {"CHILD": sa.CHAR(30)} if types and engine.dialect.name == "postgresql" else {}
            made = [sa.Column(column, padded.get(column, sql[to])) for column, to in shapes.items()]
            table = sa.Table(name, sa.MetaData(), *made)
            table.create(connection)
            rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
            connection.execute(table.insert(), rows)
    engine.dispose()
    return address


def place_of(kind: str, request, tmp_path, tables, *, types: bool) -> str:
    """The tables in a database of some kind."""
    if kind == "DuckDB":
        return in_duckdb(tmp_path / "council.duckdb", tables, types=types)
    if kind == "SQLite":
        return in_server(f"sqlite:///{tmp_path / 'council.db'}", tables, types=types)
    server = request.getfixturevalue("postgres")
    address = server.address(server.made("typed" if types else "text"))
    return in_server(address, tables, types=types, password=server.password)


def record_from(url: str, environment: dict[str, str]):
    """The record of a database, and what is said about it."""
    parts, notices, _ = database.tables(url, as_at=AS_AT, environment=environment)
    return assemble(parts, area="Northmere", as_at=AS_AT, name=database.label(url)), notices


def series_of(record) -> bytes:
    """Every measure by quarter and by breakdowns, as the bytes of a CSV file.

    Nine decimals: where fractions of full-time posts are added up, the order of rows shows in the last bit of the sum.
    """
    series = calculate(catalogue(), record, Periods.of("quarter", AS_AT, 4), ("age_band", "uasc", "placement"))
    return series.to_csv().encode()


@pytest.fixture(scope="session")
def from_files(authority) -> bytes:
    """The series of the CSV files."""
    return series_of(read(authority, area="Northmere", as_at=AS_AT))


# ---- the same figures ----


@pytest.mark.parametrize("types", [False, True], ids=["all text", "dates, numbers and truth"])
@pytest.mark.parametrize("kind", ["DuckDB", "SQLite", "PostgreSQL"])
def test_a_database_gives_the_figures_of_the_files_byte_for_byte(kind, types, request, tmp_path, stacked, from_files):
    url = place_of(kind, request, tmp_path, stacked, types=types)
    record, notices = record_from(url, request.getfixturevalue("postgres").environment if "${" in url else {})
    assert series_of(record) == from_files
    assert notices == []
    assert from_files.count(b",ok,") > 1_500


def test_the_fingerprint_is_of_what_was_read_whatever_kind_of_database_holds_it(tmp_path, stacked):
    tables = {name: stacked[name] for name in ("episodes", "header", "care_plans")}
    back = {name: frame.iloc[::-1] for name, frame in tables.items()}
    changed = tables | {"header": tables["header"].assign(SEX="U")}
    text, other, duck, differs = (
        database.tables(place)[2]
        for place in (
            in_server(f"sqlite:///{tmp_path / 'a.db'}", tables),
            in_duckdb(tmp_path / "b.duckdb", back),
            in_duckdb(tmp_path / "c.duckdb", tables, types=True),
            in_duckdb(tmp_path / "d.duckdb", changed),
        )
    )
    assert text == other == duck != differs


# ---- which relation is which ----

EPISODES = pd.DataFrame(
    {
        "child": ["b", "a", "a"],
        "decom": [dt.date(2024, 6, 1), dt.date(2024, 5, 1), dt.date(2024, 4, 1)],
        "rne": ["S", "L", "S"],
        "ls": "C2",
        "cin": "N1",
        "place": "U6",
        "dec": [None, None, dt.date(2024, 5, 1)],
        "rec": [None, None, "X1"],
        "child_name": ["Bea", "Amy", "Amy"],
        "team": ["North", "South", "South"],
    }
)


def duck(path, *statements: str, **frames: pd.DataFrame) -> str:
    """A DuckDB file of frames and of what statements make."""
    with duckdb.connect(str(path)) as connection:
        for name, frame in frames.items():
            connection.register("given", pa.Table.from_pandas(frame, preserve_index=False))
            connection.execute('CREATE TABLE "{}" AS SELECT * FROM given'.format(name.replace('"', '""')))
        for one in statements:
            connection.execute(one)
    return str(path)


def test_tables_and_views_are_known_by_their_columns_and_nothing_else_is_selected(tmp_path):
    path = duck(tmp_path / "a.duckdb", "CREATE VIEW stays AS SELECT * FROM facts", facts=EPISODES)
    parts, notices, _ = database.tables(path, keep=("team",))
    assert [(part.table.name, part.path) for part in parts] == [("episodes", "facts"), ("episodes", "stays")]
    rows = parts[0].rows
    assert list(rows) == ["CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "DEC", "REC", "TEAM", "_row"]
    assert parts[0].extra == ("CHILD_NAME",)
    # In the order of the key: child, then start.
    assert rows[["CHILD", "DECOM", "DEC", "REC", "_row"]].to_numpy().tolist() == [
        ["a", "01/04/2024", "01/05/2024", "X1", 1],
        ["a", "01/05/2024", "", "", 2],
        ["b", "01/06/2024", "", "", 3],
    ]
    assert notices == []


def test_other_relations_are_left_out_and_said_with_the_nearest_column(tmp_path):
    almost = EPISODES.rename(columns={"decom": "decomm"})
    path = duck(tmp_path / "a.duckdb", "CREATE TABLE rooms (seats INT)", stays=EPISODES, almost=almost)
    _, notices, _ = database.tables(path)
    assert notices == [
        "almost looks like the episodes table but lacks DECOM (nearest: DECOMM); it was left out.",
        "Tables and views that are of no table incare reads were left out: almost, rooms.",
    ]


def test_a_schema_is_named_after_the_question_mark_and_suggested_when_needed(tmp_path):
    path = duck(tmp_path / "a.duckdb", "CREATE SCHEMA care", "CREATE TABLE care.stays AS FROM facts", facts=EPISODES)
    for key in ("schema", "incare_schema"):
        parts, _, _ = database.tables(f"{path}?{key}=care")
        assert [part.path for part in parts] == ["care.stays"]
    empty = duck(tmp_path / "b.duckdb", "CREATE SCHEMA care", "CREATE TABLE care.stays (child INT)")
    with pytest.raises(ExtractError, match=r"b\.duckdb holds no table.*schemas care too: add \?schema=NAME"):
        database.tables(empty)


def test_a_year_in_a_relations_name_or_in_a_column_says_which_return_rows_are_of(tmp_path):
    header = pd.DataFrame({"CHILD": ["a", "b"], "SEX": "M", "DOB": dt.date(2015, 1, 1), "ETHNIC": "WBRI"})
    dated = header.assign(YEAR=[2024, 2025])
    parts, _, _ = database.tables(duck(tmp_path / "a.duckdb", episodes_2025=EPISODES, header=dated))
    assert [(part.path, part.group[1], len(part.rows)) for part in parts] == [
        ("episodes_2025", "2025", 3),
        ("header, 2024", "2024", 1),
        ("header, 2025", "2025", 1),
    ]
    with pytest.raises(ExtractError, match="header: which return these rows are of cannot be told, while episodes has"):
        database.tables(duck(tmp_path / "b.duckdb", episodes_2025=EPISODES, header=header))


def test_without_a_year_all_rows_are_one_return_and_the_dates_say_which(tmp_path):
    header = pd.DataFrame({"CHILD": ["a", "b"], "SEX": "M", "DOB": dt.date(2015, 1, 1), "ETHNIC": "WBRI"})
    path = duck(tmp_path / "returns_2019.duckdb", stays=EPISODES, header=header)
    record = assemble(database.tables(path)[0], area="Testshire")
    assert [str(day) for day in record.covers] == ["2024-04-01", "2025-03-31"]


def test_two_columns_that_differ_by_case_only_are_refused_in_a_table_that_is_read(tmp_path):
    path = f"sqlite:///{tmp_path / 'a.db'}"
    columns = [sa.Column(name, sa.Text) for name in ("CHILD", "Child ", "DECOM")]
    sa.Table("stays", metadata := sa.MetaData(), *columns)
    metadata.create_all(sa.create_engine(path))
    with pytest.raises(ExtractError, match="holds stays; none has the columns"):
        database.tables(path)
    sa.Table("visits", metadata, *(sa.Column(name, sa.Text) for name in ("CHILD", "Child ", "VISIT_DATE", "SEEN")))
    metadata.create_all(sa.create_engine(path))
    with pytest.raises(ExtractError, match="visits has two columns called CHILD"):
        database.tables(path)


def test_names_with_quotes_or_percent_signs_harm_nothing(tmp_path, postgres):
    odd = EPISODES.rename(columns={"team": 'te"am%s'}).astype(str)
    for url in (
        duck(tmp_path / "a.duckdb", **{'od"d%': odd}),
        in_server(postgres.address(postgres.made("odd")), {'od"d%(x)s': odd}, password=postgres.password),
    ):
        parts, _, _ = database.tables(url, keep=('te"am%s',), environment=postgres.environment)
        assert parts[0].rows['TE"AM%S'].tolist() == ["South", "South", "North"]


# ---- values ----


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (Decimal("NaN"), ""),
        (dt.date(2024, 6, 1), "01/06/2024"),
        (dt.datetime(2024, 6, 1), "01/06/2024"),
        (dt.datetime(2024, 6, 1, 14, 30), "2024-06-01 14:30:00"),
        # Midnight of a summer's day in England, kept as the evening before in UTC.
        (dt.datetime(2024, 5, 31, 23, tzinfo=dt.UTC), "01/06/2024"),
        (7, "7"),
        (7.0, "7"),
        (Decimal("7.00"), "7"),
        (Decimal("12.50"), "12.5"),
        (Decimal("700"), "700"),
        (0.1, "0.1"),
        (float(np.float32(999.9)), "999.9"),
        (True, "Y"),
        (False, "N"),
        ("000123", "000123"),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        ({"ADOPTION": "Yes"}, '{"ADOPTION": "Yes"}'),
    ],
)
def test_values_become_the_text_a_csv_file_would_have(value, text):
    assert database.as_text([value, value]).tolist() == [text, text]


def test_truth_is_one_and_nought_where_those_are_the_codes(tmp_path):
    columns = "CHILD, true AS SDQ_SCORE, true AS CONVICTED, false AS HEALTH_ASSESSMENT, NULL AS TEETH_CHECK"
    path = duck(
        tmp_path / "a.duckdb",
        f"CREATE TABLE oc2 AS SELECT {columns} FROM (SELECT 'a' AS CHILD)",
        "CREATE TABLE visits AS SELECT 'a' AS CHILD, DATE '2024-05-01' AS VISIT_DATE, true AS SEEN",
    )
    (oc2, visits), _, _ = database.tables(path)
    assert oc2.rows[["SDQ_SCORE", "CONVICTED", "HEALTH_ASSESSMENT", "TEETH_CHECK"]].iloc[0].tolist() == [
        "1",
        "1",
        "0",
        "",
    ]
    assert visits.rows["SEEN"].tolist() == ["Y"]


def test_a_timestamp_with_time_zone_is_a_day_in_england(tmp_path):
    moment = "TIMESTAMPTZ '2024-05-31 23:00:00+00'"
    path = duck(tmp_path / "a.duckdb", f"CREATE TABLE v AS SELECT 'a' AS CHILD, {moment} AS VISIT_DATE, 'Y' AS SEEN")
    assert database.tables(path)[0][0].rows["VISIT_DATE"].tolist() == ["01/06/2024"]


def test_copies_of_a_row_stay_and_are_counted_when_returns_are_stacked(tmp_path):
    twice = pd.concat([EPISODES, EPISODES])
    assert len(database.tables(duck(tmp_path / "a.duckdb", stays=twice))[0][0].rows) == 6


# ---- what is asked of the server ----

NAMES = ("CHILD", "SCHOOL_URN", "START", "END", "YEAR", "team", "user]s%")
RESERVED = database.Relation("schools", "dbo", {name: sa.types.NullType() for name in NAMES})


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        (
            mssql.dialect(),
            "[dbo].[schools].[START] [dbo].[schools].[END] [dbo].[schools].[YEAR] [dbo].[schools].[team] "
            "[dbo].[schools].[user]]s%]",
        ),
        (postgresql.dialect(), '"dbo"."schools"."END" "dbo"."schools"."team" "dbo"."schools"."user]s%%"'),
        (sqlite.dialect(), '"dbo"."schools"."END" "dbo"."schools"."team" "dbo"."schools"."user]s%"'),
    ],
    ids=["SQL Server", "PostgreSQL", "SQLite"],
)
def test_every_name_is_quoted_and_all_rows_are_asked_for_in_order(dialect, said):
    query = database.statement(
        RESERVED, [name for name in RESERVED.columns if name != "SCHOOL_URN"], ["CHILD", "START"]
    )
    text = str(query.compile(dialect=dialect))
    assert all(name in text for name in said.split())
    assert "SCHOOL_URN" not in text
    assert not any(word in text.upper().split() for word in ("TOP", "LIMIT", "FETCH", "OFFSET", "WHERE"))
    before, after = text.split(" ORDER BY ")
    # In order of the key, then of everything else, so that two reads agree.
    assert [name.strip() for name in before.removeprefix("SELECT ").split("\n")[0].split(",")] == [
        name.strip() for name in after.split(",")
    ]


def test_what_a_server_cannot_sort_does_not_order_rows():
    relation = database.Relation("plans", None, {"CHILD": sa.types.NullType(), "PLAN": sa.JSON()})
    assert str(database.statement(relation, ["CHILD", "PLAN"], ["CHILD"])).endswith('ORDER BY "plans"."CHILD"')


def test_long_rows_are_fetched_some_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "CHUNK", 2)
    many = pd.concat([EPISODES.assign(child=f"c{number}") for number in range(3)])
    for url in (
        duck(tmp_path / "a.duckdb", stays=many),
        in_server(f"sqlite:///{tmp_path / 'a.db'}", {"episodes": many.rename(columns=str.upper).astype(str)}),
    ):
        assert len(database.tables(url)[0][0].rows) == 9


def test_nothing_is_written(tmp_path):
    path = duck(tmp_path / "a.duckdb", stays=EPISODES)
    before = (tmp_path / "a.duckdb").read_bytes()
    database.tables(path)
    assert (tmp_path / "a.duckdb").read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["a.duckdb"]


def test_a_view_that_writes_when_it_is_read_is_refused(tmp_path, postgres):
    counts = "CREATE SEQUENCE counted"
    columns = 'nextval(\'counted\')::text AS "CHILD", current_date AS "VISIT_DATE", \'Y\' AS "SEEN"'
    writes = f"CREATE VIEW visits AS SELECT {columns}"
    with postgres.connect(postgres.made("writes")) as connection:
        connection.execute(counts)
        connection.execute(writes)
    for url in (duck(tmp_path / "a.duckdb", counts, writes), postgres.address("writes")):
        with pytest.raises(ExtractError, match="visits could not be read"):
            database.tables(url, environment=postgres.environment)


# ---- what goes wrong ----


def test_a_file_that_is_not_there_is_named_and_not_made(tmp_path):
    for url in (f"{tmp_path}/none.duckdb", f"sqlite:///{tmp_path}/none.db", f"duckdb:///{tmp_path}/none.duckdb"):
        with pytest.raises(ExtractError, match=r"none\.\w+ was not found"):
            database.tables(url)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "a.duckdb").write_text("CHILD,DECOM\n" * 2000, encoding="utf-8")
    with pytest.raises(ExtractError, match=r"a\.duckdb could not be opened: the file is not a database of that kind"):
        database.tables(str(tmp_path / "a.duckdb"))
    with pytest.raises(ExtractError, match=r"a\.duckdb could not be read: the file is not a database of that kind"):
        database.tables(f"sqlite:///{tmp_path / 'a.duckdb'}")


def test_an_empty_database_is_refused_with_what_was_looked_for(tmp_path, postgres):
    for url in (duck(tmp_path / "a.duckdb"), postgres.address(postgres.made("empty"))):
        with pytest.raises(ExtractError, match=r"holds no table; none has the columns.*episodes: CHILD, DECOM"):
            database.tables(url, environment=postgres.environment)
    rooms = duck(tmp_path / "b.duckdb", "CREATE TABLE rooms (seats INT)")
    with pytest.raises(ExtractError, match="holds rooms; none has the columns"):
        database.tables(rooms)


def said_by(url: str, environment: dict[str, str] | None = None) -> str:
    """Everything that a refusal shows, its traceback included."""
    with pytest.raises(ExtractError) as refusal:
        database.tables(url, environment=environment or {})
    return "".join(traceback.format_exception(refusal.value))


def test_a_wrong_password_is_said_and_never_shown(postgres):
    said = said_by(postgres.address("postgres", "hunter2"))
    assert "the postgresql database postgres on 127.0.0.1 could not be reached" in said
    assert "the user name or the password was not accepted" in said
    assert not {"hunter2", postgres.user, str(postgres.port)} & set(said.replace('"', " ").replace(",", " ").split())


@pytest.mark.parametrize(
    ("url", "needed"),
    [
        ("mssql+pyodbc://analyst:hunter2@server/care?driver=ODBC+Driver+18", "needs the package pyodbc"),
        ("mssql+pyodbc:///?odbc_connect=PWD%3Dhunter2", "Reading the mssql database needs the package pyodbc"),
        ("informix://analyst:hunter2@server/care", "“informix” is no kind of database that is installed here"),
        ("postgresql+psycopg://analyst:hunter2@ss@server/care", "letters such as @ : / in a password are written %40"),
        ("postgresql+psycopg://analyst:hunter2@server:port/care", "cannot be read"),
        (
            "postgresql+psycopg://analyst:hunter2@127.0.0.1:1/care",
            "on 127.0.0.1 could not be reached: no server answers",
        ),
        (
            "postgresql+psycopg://analyst:hunter2@no.such.host.invalid/care",
            "on no.such.host.invalid could not be reached",
        ),
        ("postgresql+psycopg://analyst:hunter2@127.0.0.1:1/care?made_up=hunter2", "could not be reached"),
    ],
    ids=["driver", "odbc", "kind", "@ in password", "port", "no server", "no host", "key"],
)
def test_an_address_that_does_not_work_says_what_to_do_and_keeps_the_password(url, needed):
    said = said_by(url)
    assert needed in said
    assert "hunter2" not in said
    assert "hunter2" not in database.label(url)


def test_a_variable_that_is_not_set_is_named():
    said = said_by("postgresql+psycopg://analyst:${CARE_PASSWORD}@server/care", {"OTHER": "x"})
    assert "names the environment variable CARE_PASSWORD, which is not set" in said


def test_the_whole_address_may_come_from_the_environment(tmp_path):
    path = duck(tmp_path / "a.duckdb", stays=EPISODES)
    assert len(database.tables("${CARE}", environment={"CARE": path})[0]) == 1
    assert len(database.tables(f"{tmp_path}/${{CARE}}.duckdb", environment={"CARE": "a"})[0]) == 1


def test_no_part_of_what_was_read_holds_the_password(postgres):
    stays = {"episodes": EPISODES.rename(columns=str.upper).astype(str)}
    url = in_server(postgres.address(postgres.made("quiet")), stays, password=postgres.password)
    everything = repr(database.tables(url, environment=postgres.environment)) + database.label(url)
    assert postgres.password not in everything
    assert postgres.user not in everything
    assert database.label(url) == "the postgresql database quiet on 127.0.0.1"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("extracts/2025.duckdb", True),
        ("Extracts\\2025.DUCKDB?schema=ssd", True),
        ("care.sqlite", True),
        ("postgresql+psycopg://server/care", True),
        ("extracts/2025", False),
        ("sample:1", False),
        ("return.xml", False),
    ],
)
def test_a_database_is_told_from_a_folder_by_how_it_is_written(text, answer):
    assert database.recognises(text) is answer


def test_a_file_is_read_as_what_it_is_whatever_its_name_ends_in(tmp_path):
    path = tmp_path / "care.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE stays (CHILD TEXT, VISIT_DATE TEXT, SEEN BOOLEAN)")
        connection.execute("INSERT INTO stays VALUES ('a', '2024-06-01', 1)")
    connection.close()
    assert database.tables(str(path))[0][0].rows[["VISIT_DATE", "SEEN"]].iloc[0].tolist() == ["2024-06-01", "Y"]


def test_a_sqlite_file_whose_names_are_torn_is_refused_in_a_sentence(tmp_path):
    file = tmp_path / "council.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE episodes (CHILD TEXT, DECOM TEXT)")
        connection.commit()
    file.write_bytes(file.read_bytes().replace(b"CREATE TABLE episodes", b"CREATE TABLE\x88episodes"))
    with pytest.raises(ExtractError, match="not UTF-8"):
        read(file, area="A")
