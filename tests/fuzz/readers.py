"""Every reader of incare with sound inputs to start from, and what must become of any input at all.

What must become of it: a refusal in one of incare's own errors, which holds no child's id, or a record in which the
rows read are those used and those set aside, and no row of the file is in neither.
"""

from __future__ import annotations

import io
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd
import yaml

from incare.committee import entries, voice
from incare.forecast import panel, scenarios
from incare.forecast import series as forecast_series
from incare.measures import catalogue
from incare.pack import params as params_file
from incare.published import ees, neighbours
from incare.record import quality, read, ssd
from incare.record.files import read_text
from incare.sample import embedded
from incare.stats import neighbours as comparison
from incare.stats.spc import Settings, of_table
from tests.fuzz import inputs

AS_AT = "2025-03-31"
# Stands in every id of a child, so that a message that shows one is noticed.
MARK = "KID0"
READ, REFUSED = "read", "refused"
FIRST_ROWS = 5
LONGEST_SECONDS = 20.0
# How the titles of readers begin that make a whole record, which takes a hundred times as long as a page of settings.
RECORDS = ("SSDA903", "local", "Annex A", "Standard", "database")


class LostError(AssertionError):
    """Rows of an input are neither used nor set aside."""


class CrashError(AssertionError):
    """A reader ended otherwise than it may."""


class TooSlowError(Exception):
    """A reader took longer over a small input than any input may take."""


