"""England's published figures for the measures that have one."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources

import pandas as pd


def england(measures: Iterable) -> dict[str, pd.DataFrame]:
    """England's figures by id of the `measures` given: a frame with area, period_end (31 March), value, source.

    A figure belongs to one definition: where a measure has a choice that changes the definition, the file names it
    after a colon and the figure is given only when that choice is in force.
    Source: DfE, Children looked after in England, as read from the Local Authority Interactive Tool data of April 2026.
    """
    with resources.files("incare.published").joinpath("england.csv").open(encoding="utf-8") as file:
        wide = pd.read_csv(file)
    tall = wide.melt(["measure", "source"], var_name="year", value_name="value").dropna(subset="value")
    tall["period_end"] = pd.to_datetime(tall["year"] + "-03-31")
    tall["area"] = "England"
    found = {
        m.id: tall[tall["measure"] == name] for m in measures for name in _names(m) if (tall["measure"] == name).any()
    }
    return {
        name: rows[["area", "period_end", "value", "source"]].reset_index(drop=True) for name, rows in found.items()
    }


def _names(measure) -> tuple[str, ...]:
    return (measure.id, *(f"{measure.id}:{value}" for value in measure.choices.values() if isinstance(value, str)))
