"""Planted ids, names, postcodes and dates of birth, and the search for them in every byte of what a run leaves."""

from __future__ import annotations

import base64
import io
import re
import zipfile
import zlib
from pathlib import Path

import pandas as pd
import pypdf

# Letters and days that stand nowhere else.
IDS = [f"CANARY{number:03}" for number in range(6)]
UPNS = [f"Z9{number:011}" for number in range(77_001, 77_007)]
NAMES = [
    "Zebedee Quillfeather",
    "Ottoline Brambleshaw",
    "Xanthe Nightjar",
    "Peregrine Oakmoss",
    "Ignatius Fennimoor",
    "Wrenfield Loxby",
]
POSTCODE = "ZZ97 9ZX"
BORN = ["13/02/2011", "17/02/2012", "19/02/2013", "23/07/2010", "11/05/2014", "03/08/2015"]

_PICTURE = re.compile(rb"data:image/png;base64,([A-Za-z0-9+/=]+)")


def plant(place: Path, districts: list[str] | None = None) -> None:
    """Have six children in care of an extract carry canaries, in every file; `districts` go into a column of their own.

    Their names stand in a column that incare does not know.
    """
    files = sorted(place.rglob("*.csv"))
    tables = {path: pd.read_csv(path, dtype=str, keep_default_na=False) for path in files}
    latest = tables[max(path for path in files if path.stem == "episodes")]
    chosen = list(dict.fromkeys(latest.loc[latest["DEC"] == "", "CHILD"]))[: len(IDS)]
    for path, frame in tables.items():
        if "CHILD" not in frame:
            continue
        mine = frame["CHILD"].isin(chosen)
        number = frame.loc[mine, "CHILD"].map(chosen.index)
        for column, values in (("CHILD", IDS), ("UPN", UPNS), ("DOB", BORN), ("MC_DOB", BORN)):
            if column in frame:
                frame.loc[mine, column] = number.map(values.__getitem__)
        for column in ("HOME_POST", "PL_POST"):
            if column in frame:
                frame.loc[mine, column] = POSTCODE
        if path.stem == "header":
            frame["NAME"] = ""
            frame.loc[mine, "NAME"] = number.map(NAMES.__getitem__)
            if districts:
                frame["DISTRICT"] = [districts[place % len(districts)] for place in range(len(frame))]
        frame.to_csv(path, index=False)


def wanted() -> dict[str, re.Pattern[bytes]]:
    """What must not be found, as a pattern of bytes."""
    days = [tuple(map(int, day.split("/"))) for day in BORN]
    forms = [f"{d:02}/{m:02}/{y}" for d, m, y in days] + [f"{y}-{m:02}-{d:02}" for d, m, y in days]
    months = ("January", "February", "March", "April", "May", "June", "July", "August")
    forms += [f"{d} {months[m - 1][:length]}[a-z]* {y}" for d, m, y in days for length in (3,)]
    forms += [f"{m:02}/{d:02}/{y}" for d, m, y in days] + [f"{y}{m:02}{d:02}" for d, m, y in days]
    post = POSTCODE.replace(" ", "(?: |%20|&nbsp;)?")
    parts = [part for name in NAMES for part in name.split()]
    kinds = {"ids": IDS, "UPNs": UPNS, "names": parts, "dates of birth": forms, "postcodes": [post]}
    return {kind: re.compile("|".join(words).encode(), re.IGNORECASE) for kind, words in kinds.items()}


def layers(data: bytes) -> bytes:
    """A file's bytes, and what is packed inside it: pictures' notes, the parts of office files, what a PDF says."""
    # Four letters stand in the base64 of a large picture by chance; what it holds is looked at below.
    whole = [_PICTURE.sub(b"picture", data)]
    pictures = [base64.b64decode(found) for found in _PICTURE.findall(data)]
    if data.startswith(b"\x89PNG"):
        pictures.append(data)
    for picture in pictures:
        at = 8
        while at + 8 <= len(picture):
            length = int.from_bytes(picture[at : at + 4], "big")
            kind, chunk = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
            if kind != b"IDAT":
                whole.append(chunk)
            if kind in (b"zTXt", b"iTXt"):
                whole += [_opened(chunk[start:]) for start in range(len(chunk))]
            at += 12 + length
    if data.startswith(b"PK\x03\x04"):
        whole += [part for found in _of_zip(data) for part in found]
    if data.startswith(b"%PDF"):
        whole += _of_pdf(data)
    return b"\n".join(whole)


def _of_zip(data: bytes):
    """Of each part of an office file its name, its bytes opened, and its text with nothing between the letters."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        for name in book.namelist():
            part = book.read(name)
            yield name.encode(), layers(part), re.sub(rb"<[^>]*>", b"", part) if name.endswith(".xml") else b""


def _opened(packed: bytes) -> bytes:
    try:
        return zlib.decompress(packed)
    except zlib.error:
        return b""


def _of_pdf(data: bytes) -> list[bytes]:
    """Every stream of a PDF, unpacked, what its pages say, and its notes about itself."""
    reader = pypdf.PdfReader(io.BytesIO(data))
    found = [page.extract_text() for page in reader.pages]
    found += [f"{key} {value}" for key, value in (reader.metadata or {}).items()]
    opened = [text.encode("utf-8", "replace") for text in found]
    for number in range(1, len(reader.xref[0]) + len(reader.xref_objStm) + 1):
        held = reader.get_object(number)
        if isinstance(held, pypdf.generic.StreamObject) and held.get("/Subtype") != "/Image":
            opened.append(held.get_data())
        elif held is not None:
            opened.append(str(held).encode("utf-8", "replace"))
    return opened


def hits(patterns: dict[str, re.Pattern[bytes]], files: dict[str, bytes]) -> dict[tuple[str, str], int]:
    """How often each kind was found in each file or its name; places without any are left out."""
    found = {}
    for name, data in files.items():
        text = name.encode() + b"\n" + layers(data)
        found |= {(kind, name): len(pattern.findall(text)) for kind, pattern in patterns.items()}
    return {place: count for place, count in found.items() if count}


def left(folder: Path) -> dict[str, bytes]:
    """Everything that a run left behind, by name: packs, kept results, notes; the name is part of what is searched."""
    reports = folder / "reports"
    files = [path for path in reports.rglob("*") if path.is_file()]
    return {path.relative_to(reports).as_posix(): path.read_bytes() for path in files}