@contextmanager
def limited(seconds: float):
    """Raise `TooSlowError` after so many seconds of the process's own time, where the system can interrupt it."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number, frame):
        raise TooSlowError(f"more than {seconds:.0f} seconds")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@dataclass(frozen=True)
class Reader:
    """One reader: `make` draws an input, `read` reads it from a folder (in which `name` is the file) and checks it."""

    title: str
    name: str
    make: Callable[..., bytes]
    read: Callable[[Path], None]
    beside: dict[str, bytes] = field(default_factory=dict, repr=False)


def outcome(reader: Reader, data: bytes, folder: Path) -> str:
    """What became of an input: `READ` or `REFUSED`; raises `LostError` or `CrashError` when it may not become that."""
    for name, sound in reader.beside.items():
        if not (folder / name).exists():
            (folder / name).write_bytes(sound)
    (folder / reader.name).write_bytes(data)
    try:
        with limited(LONGEST_SECONDS):
            reader.read(folder)
    except LostError:
        raise
    except Exception as problem:
        if not type(problem).__module__.startswith("incare."):
            raise CrashError(f"{reader.title}: {type(problem).__name__}: {str(problem)[:300]}") from problem
        if not str(problem).strip() or MARK in str(problem):
            raise CrashError(f"{reader.title}: the refusal says nothing, or a child's id: {problem}") from problem
        return REFUSED
    return READ


# Sound inputs


@cache
def sample() -> dict[str, list[list[str]]]:
    """A few rows of every table of an invented authority, the ids marked, by file."""
    frames = {}
    for path in sorted(embedded().rglob("*.csv")):  # the latest return comes last
        frames[path.stem] = pd.read_csv(path, dtype=str, keep_default_na=False)
    ids = list(dict.fromkeys(frames["episodes"]["CHILD"]))[:FIRST_ROWS]
    found = {}
    for name, frame in frames.items():
        if "CHILD" in frame:
            mine = frame[frame["CHILD"].isin(ids)]
            frame = (mine if len(mine) else frame).head(FIRST_ROWS)
            frame = frame.assign(CHILD=[f"{MARK}{ids.index(c) if c in ids else 9:03}" for c in frame["CHILD"]])
        found[name] = [list(frame.columns), *frame.head(FIRST_ROWS).to_numpy().tolist()]
    return found


RETURN = (
    *("episodes", "header", "reviews", "uasc", "oc2", "oc3", "ad1", "placed_for_adoption", "previous_permanence"),
    *("missing", "sw_episodes"),
)


def _csv(name: str) -> bytes:
    return inputs.as_csv(sample()[name])


def drawn_csv(r, rows: list[list[str]]) -> bytes:
    """A table as CSV: its cells changed, its bytes, or both."""
    done = r.randrange(4)
    data = inputs.as_csv(inputs.table(r, rows) if done != 3 else rows)
    return inputs.raw(r, data) if done >= 2 else data


# The record


def _judged(folder: Path, place: Path, count_rows: bool = False) -> None:
    record = read(place, area="Testshire", as_at=AS_AT)
    lines = record.reconciliation
    rows, used, aside = (lines[column].to_numpy() for column in ("rows_in", "used", "set_aside"))
    if (rows != used + aside).any() or min(rows.min(), used.min(), aside.min()) < 0:
        raise LostError(f"The reconciliation does not add up: {lines.to_dict('records')}")
    for table in (quality.by_table(record), quality.by_rule(record), quality.by_return(record)):
        if any(MARK in str(cell) for column in table for cell in (column, *table[column])):
            raise CrashError("a table about quality shows a child's id")
    if any(MARK in said for said in record.notices):
        raise CrashError("a notice shows a child's id")
    _asked(record)
    if count_rows:
        _counted(record, folder)


def _asked(record) -> None:
    """What measures ask of a record must be there, whatever was read."""
    for name in ("care_periods", "carer_spells", "located", "incidents", "held_reviews", "due_reviews"):
        getattr(record, name)
    for name in ("care_leavers", "care_leaver_snapshots", "eligible_from"):
        getattr(record, name)


def _counted(record, folder: Path) -> None:
    """Each CSV file is left out in words, or its rows are all in the reconciliation."""
    lines = list(zip(record.reconciliation["file"], record.reconciliation["rows_in"], strict=True))
    for path in sorted(folder.rglob("*.csv")):
        name = path.relative_to(folder).as_posix()
        cells, _, _ = read_text(path, name)
        # A file that stacks returns has a line for each, such as "a.csv, 2025".
        mine = [rows for file, rows in lines if file == name or file.startswith(f"{name}, ")]
        told = any(name in said for said in record.notices)
        if mine and sum(mine) != len(cells) - 1:
            raise LostError(f"{name} has {len(cells) - 1} rows, the record accounts for {sum(mine)}")
        if not mine and not told:
            raise LostError(f"{name} is neither in the reconciliation nor in a notice")


def _of_return(r) -> bytes:
    return drawn_csv(r, sample()[r.choice(RETURN)])


def _of_local(r) -> bytes:
    return drawn_csv(r, sample()[r.choice([name for name in sample() if name not in RETURN])])


def _xml() -> bytes:
    tables = {name: rows for name, rows in sample().items() if name in RETURN}
    called = {"CHILD": "CHILDID", "PLACE": "PL"}
    groups = {"episodes": "EPISODE", "reviews": "AREVIEW", "missing": "AMISSING", "oc2": "OC2"}
    groups |= {"placed_for_adoption": "AD_PLACED", "previous_permanence": "PERMANENCE", "sw_episodes": "SWEPISODE"}
    out = ["<?xml version='1.0' encoding='utf-8'?>", "<EXPSSDA903>"]
    for child in tables["header"][1:]:
        out += ["<CHILD>", "<HEADER>", *_items(tables["header"][0], child, called), "</HEADER>"]
        for name, group in groups.items():
            head, *rows = tables.get(name, [[]])
            mine = [row for row in rows if row[0] == child[0]]
            out += [part for row in mine for part in (f"<{group}>", *_items(head[1:], row[1:], called), f"</{group}>")]
        out.append("</CHILD>")
    return "\n".join([*out, "</EXPSSDA903>"]).encode()


def _items(head, row, called) -> list[str]:
    return [f"<{called.get(c, c)}>{v}</{called.get(c, c)}>" for c, v in zip(head, row, strict=True) if c != "DOB" or v]


XML_WORDS = (
    *(
        "<CHILD>",
        "</CHILD>",
        "<EPISODE>",
        "</EPISODE>",
        "<HEADER>",
        "</HEADER>",
        "<X/>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
    ),
    *(
        '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>',
        "&b;",
        "&amp;",
        "&#0;",
        "&#x10FFFF;",
        "<?pi?>",
        "<a:b xmlns:a='u'>",
    ),
    *(
        "<DECOM>31/02/2024</DECOM>",
        "<DECOM/>",
        "<CHILDID>KID0001</CHILDID>",
        "<UASC>1</UASC>",
        "<REVIEW>x</REVIEW>",
        "\x0b",
        "<",
    ),
)


def _of_xml(r) -> bytes:
    data = _xml()
    return inputs.raw(r, data) if r.randrange(3) == 0 else inputs.words(r, data, XML_WORDS)


def book(sheets: dict[str, list[list]]) -> bytes:
    """A workbook with a sheet for each table."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        tab = made.create_sheet(name)
        for row in rows:
            tab.append([_typed(cell) for cell in row])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _typed(text: str):
    """A cell as a sheet may hold it: letters that no sheet can hold go, some numbers and truths become real ones."""
    text = "".join(letter for letter in text if letter >= " " or letter in "\t\n")
    typed = {"-1": -1, "0": 0, "45383": 45383, "1e309": 1e300, "9007199254740993": 9007199254740993, "TRUE": True}
    return typed.get(text, text or None)


