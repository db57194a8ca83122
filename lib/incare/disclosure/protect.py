"""The one way out: small numbers are hidden, the rest rounded, before anything is drawn, written or said."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from incare.disclosure.complementary import Counted, beside_flows, hide_further, lines_of
from incare.kinds import poisson, wilson

PROFILES = ("public", "restricted")
KEYS = ("area", "measure", "period_start", "period_end", "grain", "breakdown", "category")
FIGURES = ("numerator", "denominator", "value", "lower", "upper")
COLUMNS = (*KEYS, *FIGURES, "unit", "better", "definition_version", "status")
# How figures came about, as a series brings it; shown as `set_aside` and `completeness`.
ACCOUNT = ("people", "set_aside", "recorded")
SHOWN = ("ok", "low")
SYMBOLS = ("c", "z", "x")


class DisclosureError(ValueError):
    """A release that the rules do not allow, with what to change."""


@dataclass(frozen=True)
class Rules:
    """What is hidden and how the rest is rounded in the public profile; the defaults are the weakest allowed.

    Counts `hide_from` to `hide_to` are hidden, others rounded half up to `base`. A percentage needs
    `percent_min_denominator` people, a mean or median `mean_min_n`. A hidden cell keeps `least_possible` values or
    more for an attacker. `sensitive` names the measures whose 0 % and 100 % a person must look at.

    **Source**: OpenSAFELY statistical disclosure control (hide up to 7, then round to 5); DfE statistics symbols.
    """

    hide_from: int = 1
    hide_to: int = 7
    base: int = 5
    percent_min_denominator: int = 20
    mean_min_n: int = 8
    least_possible: int = 4
    sensitive: tuple[str, ...] = ()

    def check(self, profile: str) -> None:
        """Refuse an unknown profile, and in the public one any rule weaker than the default.

        Raises `DisclosureError` naming the rule, what was found and what is needed.
        """
        if profile not in PROFILES:
            raise DisclosureError(f'A profile is "public" or "restricted"; found "{profile}".')
        if profile == "restricted":
            return
        default = Rules()
        for name in ("hide_to", "base", "percent_min_denominator", "mean_min_n", "least_possible"):
            self._at_least(name, getattr(default, name))
        if self.hide_from > default.hide_from:
            raise DisclosureError(_too_weak("hide_from", self.hide_from, f"{default.hide_from} or less"))

    def _at_least(self, name: str, least: int) -> None:
        if getattr(self, name) < least:
            raise DisclosureError(_too_weak(name, getattr(self, name), f"{least} or more"))


def _too_weak(name: str, found, needed: str) -> str:
    return (
        f"The public profile needs {name} of {needed}; found {found}. "
        "Raise it in params, or ask for the restricted profile by name."
    )


@dataclass(frozen=True)
class Protected:
    """A series that may be shown: made by `protect`, the only thing views accept.

    `frame` has the columns of the series; hidden rows have status "c" and no figures. `profile` is "public" or
    "restricted". Raises `DisclosureError` when a public frame holds a count that is not rounded.
    """

    frame: pd.DataFrame = field(repr=False)
    profile: str = "public"
    rules: Rules = field(default=Rules(), repr=False)

    def __post_init__(self) -> None:
        self.rules.check(self.profile)
        if self.profile == "public":
            _refuse_unrounded(self.frame, self.rules)

    def __repr__(self) -> str:
        rows, columns = self.frame.shape
        return f"Protected({self.profile}, {rows} rows, {columns} columns)"

    def _repr_html_(self) -> str:
        """What a notebook shows of protected figures: the profile, how many are hidden, and the newest rows."""
        columns = ["measure", "period_end", "breakdown", "category", "numerator", "denominator", "value", "status"]
        hidden = int((self.frame["status"] == "c").sum())
        newest = self.frame.sort_values("period_end", kind="stable").tail(12)[columns]
        return f"<p>{self.profile}: {len(self.frame):,} figures, {hidden:,} hidden</p>{newest.to_html(index=False)}"

    @property
    def attention(self) -> pd.DataFrame:
        """Rows where a sensitive measure is 0 % or 100 % of a group, so that the figure speaks of everyone in it."""
        rows = self.frame
        share = rows["status"].isin(SHOWN) & (rows["unit"] == "%") & (rows["denominator"] > 0)
        # A complement of 1 to 7 is hidden, so equal rounded figures mean that nobody is left over.
        everyone = (rows["numerator"] == rows["denominator"]) & (rows["value"] == 100)
        chosen = share & rows["measure"].isin(self.rules.sensitive) & (everyone | (rows["numerator"] == 0))
        return rows[chosen].reset_index(drop=True)

    def select(self, **wanted) -> pd.DataFrame:
        """The rows whose columns have the wanted value or one of the wanted values, as in `measure="cla_count"`.

        Raises `KeyError` for a column that the series does not have.
        """
        rows = self.frame
        for name, value in wanted.items():
            if name not in rows:
                raise KeyError(f"A series has no column {name}; its columns are: {', '.join(rows.columns)}.")
            values = [value] if isinstance(value, str) or not np.iterable(value) else list(value)
            rows = rows[rows[name].isin(values)]
        return rows.reset_index(drop=True)

    def pipe(self, function: Callable[..., pd.DataFrame], *args, **settings) -> Protected:
        """Apply a statistic (frame in, frame out) to the protected frame; derived figures then reveal no more."""
        return replace(self, frame=function(self.to_frame(), *args, **settings))

    def to_frame(self) -> pd.DataFrame:
        """A copy of the protected frame."""
        return self.frame.copy()

    def write(self, folder: str | os.PathLike | None, name: str) -> Path | None:
        """Write `<folder>/<name>.csv` and return its path; nothing is written, and None returned, without a folder.

        UTF-8 with `\\n` line ends. Figures that are not shown are the symbols c (hidden), z (not applicable) and
        x (not available), as DfE writes them; text that a spreadsheet would run as a formula starts with `'`.
        """
        return write_table(self.frame, folder, name)


def write_table(frame: pd.DataFrame, folder: str | os.PathLike | None, name: str) -> Path | None:
    """Write a protected frame as `<folder>/<name>.csv`, as `Protected.write` describes it.

    Raises `DisclosureError` for a name that is not a plain file name.
    """
    if folder is None or str(folder) == "":
        return None
    if not re.fullmatch(r"[\w][\w.-]*", name):
        raise DisclosureError(f'A file name needs letters, digits, "_", "-" and "." only; found "{name}".')
    path = Path(folder) / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    printed(frame).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    return path


def protect(
    series: pd.DataFrame, profile: str = "public", rules: Rules | None = None, also: np.ndarray | None = None
) -> Protected:
    """Protect a tidy series: hide small numbers and what would give them away, round the rest.

    Public: counts of 1 to 7 become status "c" with no figures, 0 stays 0, others go to the nearest 5, half up, each
    rounded from the true count. Percentages and rates are whole numbers from true counts; a percentage is hidden when
    its numerator, complement or denominator is small, or the denominator is under 20. Means and medians need 8 people
    and keep one decimal. Limits are worked out again from the printed figures. Then more cells are hidden where a line
    of the table would give one away (`complementary`). Rows with status z or x keep no figure other than 0.
    Restricted: true counts; value and limits to one decimal; still no child rows.
    `also` marks rows to hide besides, as the audit asks for (`incare.disclosure.audit.protect_and_attack`).

    Raises `TypeError` for a series already protected, `DisclosureError` for rules weaker than the default, columns
    that a series does not have, or two rows with the same key.
    **Source**: DISCLOSURE rules 1 to 7 of the mission notes; OpenSAFELY statistical disclosure control.
    """
    if isinstance(series, Protected):
        raise TypeError("This series is protected already; protect the true series once, then derive with .pipe.")
    rules = Rules() if rules is None else rules
    rules.check(profile)
    frame = _checked(series)
    shown = _public(frame, rules, also) if profile == "public" else _restricted(frame)
    return Protected(shown, profile, rules)


def _checked(series: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in COLUMNS if name not in series]
    extra = [name for name in series if name not in (*COLUMNS, "reason", *ACCOUNT)]
    if missing:
        raise DisclosureError(f"A series needs the column {missing[0]}; it has: {', '.join(map(str, series.columns))}.")
    if extra:
        raise DisclosureError(
            f"Only the columns of a series can be protected; found {extra[0]} besides. Protect first, then derive."
        )
    twice = series.duplicated(list(KEYS)).to_numpy()
    if twice.any():
        row = series[twice].iloc[0]
        raise DisclosureError(
            f"{int(twice.sum())} rows of the series have the key of an earlier row; the first is {row['measure']}, "
            f"{row['period_end']:%Y-%m-%d}, {row['breakdown']}. A line of a table needs each cell once."
        )
    text = dict.fromkeys(("area", "measure", "grain", "breakdown", "category", "status"), object)
    return series.reset_index(drop=True).astype(text | dict.fromkeys(FIGURES, float))


def _restricted(frame: pd.DataFrame) -> pd.DataFrame:
    shown = frame.assign(**{name: half_up(frame[name], 0.1) for name in ("value", "lower", "upper")})
    return _accounted(shown, frame, frame["status"].isin(SHOWN).to_numpy(), None)


def _accounted(shown: pd.DataFrame, frame: pd.DataFrame, told: np.ndarray, rules: Rules | None) -> pd.DataFrame:
    """With `set_aside` and `completeness` (% of the people whose fact was recorded) in place of the true counts.

    In public they stand beside totals only, hidden and rounded like any count and share.
    """
    if "set_aside" not in frame:
        return shown
    people, aside, recorded = (frame[name].to_numpy(float) for name in ACCOUNT)
    with np.errstate(invalid="ignore", divide="ignore"):
        complete = np.where(people > 0, 100 * recorded / people, np.nan)
    if rules is None:
        complete = half_up(complete, 0.1)
    else:
        total = told & (frame["breakdown"] == "total").to_numpy()
        few = _few(aside, rules)
        apart = _few(recorded, rules) | _few(people - recorded, rules) | (people < rules.percent_min_denominator)
        aside = np.where(total & ~few, half_up(aside, rules.base), np.nan)
        complete = np.where(total & ~apart, half_up(complete), np.nan)
    kept = shown.drop(columns=[name for name in ACCOUNT if name in shown])
    return kept.assign(set_aside=np.where(told, aside, np.nan), completeness=np.where(told, complete, np.nan))


def _few(count: np.ndarray, rules: Rules) -> np.ndarray:
    return (count >= rules.hide_from) & (count <= rules.hide_to)


def _public(frame: pd.DataFrame, rules: Rules, also: np.ndarray | None) -> pd.DataFrame:
    kind = _kinds(frame)
    alone = _hidden_alone(frame, kind, rules)
    alone |= False if also is None else also
    lines = lines_of(frame, _counted(frame, kind))
    hidden = hide_further(alone, lines, rules.hide_to, rules.least_possible, rules.base)
    while (more := beside_flows(frame, hidden) & ~hidden).any():
        hidden = hide_further(hidden | more, lines, rules.hide_to, rules.least_possible, rules.base)
    shown = _blanked(_rounded(frame, kind, rules), hidden & (kind != ""))
    return _accounted(shown, frame, shown["status"].isin(SHOWN).to_numpy(), rules)


def _kinds(frame: pd.DataFrame) -> np.ndarray:
    """count, share, rate, mean, unknown (a value without its counts), or "" for rows that show nothing."""
    num, den, unit = frame["numerator"], frame["denominator"], frame["unit"].astype(str)
    kind = np.select(
        [unit == "%", unit.str.startswith("per "), den.notna(), num.notna()],
        ["share", "rate", "mean", "count"],
        default="unknown",
    ).astype(object)
    kind[((kind == "share") | (kind == "rate")) & (num.isna() | den.isna()).to_numpy()] = "unknown"
    kind[(kind != "count") & (den == 0).to_numpy()] = ""
    kind[~frame["status"].isin(SHOWN).to_numpy()] = ""
    return kind


def _counted(frame: pd.DataFrame, kind: np.ndarray) -> Counted:
    num, den = frame["numerator"].to_numpy(), frame["denominator"].to_numpy()
    share, counted = kind == "share", (kind == "count") | (kind == "rate")
    return Counted(
        numerator=np.where(share | counted, num, np.nan),
        complement=np.where(share, den - num, np.nan),
        group=np.where(share | (kind == "mean"), den, np.nan),
        zero_shown=counted,
        rounded=kind == "count",
    )


def _hidden_alone(frame: pd.DataFrame, kind: np.ndarray, rules: Rules) -> np.ndarray:
    num, den = frame["numerator"].to_numpy(), frame["denominator"].to_numpy()

    def small(count):
        return _few(count, rules)

    # The denominator of a ratio is sessions or posts, not people: what counts is the rows behind it.
    people = frame["people"].to_numpy(float) if "people" in frame else den
    share = small(num) | small(den - num) | small(den) | (den < rules.percent_min_denominator)
    by_kind = {"count": small(num), "rate": small(num), "share": share, "mean": people < rules.mean_min_n}
    hidden = kind == "unknown"
    for name, mask in by_kind.items():
        hidden |= (kind == name) & mask
    return hidden


def half_up(values, step: float = 1.0) -> np.ndarray:
    """Round to the nearest multiple of `step`, halves upwards; missing stays missing."""
    per = round(1 / step) if step < 1 else 1
    scaled = np.asarray(values, float) * per if step < 1 else np.asarray(values, float) / step
    # The hair added keeps 0.05 and the like, which binary fractions hold a little low, on the upper side.
    whole = np.floor(scaled + 0.5 + 1e-9)
    return whole / per if step < 1 else whole * step


def _rounded(frame: pd.DataFrame, kind: np.ndarray, rules: Rules) -> pd.DataFrame:
    num, den = frame["numerator"].to_numpy(), frame["denominator"].to_numpy()
    count, share, rate, mean = (kind == name for name in ("count", "share", "rate", "mean"))
    shown_num, shown_den = half_up(num, rules.base), half_up(den, rules.base)
    per = _per(frame["unit"], rate)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.select(
            [count, share, rate, mean],
            [shown_num, half_up(100 * num / den), half_up(per * num / den), half_up(frame["value"], 0.1)],
            np.nan,
        )
        # From the printed value and denominator, so that the limits say nothing the figures do not.
        shares = wilson(value / 100 * shown_den, shown_den)
        counts = poisson(np.where(count, value, value * shown_den / per))
    limits = {}
    for side, (name, scale) in enumerate({"lower": counts[0], "upper": counts[1]}.items()):
        rates = scale / np.where(shown_den > 0, shown_den, np.nan) * per
        given = half_up(frame[name], 0.1)
        limits[name] = np.select(
            [count, share, rate, mean], [half_up(scale), half_up(shares[side]), half_up(rates), given], np.nan
        )
    # The sum behind a mean is not a figure to print: times and ages of few people can be taken out of it.
    kept_num = np.where(mean, np.nan, shown_num)
    # A handful of posts behind a caseload would read as a handful of people.
    kept_den = np.where(mean & _few(shown_den, rules), np.nan, shown_den)
    return frame.assign(numerator=kept_num, denominator=kept_den, value=value, **limits)


def _per(unit: pd.Series, rate: np.ndarray) -> np.ndarray:
    digits = unit.astype(str).str.replace(",", "").str.extract(r"per (\d+)")[0].astype(float)
    return np.where(rate & digits.notna().to_numpy(), digits, 1.0)


def _blanked(frame: pd.DataFrame, hidden: np.ndarray) -> pd.DataFrame:
    """Hidden rows lose every figure; rows that show nothing keep only zeros."""
    empty = ~frame["status"].isin(SHOWN).to_numpy()
    no_group = ~empty & ~hidden & (frame["denominator"] == 0).to_numpy()
    figures = frame[list(FIGURES)]
    figures = figures.mask(hidden[:, None] | (empty[:, None] & (figures != 0).to_numpy()))
    status = np.where(hidden, "c", np.where(no_group, "z", frame["status"]))
    shown = frame.assign(**figures, status=status)
    if "reason" in shown:
        shown["reason"] = np.where(hidden, "", shown["reason"])
    return shown


def _refuse_unrounded(frame: pd.DataFrame, rules: Rules) -> None:
    counts = frame[["numerator", "denominator"]].to_numpy(float)
    if (np.nan_to_num(counts) % rules.base != 0).any():
        raise DisclosureError(
            f"A public frame holds counts that are not multiples of {rules.base}. Make it with protect(series)."
        )


def printed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as text for a file: symbols for figures not shown, dates as yyyy-mm-dd, no spreadsheet formulas."""
    status = frame["status"].astype(str) if "status" in frame else pd.Series("", index=frame.index)
    symbol = status.where(status.isin(SYMBOLS), "")
    return pd.DataFrame({name: _as_text(name, frame[name], symbol) for name in frame})


def _as_text(name: str, column: pd.Series, symbol: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.strftime("%Y-%m-%d").fillna("")
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        blank = symbol.mask(symbol == "", "z") if name in FIGURES else symbol
        return (
            column.astype(float).map("{:.10g}".format, na_action="ignore").astype(object).where(column.notna(), blank)
        )
    return column.astype(object).where(column.notna(), "").astype(str).map(_safe_text)


def _safe_text(text: str) -> str:
    risky = text.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{text}" if risky and not re.fullmatch(r"[+-]?\d+(\.\d+)?", text) else text
