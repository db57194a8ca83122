"""How fit an extract is to report: rows in, used and set aside, by table, by rule and by return.

Restricted: these are true row counts; a page shows them through `incare.disclosure.protect_rows`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from incare.periods import Quarter
from incare.record.assemble import Record, without_children
from incare.record.rules import RULES

EFFECTS = ["rule", "reason", "rows", "measure", "with_rows", "without_rows", "difference"]


@dataclass(frozen=True)
class Facts:
    """What the head of a data check says: the quarter, the day of the cut, what is covered, whether rows add up."""

    quarter: str
    ends: np.datetime64
    as_at: np.datetime64
    reaches: np.datetime64
    covers: tuple[np.datetime64, np.datetime64]
    adds_up: bool
    notices: tuple[str, ...]

    @property
    def lag_days(self) -> int | None:
        """Days from the latest record to the day of the cut; None when nothing is dated."""
        return None if np.isnat(self.reaches) else int((self.as_at - self.reaches).astype(int))

    @property
    def reaches_the_quarter(self) -> bool:
        """Whether the returns cover the quarter's last day."""
        return bool(self.covers[0] <= self.ends <= self.covers[1])


def facts(record: Record, quarter: str) -> Facts:
    """The facts of a record for one quarter."""
    lines = record.reconciliation
    return Facts(
        quarter=quarter,
        ends=np.datetime64(Quarter.parse(quarter).end, "D"),
        as_at=record.as_at,
        reaches=record.reaches,
        covers=record.covers,
        adds_up=bool((lines["rows_in"] == lines["used"] + lines["set_aside"]).all() and (lines["used"] >= 0).all()),
        notices=record.notices,
    )


def by_table(record: Record) -> pd.DataFrame:
    """The reconciliation added up over files: table, rows_in, used, set_aside; returns first, then local tables."""
    columns = ["rows_in", "used", "set_aside"]
    lines = record.reconciliation
    local = lines["year"].to_numpy() == 0
    place, names = pd.factorize(lines["table"].to_numpy(object)[np.argsort(local, kind="stable")])
    values = lines[columns].to_numpy()[np.argsort(local, kind="stable")]
    sums = np.zeros((len(names), len(columns)), dtype=int)
    np.add.at(sums, place, values)
    return pd.DataFrame({"table": names} | dict(zip(columns, sums.T, strict=True)))


def by_rule(record: Record, action: str = "") -> pd.DataFrame:
    """The issues counted: table, rule, reason, rows, most rows first; only those of one action when it is named."""
    issues = record.issues
    issues = issues[issues["action"] == action] if action else issues
    keys = ["table", "rule", "reason"] if action else ["action", "table", "rule", "reason"]
    counted = Counter(zip(*(issues[key].to_numpy(object) for key in keys), strict=True)).most_common()
    frame = pd.DataFrame([line for line, _ in counted], columns=keys, dtype="str")
    return frame.assign(rows=np.array([rows for _, rows in counted], dtype=int))


def by_return(record: Record) -> pd.DataFrame:
    """Rows read by return: the year to 31 March, then a column for each SSDA903 table."""
    lines = record.reconciliation[record.reconciliation["year"] > 0]
    counted = lines.groupby(["year", "table"], sort=False)["rows_in"].sum().unstack(fill_value=0).sort_index()
    counted.insert(0, "year_to_31_march", counted.index.astype(str))
    return counted.reset_index(drop=True)


def effects(
    record: Record,
    ask: Callable[[Record, tuple[str, ...]], pd.DataFrame],
    measures: Iterable[str],
    rules: Iterable[str] | None = None,
) -> pd.DataFrame:
    """How far the rows that a rule touched move the figures: each measure with and without the children concerned.

    `ask(record, measures)` answers the measures named, of any record, as a frame `measure, value`; it is asked once for
    the whole record and once for each group of children that rules touched, with only the measures they can move
    (`Rule.moves`). `measures` names those to look at, `rules` the rules (without it all that found something).
    Returns `rule, reason, rows` (lines of the rule in the issues), `measure, with_rows` (the figure as reported),
    `without_rows` (on a record without those children) and `difference` (the former less the latter; missing where
    either is), rules and measures in the order of their lists. A rule whose rows are of no child that is known, or that
    moves none of the measures, has no line.
    Source: INPUTS section 8 (which measures each rule moves) and 9.
    """
    wanted = list(dict.fromkeys(measures))
    found = {rule: mine for rule in (RULES if rules is None else rules) if (mine := _touched(record, rule)) is not None}
    asked = {rule: [m for m in wanted if m in RULES[rule].moves] for rule in found}
    groups: dict[bytes, dict] = {}
    for rule in (rule for rule in found if asked[rule]):
        group = groups.setdefault(found[rule].tobytes(), {"children": found[rule], "measures": {}, "rules": []})
        group["measures"] |= dict.fromkeys(asked[rule])
        group["rules"].append(rule)
    if not groups:
        return pd.DataFrame(columns=EFFECTS)
    union = tuple(m for m in wanted if any(m in group["measures"] for group in groups.values()))
    whole = _answers(ask(record, union))
    without = {}
    for group in groups.values():
        names = tuple(m for m in wanted if m in group["measures"])
        answers = _answers(ask(without_children(record, group["children"]), names))
        without |= {rule: answers for rule in group["rules"]}
    lines = [(rule, measure) for rule in found for measure in asked[rule]]
    counts = record.issues["rule"].value_counts()
    frame = pd.DataFrame(
        {
            "rule": [rule for rule, _ in lines],
            "reason": [RULES[rule].reason for rule, _ in lines],
            "rows": [int(counts[rule]) for rule, _ in lines],
            "measure": [measure for _, measure in lines],
            "with_rows": [whole.get(measure, np.nan) for _, measure in lines],
            "without_rows": [without[rule].get(measure, np.nan) for rule, measure in lines],
        }
    )
    return frame.assign(difference=frame["with_rows"] - frame["without_rows"])[EFFECTS]


def _touched(record: Record, rule: str) -> np.ndarray | None:
    """The numbers of the children whose rows a rule touched; None when there are none."""
    children = np.unique(record.whose[(record.issues["rule"] == rule).to_numpy()])
    children = children[children >= 0]
    return children if len(children) else None


def _answers(frame: pd.DataFrame) -> dict[str, float]:
    return dict(zip(frame["measure"], frame["value"].astype(float), strict=True))