def _of_book(r) -> bytes:
    names = ("episodes", "header", r.choice(list(sample())))
    return _changed_book(r, {name: sample()[name] for name in names})


LISTS = {
    "List 8": [
        [
            *("Child Unique ID", "Gender", "Date of Birth", "Ethnicity", "Date Started to be Looked After"),
            *("Child's Legal Status", "Child's Category of Need", "Date Ceased to be Looked After", "Placement Type"),
            *("Start Date of Most Recent Placement", "Date of Latest Statutory Review", "LA of Placement"),
        ],
        [
            f"{MARK}001",
            "a) Female",
            "01/02/2012",
            "a) WBRI",
            "01/06/2024",
            "C2",
            "N1",
            "",
            "U6",
            "01/07/2024",
            "",
            "352",
        ],
        [
            f"{MARK}002",
            "b) Male",
            "01/02/2014",
            "MOTH",
            "01/03/2024",
            "V2",
            "N8",
            "01/12/2024",
            "K2",
            "",
            "01/11/2024",
            "",
        ],
    ],
    "List 9": [
        [
            *("Child Unique ID", "Gender", "Date of Birth", "Ethnicity", "Eligibility Category", "LA in Touch"),
            *("Activity Status", "Latest Pathway Plan Review Date", "Latest Date of Contact"),
        ],
        [
            f"{MARK}003",
            "a) Female",
            "01/02/2005",
            "WBRI",
            "Former relevant",
            "a) Yes",
            "F2",
            "01/06/2024",
            "01/12/2024",
        ],
    ],
    "List 10": [
        [
            *("Child Unique ID", "Gender", "Date of Birth", "Ethnicity", "Date the Child Entered Care"),
            *("Date of Decision that Child Should be Placed for Adoption", "Date Placed for Adoption"),
            "Date of Matching Child and Prospective Adopters",
        ],
        [f"{MARK}004", "a) Female", "01/02/2022", "WBRI", "01/06/2023", "01/12/2023", "01/05/2024", "01/04/2024"],
    ],
}


def _of_lists(r) -> bytes:
    return _changed_book(r, LISTS)


def _changed_book(r, sheets: dict[str, list[list[str]]]) -> bytes:
    done, name = r.randrange(5), r.choice(list(sheets))
    if done < 3:
        return book(sheets | {name: inputs.table(r, sheets[name])})
    data = _sound_book(tuple(sheets)) if set(sheets) == set(LISTS) else book(sheets)
    return inputs.packed(r, data) if done == 3 else inputs.raw(r, data)


@cache
def _sound_book(names: tuple[str, ...]) -> bytes:
    return book({name: LISTS[name] for name in names})


