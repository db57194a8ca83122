"""Inputs that no one wrote: a sound file with something done to it, as accidents and people do it.

Every choice is drawn from one source of chance, Hypothesis' or `random.Random(seed)`, so an input can be made again.
"""

from __future__ import annotations

import csv
import io
import zipfile
from random import Random

# What is put in a cell: blanks and words for them, dates of every bad kind, numbers, formulas, odd letters.
CELLS = (
    *(
        "",
        " ",
        "\xa0",
        "NULL",
        "NA",
        "None",
        "#N/A",
        "-",
        "nan",
        "inf",
        "-inf",
        "TRUE",
        "0",
        "00",
        "0.0",
        "-1",
        "1e309",
    ),
    *("1.23E+11", "9007199254740993", "9" * 400, "1,5", "½", "01/13/2024", "13/13/2024", "31/02/2024", "2024-02-30"),
    *(
        "29/02/2023",
        "29/02/2024",
        "45383",
        "01/06/24",
        "01/01/0001",
        "31/12/9999",
        "01/01/1900",
        "0000-00-00",
        "1/6/2024",
    ),
    *(
        "2024-06-01T00:00:00Z",
        "١٢/٠١/٢٠٢٤",
        "２０２４-０１-０１",
        "01-06-2024",
        "U6 - Foster",
        "U6:",
        "X1",
        "S",
        "zz",
        "Ã«",
    ),
    *(
        "=cmd|' /C calc'!A0",
        "+1",
        "@SUM(1)",
        "\t",
        "a\nb",
        'a"b',
        "<script>",
        "&amp;",
        "\u202e",
        "\ufeff",
        "😀",
        "\x0b",
    ),
)
HEADINGS = ("CHILD", "DECOM", "YEAR", "", "DECOMM", "child ", "=1", "VALUE", "ds", "y", "n", "kind", "date", "facet")
BYTES = (
    b"\x00",
    b'"',
    b"'",
    b",",
    b"\r",
    b"\n",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xe9",
    b"\xc3",
    b"\x1a",
    b";",
    b"\t",
    b"<",
    b"&",
)


def text_rows(data: bytes) -> list[list[str]]:
    """A sound CSV file's cells."""
    return [row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) if row]


def as_csv(rows: list[list[str]]) -> bytes:
    """Cells as a CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


# What is done to a table


def _cell(r, rows):
    row = rows[r.randrange(len(rows))]
    if row:
        row[r.randrange(len(row))] = r.choice(CELLS)


def _column(r, rows):
    place, text = r.randrange(len(rows[0])), r.choice(CELLS)
    for row in rows[1:]:
        if place < len(row):
            row[place] = text


def _swap(r, rows):
    one, other = (rows[r.randrange(len(rows))] for _ in range(2))
    if one and other:
        a, b = r.randrange(len(one)), r.randrange(len(other))
        one[a], other[b] = other[b], one[a]


def _repeat(r, rows):
    row = rows[r.randrange(len(rows))]
    rows.extend([list(row) for _ in range(r.randrange(1, 4))])


def _drop_row(r, rows):
    if len(rows) > 1:
        del rows[r.randrange(len(rows))]


def _drop_cell(r, rows):
    row = rows[r.randrange(len(rows))]
    if row:
        del row[r.randrange(len(row))]


def _add_cell(r, rows):
    rows[r.randrange(len(rows))].append(r.choice(CELLS))


def _drop_column(r, rows):
    place = r.randrange(len(rows[0]))
    for row in rows:
        del row[place : place + 1]


def _heading(r, rows):
    rows[0][r.randrange(len(rows[0]))] = r.choice(HEADINGS)


def _add_column(r, rows):
    text = r.choice(CELLS)
    for number, row in enumerate(rows):
        row.append(r.choice(HEADINGS) if number == 0 else text)


def _shuffle(r, rows):
    if r.randrange(2):
        below = rows[1:]
        r.shuffle(below)
        rows[1:] = below
    else:
        order = list(range(len(rows[0])))
        r.shuffle(order)
        for row in rows:
            row[:] = [row[place] for place in order if place < len(row)]


def _title(r, rows):
    rows.insert(0, [r.choice(CELLS)])


TABLE = (_cell, _cell, _cell, _column, _swap, _repeat, _drop_row, _drop_cell, _add_cell, _drop_column, _heading)
TABLE += (_add_column, _shuffle, _title)


def table(r, rows: list[list[str]]) -> list[list[str]]:
    """A table with one to four things done to it."""
    rows = [list(row) for row in rows]
    for _ in range(r.randrange(1, 5)):
        if rows and rows[0]:
            r.choice(TABLE)(r, rows)
    return rows


# What is done to bytes


def raw(r, data: bytes) -> bytes:
    """Bytes with one or two things done to them: cut, flipped, inserted, repeated, or saved another way."""
    for _ in range(r.randrange(1, 3)):
        at = r.randrange(len(data) + 1)
        to = min(len(data), at + r.randrange(1, 40))
        done = r.randrange(8)
        if done == 0:
            data = data[:at]
        elif done == 1:
            data = data[:at] + r.choice(BYTES) + data[at:]
        elif done == 2:
            data = data[:at] + bytes([r.randrange(256)]) + data[at + 1 :]
        elif done == 3:
            data = data[:at] + data[to:]
        elif done == 4:
            data = data[:to] + data[at:]
        elif done == 5:
            data = data.replace(b"\n", r.choice((b"\r\n", b"\r", b"\n\n")))
        elif done == 6:
            data = data.replace(b",", r.choice((b";", b"\t", b", ")))
        else:
            text = data.decode("utf-8", "replace")
            data = text.encode(r.choice(("utf-16", "utf-8-sig", "cp1252", "latin-1", "utf-16-le")), "replace")
    return data


def words(r, data: bytes, tokens: tuple[str, ...]) -> bytes:
    """Text in which tokens of its language are put, or lines moved and repeated."""
    lines = data.decode().split("\n")
    for _ in range(r.randrange(1, 4)):
        at = r.randrange(len(lines))
        done = r.randrange(5)
        if done == 0:
            lines[at] += r.choice(tokens)
        elif done == 1:
            place = r.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:place] + r.choice(tokens) + lines[at][place:]
        elif done == 2:
            lines.insert(r.randrange(len(lines)), lines[at])
        elif done == 3 and len(lines) > 1:
            del lines[at]
        else:
            lines[at] = r.choice(tokens)
    return "\n".join(lines).encode()


def packed(r, data: bytes) -> bytes:
    """A workbook with something done to one of the files in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as after:
        entries = before.infolist()
        chosen = r.randrange(len(entries))
        for number, entry in enumerate(entries):
            body = before.read(entry)
            if number == chosen:
                done = r.randrange(6)
                if done == 0:
                    continue
                if done == 1:
                    entry.filename = r.choice(("../../evil.xml", "/etc/evil", "xl/worksheets/sheet9.xml"))
                else:
                    body = raw(r, body)
            after.writestr(entry.filename, body)
    return out.getvalue()


def chance(seed: int) -> Random:
    """The source of chance of one input."""
    return Random(seed)
