"""Is this extract fit to report? Rows, what was set aside or repaired and why, coverage and lag; never a child."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from incare.pack import params as params_file
from incare.pack.params import AgreementError, Params, in_words
from incare.pack.run import read_record
from incare.periods import Periods
from incare.record import quality


@dataclass(frozen=True)
class Fitness:
    """What is known about an extract before any notebook runs.

    `rows` has table, rows_in, used, set_aside; `findings` has action, rule, table, reason, rows; `faults` are the
    sentences that make the extract unfit; `moves`, when asked for, has a line per rule and measure (see `effects`).
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
    moves: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def fit(self) -> bool:
        """Whether nothing was found that stops a report."""
        return not self.faults

    def as_dict(self) -> dict:
        """The same as plain values, for `--json`."""
        plain = {k: v for k, v in vars(self).items() if not isinstance(v, pd.DataFrame) and k != "moves"}
        tables = {k: getattr(self, k) for k in ("rows", "findings", "moves")}
        listed = {
            k: table.astype(object).where(table.notna(), None).to_dict("records")
            for k, table in tables.items()
            if table is not None
        }
        return {"fit": self.fit} | plain | listed


def check(place, moves: bool = False) -> Fitness:
    """Look at the extract of a params file, or at an extract without a quarter.

    `moves` adds how far each rule moves the figures: of the quarter, or of the last quarter that the returns cover.
    Raises `ParamsError` or `ExtractError` when the params or the files cannot be read.
    """
    place = Path(place)
    params = params_file.read(place) if place.suffix.lower() in (".yaml", ".yml") else None
    if params is None:
        from incare import record

        found = record.read(place, area=place.resolve().stem)
    else:
        found = read_record(params)
    known = fitness(found, params)
    return replace(known, moves=_moves(found, params)) if moves else known


def _moves(record, params: Params | None) -> pd.DataFrame:
    from incare.measures import catalogue
    from incare.pack.effects import effects

    measures = catalogue().choose(params.choices) if params else catalogue()
    end = params.span.end if params else _last_quarter_end(record.covers[1])
    return effects(record, measures, Periods.quarters(end, 1))


def _last_quarter_end(day) -> pd.Timestamp:
    """The last day of the latest quarter that is over on a day."""
    return (pd.Timestamp(day) + pd.Timedelta(days=1)).to_period("Q").start_time - pd.Timedelta(days=1)


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
    useless = rows.loc[(rows["used"] == 0) & (rows["rows_in"] > 0), "table"]
    faults += [f"{table}: no row of it could be used." for table in useless]
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
