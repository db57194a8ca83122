"""Is this extract fit to report? Rows, what was set aside or repaired and why, coverage and lag; never a child."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from incare.pack import params as params_file
from incare.pack.params import AgreementError, Params, in_words
from incare.pack.run import read_record
from incare.record import quality


@dataclass(frozen=True)
class Fitness:
    """What is known about an extract before any notebook runs.

    `rows` has table, rows_in, used, set_aside; `findings` has action, rule, table, reason, rows; `faults` are the
    sentences that make the extract unfit.
    """

    area: str
    quarter: str
    as_at: str
    covers: tuple[str, str]
    reaches: str
    lag_days: int | None
    rows: pd.DataFrame = field(repr=False)
    findings: pd.DataFrame = field(repr=False)
    notices: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def fit(self) -> bool:
        """Whether nothing was found that stops a report."""
        return not self.faults

    def as_dict(self) -> dict:
        """The same as plain values, for `--json`."""
        plain = {k: v for k, v in vars(self).items() if not isinstance(v, pd.DataFrame)}
        return {"fit": self.fit} | plain | {k: getattr(self, k).to_dict("records") for k in ("rows", "findings")}


def check(place) -> Fitness:
    """Look at the extract of a params file, or at a folder of extract files without a quarter.

    Raises `ParamsError` or `ExtractError` when the params or the files cannot be read.
    """
    place = Path(place)
    if place.is_dir():
        from incare import record

        return fitness(record.read(place, area=place.resolve().name))
    params = params_file.read(place)
    return fitness(read_record(params), params)


def fitness(record, params: Params | None = None) -> Fitness:
    """What a record says about itself, held against the params file when there is one."""
    covers = tuple(str(pd.Timestamp(day).date()) for day in record.covers)
    reaches, as_at = pd.Timestamp(record.reaches), pd.Timestamp(record.as_at)
    known = reaches is not pd.NaT
    return Fitness(
        area=record.area,
        quarter=params.quarter if params else "",
        as_at=str(as_at.date()),
        covers=covers,
        reaches=str(reaches.date()) if known else "",
        lag_days=(as_at - reaches).days if known else None,
        rows=quality.by_table(record),
        findings=quality.by_rule(record),
        notices=tuple(record.notices),
        faults=tuple(_faults(record, params)),
    )


def _faults(record, params: Params | None) -> list[str]:
    rows, faults = quality.by_table(record), []
    unequal = rows.loc[rows["rows_in"] != rows["used"] + rows["set_aside"], "table"]
    faults += [f"{table}: the rows used and set aside do not add up to the rows read." for table in unequal]
    faults += [f"{table}: no row of it could be used." for table in rows.loc[rows["used"] == 0, "table"]]
    if params is not None:
        try:
            params_file.agree(params, record)
        except AgreementError as problem:
            faults.append(str(problem))
    return faults


def told(found: Fitness) -> list[str]:
    """The sentences at the head of the page."""
    lag = (
        ""
        if found.lag_days is None
        else f" The latest record is of {_words(found.reaches)}, {found.lag_days} days before."
    )
    first, last = map(_words, found.covers)
    title = f"{found.area}, {found.quarter}" if found.quarter else found.area
    return [f"{title}. As at {_words(found.as_at)}.{lag}", f"The returns cover {first} to {last}.", *found.notices]


def _words(iso: str) -> str:
    return in_words(pd.Timestamp(iso).date())
