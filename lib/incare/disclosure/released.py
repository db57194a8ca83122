"""What has been released: the cells of published packs and of other tables, as an attacker would collect them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from incare.disclosure.protect import FIGURES, SHOWN, SYMBOLS, Protected, Rules

# What makes a number the same number: the same children, counted in the same way, at the same time.
WHOSE = ["area", "measure", "definition", "window", "grain", "period_end"]
KEY = [*WHOSE, "cohort", "breakdown", "category"]
COLUMNS = [*KEY, "period_start", "unit", "numerator", "denominator", "value", "status"]
LABELS = ["release", "base", "hide_from", "hide_to"]
MANIFEST, DATA = "manifest.json", "data"


class PackError(ValueError):
    """A folder that cannot be read as a published pack, with what is missing."""


@dataclass(frozen=True)
class Facts:
    """What a definition card tells an attacker: what is counted, over which days, and the parts of a mix."""

    kind: str = ""
    window: str = ""
    parts: str = ""


@cache
def published_facts() -> dict[str, Facts]:
    """The facts of every measure of the catalogue, by id; definitions are published, so an attacker has them."""
    from incare.measures import catalogue

    return {m.id: Facts(type(m.kind).__name__.lower(), window_name(m.window), m.parts) for m in catalogue()}


def window_name(window) -> str:
    """A window in words: `last day`, `year to date`, `12 months` or `period`."""
    if window.last_day:
        return "last day"
    if window.to_date:
        return "year to date"
    return f"{window.months} months" if window.months else "period"


def released(
    shown: Protected | pd.DataFrame,
    release: str,
    *,
    cohort: str = "",
    choices: dict[str, dict] | None = None,
    rules: Rules | None = None,
) -> pd.DataFrame:
    """The cells that one release prints, a row per cell.

    `shown` is a protected series, or its printed figures read back; `release` names the pack or question, in the order
    in which they are given to the audit; `cohort` is the expression of a question about some children; `choices` the
    definitions other than the default, by measure.
    Returns `area, measure, definition, window, grain, period_end, cohort, breakdown, category, period_start, unit,
    numerator, denominator, value, status, release, base, hide_from, hide_to`.
    """
    frame = shown.frame if isinstance(shown, Protected) else shown
    rules = rules or (shown.rules if isinstance(shown, Protected) else Rules())
    chosen = {name: _definition(name, values) for name, values in (choices or {}).items()}
    default = {name: ("", facts.window) for name, facts in published_facts().items()}
    known = default | chosen
    names = frame["measure"].astype(str)
    given = "cohort" in frame
    base, hide_to = _as_seen(frame, rules)
    cells = frame.assign(
        definition=names.map(lambda name: known.get(name, ("", ""))[0]),
        window=frame["window"] if "window" in frame else names.map(lambda name: known.get(name, ("", ""))[1]),
        cohort=frame["cohort"] if given else cohort,
        release=release,
        base=base,
        hide_from=rules.hide_from,
        hide_to=hide_to,
    )
    days = {name: pd.to_datetime(cells[name]).astype("datetime64[s]") for name in ("period_start", "period_end")}
    return cells.assign(**days)[[*COLUMNS, *LABELS]].reset_index(drop=True)


def _as_seen(frame: pd.DataFrame, rules: Rules) -> tuple[int, int]:
    """The base and the largest hidden count, unless the printed figures show that they were not kept."""
    known = frame["status"].isin(SHOWN) & ~frame["unit"].astype(str).str.startswith("per ")
    figures = frame.loc[known, ["numerator", "denominator"]].to_numpy(float)
    figures = figures[figures > 0]
    base = rules.base if (figures % rules.base == 0).all() else 1
    return base, int(min([rules.hide_to, *np.ceil(figures) - 1]))


def _definition(name: str, chosen: dict) -> tuple[str, str]:
    """The choices that say who is counted, and the window that they give."""
    from incare.measures import catalogue

    measures = catalogue()
    made = measures.choose({name: dict(chosen)})[name]
    apart = {key: value for key, value in made.choices.items() if measures[name].choices[key] != value}
    apart.pop("window", None)
    return (json.dumps(apart, sort_keys=True, default=str) if apart else "", window_name(made.window))


def read_figures(path: str | os.PathLike) -> pd.DataFrame | None:
    """The printed figures of one data file, symbols as missing; None for a file that holds no series."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    if not {"measure", "breakdown", "category", "status", *FIGURES} <= set(frame.columns):
        return None
    numbers = {n: pd.to_numeric(frame[n].mask(frame[n].isin([*SYMBOLS, ""]))).astype(float) for n in FIGURES}
    return frame.assign(**numbers)


def read_pack(folder: str | os.PathLike) -> pd.DataFrame:
    """Every released cell of a published pack, from all its data files, as `released` returns them.

    The pack's choices and stricter rules are taken from its manifest. Raises `PackError` for a folder without one.
    """
    folder = Path(folder)
    facts = read_manifest(folder)
    params = facts.get("params", {})
    rules = Rules(**params.get("disclosure", {}))
    found = [figures for file in data_files(folder) if (figures := read_figures(file)) is not None]
    parts = [
        released(figures, name_of(facts), choices=params.get("choices", {}), rules=rules)
        for figures in found
        if len(figures)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*COLUMNS, *LABELS])


def read_manifest(folder: str | os.PathLike) -> dict:
    """The facts of a pack. Raises `PackError` when they are missing or torn."""
    try:
        facts = json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackError(f"{folder} is not a published pack: it has no {MANIFEST}.") from None
    except (OSError, ValueError):
        raise PackError(f"{Path(folder) / MANIFEST} cannot be read; run the quarter again.") from None
    if not isinstance(facts, dict) or not {"area", "quarter", "profile"} <= set(facts):
        raise PackError(f"{Path(folder) / MANIFEST} does not name an area, a quarter and a profile.")
    return facts


def name_of(facts: dict) -> str:
    """What a release is called: area, quarter and when its run began."""
    return f"{facts['area']} {facts['quarter']} {facts.get('started', '')}".strip()


def data_files(folder: str | os.PathLike) -> list[Path]:
    """The data files of a pack, in order."""
    return sorted((Path(folder) / DATA).glob("*.csv"))


def kinds_of(cells: pd.DataFrame) -> pd.Series:
    """What each row's figures are: count, share, rate, mean, or ratio (of things that are not children)."""
    facts = published_facts()
    by_name = cells["measure"].map(lambda name: facts[name].kind if name in facts else "")
    unit = cells["unit"].astype(str)
    ever = cells["denominator"].notna().groupby(cells["measure"]).transform("any")
    guessed = np.select([unit == "%", unit.str.startswith("per "), ever], ["share", "rate", "mean"], "count")
    kind = pd.Series(np.where(by_name == "", guessed, by_name), index=cells.index)
    return kind.replace({"mix": "share", "median": "mean"})