# Tables of the Standard Safeguarding Dataset, and a database

PREFIX = {name: next(iter(origin.columns.values()))[0].split("_")[0] for name, origin in ssd.ORIGINS.items()}


@cache
def standard() -> dict[str, list[list[str]]]:
    """Every table of the Standard, by its newest columns: two children in care, and what else is told of them."""
    known = {
        "ssd_person": [["sex", "F", "M"], ["gender", "F", "M"], ["ethnic", "WBRI", "D2"], ["dob", BORN, "02/02/2006"]],
        "ssd_cla_episodes": [
            *(["id", "e1", "e2"], ["placement", "p1", "p2"], ["care", "k1", "k2"], ["referral", "r1", "r2"]),
            *(["start", BEGAN, "01/06/2024"], ["rne", "S", "S"], ["cin", "N1", "N8"]),
            *(["end", "", "01/03/2025"], ["rec", "", "E4A"]),
        ],
        "ssd_cla_placement": [
            *(["id", "p1", "p2"], ["episode", "e1", "e2"], ["care", "k1", "k2"], ["start", BEGAN, "01/06/2024"]),
            *(["end", "", "01/03/2025"], ["type", "U6", "K2"], ["provider", "PR1", "PR4"], ["distance", "3.5", ""]),
        ],
        "ssd_legal_status": [["status", "C2", "V2"], ["start", BEGAN, "01/06/2024"], ["end", "", ""]],
    }
    found = {}
    for name, origin in ssd.ORIGINS.items():
        given = {ours: cells for ours, *cells in known.get(name, [])} | {"child": [f"{MARK}001", f"{MARK}002"]}
        columns = {theirs[0]: given.get(ours, ["01/07/2024", "1"]) for ours, theirs in origin.columns.items()}
        found[name] = [list(columns), *(list(row) for row in zip(*columns.values(), strict=True))]
    return found


BEGAN, BORN = "01/05/2023", "01/01/2010"
OF_STANDARD = ("ssd_person", "ssd_cla_episodes", "ssd_cla_placement", "ssd_legal_status")


def _of_standard(r) -> bytes:
    return drawn_csv(r, standard()[r.choice(list(standard()))])


def _of_database(r) -> bytes:
    """A SQLite file: its tables changed, some cells numbers and truths; now and then its bytes."""
    done = r.randrange(4)
    tables = {name: sample()[name] for name in ("episodes", "header", r.choice(list(sample())))}
    chosen = r.choice(list(tables))
    if done < 3:
        tables[chosen] = inputs.table(r, tables[chosen])
    with closing(sqlite3.connect(":memory:")) as base:
        for name, rows in tables.items():
            if not rows or not rows[0]:
                continue
            columns = [f"{text or 'none'}{n if text in rows[0][:n] else ''}" for n, text in enumerate(rows[0])]
            named = ", ".join('"' + text.replace('"', '""').replace("\0", "") + '"' for text in columns)
            with suppress(sqlite3.Error):  # two columns of one name
                base.execute(f'CREATE TABLE "{name}" ({named})')
                marks = ", ".join("?" * len(columns))
                padded = [[_typed(cell) for cell in (*row, *[""] * len(columns))[: len(columns)]] for row in rows[1:]]
                base.executemany(f'INSERT INTO "{name}" VALUES ({marks})', padded)
        base.commit()
        data = base.serialize()
    return inputs.raw(r, data) if done == 3 else data


# Settings and published figures

