"""Small drawn series for the disclosure tests."""

import numpy as np
import pandas as pd

END = "2025-09-30"


def counts(parts: dict, end=END, measure="cla_count", breakdown="age_band", total=None, grain="quarter"):
    """One breakdown of a count with its total."""
    rows = [("total", "All", sum(parts.values()) if total is None else total)]
    rows += [(breakdown, name, count) for name, count in parts.items()]
    frame = pd.DataFrame(rows, columns=["breakdown", "category", "numerator"]).assign(denominator=np.nan)
    return series(frame, measure, "children", end, grain)


def shares(parts: dict, end=END, measure="cl_eet_pct", breakdown="age_band", grain="quarter"):
    """One breakdown of a share, `{category: (numerator, denominator)}`, with its total."""
    total = tuple(np.sum(list(parts.values()), axis=0))
    rows = [("total", "All", *total)] + [(breakdown, name, *pair) for name, pair in parts.items()]
    frame = pd.DataFrame(rows, columns=["breakdown", "category", "numerator", "denominator"])
    return series(frame, measure, "%", end, grain)


def mix(table: pd.DataFrame, end=END, measure="placement_type_pct", of="placement_type", by="age_band"):
    """A mix by a breakdown from its two-way table (rows: groups, columns: parts)."""
    whole = table.to_numpy().sum()
    rows = [("total", "All", whole, whole)]
    rows += [(of, part, table[part].sum(), whole) for part in table]
    rows += [
        (f"{by} / {of}", f"{group} / {part}", table.loc[group, part], table.loc[group].sum())
        for group in table.index
        for part in table
    ]
    frame = pd.DataFrame(rows, columns=["breakdown", "category", "numerator", "denominator"])
    return series(frame, measure, "%", end)


def series(frame, measure, unit, end, grain="quarter"):
    """The columns of a tidy series around drawn counts."""
    end = pd.Timestamp(end)
    months = 3 if grain == "quarter" else 1
    with np.errstate(invalid="ignore"):
        value = frame["numerator"] if unit == "children" else 100 * frame["numerator"] / frame["denominator"]
    return pd.DataFrame(
        {
            "area": "Westmere",
            "measure": measure,
            "period_start": end + pd.Timedelta(days=1) - pd.DateOffset(months=months),
            "period_end": end,
            "grain": grain,
            "breakdown": frame["breakdown"],
            "category": frame["category"],
            "numerator": frame["numerator"].astype(float),
            "denominator": frame["denominator"].astype(float),
            "value": value.astype(float),
            "lower": np.nan,
            "upper": np.nan,
            "unit": unit,
            "better": "neither",
            "definition_version": 1,
            "status": "ok",
            "reason": "",
        }
    )