PARAMS = b"""\
area: Testshire
quarter: 2024-25 Q4
as_at: 2025-03-31
extract: sample
profile: public
breakdowns: [age_band, sex]
targets:
  cl_eet_pct: {target: 65, tolerance: 5}
  stability_3plus_pct: 10
commentary:
  overall: >-
    Two lines
    of words.
choices: {cl_eet_pct: {denominator: known}}
disclosure: {hide_to: 7}
signed_by: [A. Analyst]
"""
VOICES = b"""\
survey:
  - {theme: Home, question: I feel safe where I live, agree: 30, answered: 40, source: Survey, date: 2025-02-01}
themes:
  - {theme: Contact, text: More time with brothers and sisters, source: Council of children, date: 2025-01-15, n: 12}
quotes:
  - {theme: Home, text: Knock before you come in, source: Survey, date: 2025-02-01, consent: true}
"""
SCENARIO = b"""\
name: More kinship care
entries: [{add: -1, from: 2025-07-01}]
exits: [{way: Home, percent: 20}]
kinship: [{percent: 20}]
extension: {to: 25}
staffing: {advisers: 6.5, add: 4}
costs: {"With parents": [100, 200]}
targets: [{children: 620, by: 2026-03-31}]
"""
YAML_WORDS = (
    *(
        "&a",
        "*a",
        "<<: *a",
        "!!python/object/apply:os.system ['true']",
        "!!binary",
        "{",
        "}",
        "[",
        "]",
        "[" * 30,
        "- ",
        ": ",
    ),
    *(
        "? ",
        "|",
        ">-",
        "'",
        '"',
        "#",
        "\t",
        "null",
        "~",
        ".inf",
        ".nan",
        "0x1F",
        "1e400",
        "2025-02-30",
        "12:30:45",
        "yes",
    ),
    *(
        "area: x",
        "profile: restricted",
        "periods: -1",
        "targets: 5",
        "a: &a [*a]",
        "---",
        "...",
        "%YAML 9.9",
        "\x00",
        "💥",
    ),
    *(
        "periods: 99999999999999999999",
        "horizon: [1, 2]",
        "{1: 2}: 3",
        "? [a]\n: b",
        "quarter: 9999-00 Q9",
        "as_at: 0001-01-01",
    ),
)


def _of_yaml(sound: bytes):
    return lambda r: inputs.raw(r, sound) if r.randrange(4) == 0 else inputs.words(r, sound, YAML_WORDS)


def _read_params(folder: Path) -> None:
    values = params_file.read(folder / "q.yaml", _catalogue()).as_written()
    yaml.safe_dump(values)


@cache
def _catalogue():
    return catalogue()


def _read_voices(folder: Path) -> None:
    given, lines = entries.load(folder / "voice.yaml")
    voice.read(given, {at: entries.Place("voice.yaml", line) for at, line in lines.items()})


def _read_scenario(folder: Path) -> None:
    scenarios.read(folder / "what.yaml")


_AREA = "2023,Reporting year,Local authority,E92000001,England,E12000002,North West"
EES = [
    "time_period,time_identifier,geographic_level,country_code,country_name,region_code,region_name,old_la_code,la_name,"
    "new_la_code,age,in_touch,number,percentage",
    "2023,Reporting year,National,E92000001,England,,,,,,Aged 18,In touch,90,75",
    "2023,Reporting year,National,E92000001,England,,,,,,Aged 18,Total,120,100",
    f"{_AREA},353,Oldham,E08000004,Aged 18,In touch,6,60",
    f"{_AREA},353,Oldham,E08000004,Aged 18,Total,10,100",
    f"{_AREA},351,Bury,E08000002,Aged 18,In touch,c,c",
    f"{_AREA},351,Bury,E08000002,Aged 18,Total,12,100",
]
NEAR = [
    ["la_code", "rank", "neighbour_code", "closeness"],
    ["353", "1", "351", "Close"],
    ["353", "2", "350", "Very close"],
]
NEAR_BOOK = [["A", "B", "C", "D", "E", "F"], ["LA num", "LA Name", "SN1", "SNP", "SN2", "SNP"]]
NEAR_BOOK += [["353", "Oldham", "351", "Close", "350", "Very close"]]


def _read_ees(folder: Path) -> None:
    table = ees.read(folder / "table.csv")
    comparison.compare(table, "353", neighbours.read(folder / "near.csv"))


def _of_near_book(r) -> bytes:
    done = r.randrange(4)
    data = book({"SN": inputs.table(r, NEAR_BOOK) if done < 2 else NEAR_BOOK})
    return data if done < 2 else inputs.packed(r, data) if done == 2 else inputs.raw(r, data)


# Tables that commands take

HISTORY = [["unique_id", "ds", "y", "n"]]
HISTORY += [
    ["a", f"{2021 + q // 4}-{('03-31', '06-30', '09-30', '12-31')[q % 4]}", str(40 + q), "100"] for q in range(8)
]
CHART = [["date", "value", "facet", "n"]]
CHART += [[f"2024-{month:02}-01", str(80 + month), "a", "100"] for month in range(1, 13)]
CHART += [["2025-01-01", "93", "a", "100"]]


def _frame(path: Path) -> pd.DataFrame:
    """A table as the commands read it."""
    from incare import __main__ as commands

    return commands._read_frame(path)


def _read_history(folder: Path) -> None:
    frame = _frame(folder / "in.csv")
    panel.read(frame)
    if len(frame) % 16 == 0:  # the forecast itself takes far longer than reading
        forecast_series(frame, 2)


def _read_chart(folder: Path) -> None:
    rows = _frame(folder / "in.csv")
    shares = {"chart": "pp", "per": 100.0, "cut": (0, 100)} if "n" in rows else {}
    judged = of_table(rows, Settings(better="higher", target=90.0, **shares))
    if len(judged) != len(rows):
        raise LostError(f"{len(rows)} rows became {len(judged)}")


def readers() -> tuple[Reader, ...]:
    """Every reader there is."""
    base = {"episodes.csv": _csv("episodes"), "header.csv": _csv("header")}
    ees_rows = [line.split(",") for line in EES]
    near = {"near.csv": inputs.as_csv(NEAR)}
    known = {f"{name}.csv": inputs.as_csv(standard()[name]) for name in OF_STANDARD}
    return (
        Reader("SSDA903 return, CSV", "2025/mutant.csv", _of_return, _in_folder(True), _under("2025", base)),
        Reader("local tables, CSV", "mutant.csv", _of_local, _in_folder(True), base),
        Reader("SSDA903 return, XML", "return.xml", _of_xml, lambda f: _judged(f, f / "return.xml")),
        Reader("SSDA903 return, workbook", "2025.xlsx", _of_book, lambda f: _judged(f, f / "2025.xlsx")),
        Reader("Annex A lists, workbook", "lists.xlsx", _of_lists, lambda f: _judged(f, f / "lists.xlsx")),
        Reader("Standard Safeguarding Dataset, CSV", "mutant.csv", _of_standard, _in_folder(False), known),
        Reader("database, SQLite", "council.db", _of_database, lambda f: _judged(f, f / "council.db")),
        Reader("params, YAML", "q.yaml", _of_yaml(PARAMS), _read_params),
        Reader("voices, YAML", "voice.yaml", _of_yaml(VOICES), _read_voices),
        Reader("scenario, YAML", "what.yaml", _of_yaml(SCENARIO), _read_scenario),
        Reader("published figures, CSV", "table.csv", lambda r: drawn_csv(r, ees_rows), _read_ees, near),
        Reader("neighbours, CSV", "near.csv", lambda r: drawn_csv(r, NEAR), lambda f: neighbours.read(f / "near.csv")),
        Reader("neighbours, workbook", "sn_1.xlsx", _of_near_book, lambda f: neighbours.read(f / "sn_1.xlsx")),
        Reader("forecast-series, CSV", "in.csv", lambda r: drawn_csv(r, HISTORY), _read_history),
        Reader("spc, CSV", "in.csv", lambda r: drawn_csv(r, CHART), _read_chart),
    )


def _in_folder(count_rows: bool):
    return lambda folder: _judged(folder, folder, count_rows)


def _under(name: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{name}/{file}": data for file, data in files.items()}


def prepared(reader: Reader, folder: Path) -> Path:
    """An empty folder for a reader's inputs."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / reader.name).parent.mkdir(parents=True)
    return folder
