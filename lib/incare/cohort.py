"""Cohort expressions: which children a figure is about, written as people say it: `uasc and age >= 16`."""

from __future__ import annotations

import ast
import difflib
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

_COMPARE = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
# What a name by itself means, such as `uasc` or `ehcp`.
_TRUE = {"yes", "y", "true", "1"}
_AGES = re.compile(r"(\d{1,2})\s*(?:-|–|to)\s*(\d{1,2})|(\d{1,2})\s*(?:\+|and over)|under\s*(\d{1,2})", re.I)
LONGEST = 500


class CohortError(ValueError):
    """A cohort expression that cannot be read, with the place and what may be written."""


@dataclass(frozen=True)
class Cohort:
    """A cohort expression, read and checked; nothing in it is ever run as code."""

    text: str
    tree: ast.expr
    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str, known: list[str]) -> Cohort:
        """Read an expression over the known names.

        Names stand for breakdowns (`uasc`, `team == "North"`, `placement != "With parents"`), `age` for the age in
        years. Joined by and, or, not, in, ==, !=, <, <=, >, >= and brackets. `age_band == "16-17"` is read as ages.
        Raises `CohortError` for anything else, with the nearest name for one that is not known.
        """
        if len(text) > LONGEST:
            raise CohortError(f"A cohort expression has at most {LONGEST} characters; found {len(text)}.")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise CohortError(
                f'The cohort {text!r} cannot be read. Write it like: uasc and age >= 16, or team == "North".'
            ) from None
        names = tuple(dict.fromkeys(_names(tree, text)))
        names += ("age",) if "age_band" in names and "age" not in names else ()
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise CohortError(f"A cohort cannot ask for {name}; it can ask for: {', '.join(known)}.{hint}")
        return cls(text.strip(), tree, names)

    def holds(self, length: int, column: Callable[[str], np.ndarray | pd.Categorical | None]) -> np.ndarray:
        """For each of `length` rows whether the cohort holds it; `column` gives a name's values.

        A row whose value is not known is in no comparison but !=. Raises `CohortError` for a name that does not apply
        to the rows.
        """
        values = {}
        for name in self.names:
            values[name] = column(name)
            if values[name] is None:
                raise CohortError(f"The measure's rows have no {name}, so the cohort {self.text!r} cannot be found.")
        return np.broadcast_to(_holds(self.tree, values), length).copy()


def _names(node: ast.expr, text: str) -> list[str]:
    """The names an expression reads; refuses every form but the few that are allowed."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.BoolOp):
        return [
            name for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr) for name in _names(part, text)
        ]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _names(node.operand, text)
    if isinstance(node, ast.Compare) and _comparable(node):
        return [node.left.id]
    raise CohortError(
        f"The cohort {text!r} holds something else than names, values, and, or, not, in, ==, !=, <, <=, >, >=. "
        "A comparison has a name on its left and a value on its right."
    )


def _parts(node: ast.BoolOp) -> list[ast.expr]:
    return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]


def _comparable(node: ast.Compare) -> bool:
    one = len(node.ops) == 1 and isinstance(node.left, ast.Name)
    if not one:
        return False
    right = node.comparators[0]
    if isinstance(node.ops[0], ast.In | ast.NotIn):
        return isinstance(right, ast.List | ast.Tuple | ast.Set) and all(_is_value(item) for item in right.elts)
    return type(node.ops[0]) in _COMPARE and _is_value(right)


def _is_value(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str | int | float)


def _holds(node: ast.expr, values: dict) -> np.ndarray:
    if isinstance(node, ast.Name):
        return _is_so(values[node.id], node.id)
    if isinstance(node, ast.BoolOp):
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return join.reduce([_holds(part, values) for part in _parts(node)])
    if isinstance(node, ast.UnaryOp):
        return ~_holds(node.operand, values)
    name, op, right = node.left.id, node.ops[0], node.comparators[0]
    if isinstance(op, ast.In | ast.NotIn):
        found = np.logical_or.reduce([_equal(values[name], item.value, name, values) for item in right.elts])
        return ~found if isinstance(op, ast.NotIn) else found
    if isinstance(op, ast.Eq | ast.NotEq):
        found = _equal(values[name], right.value, name, values)
        return ~found if isinstance(op, ast.NotEq) else found
    number = _numbers(values[name], name)
    with np.errstate(invalid="ignore"):
        return _COMPARE[type(op)](number, right.value) if isinstance(right.value, int | float) else _refuse_order(name)


def _refuse_order(name: str):
    raise CohortError(f"{name} can be compared with <, <=, > or >= to a number only.")


def _numbers(column, name: str) -> np.ndarray:
    if isinstance(column, pd.Categorical):
        raise CohortError(f"{name} is a group, not a number; compare it with == or in.")
    return np.asarray(column, float)


def _is_so(column, name: str) -> np.ndarray:
    """A name by itself: yes, or the group called like the name (`uasc` means the group UASC)."""
    if not isinstance(column, pd.Categorical):
        raise CohortError(f"Say which {name} is meant, as in {name} >= 16.")
    meant = np.array([str(c).strip().lower() in _TRUE | {name.lower()} for c in column.categories], bool)
    if not meant.any() and not {"yes", "no"} & {str(c).lower() for c in column.categories}:
        raise CohortError(f"Say which {name} is meant, as in {name} == {str(column.categories[0])!r}.")
    return np.r_[meant, False][column.codes]


def _equal(column, value, name: str, values: dict) -> np.ndarray:
    if not isinstance(column, pd.Categorical):
        return np.asarray(column, float) == value
    groups = [str(c) for c in column.categories]
    same = np.array([g.strip().lower() == str(value).strip().lower() for g in groups], bool)
    if same.any():
        return np.r_[same, False][column.codes]
    span = _AGES.fullmatch(str(value).strip())
    if name == "age_band" and span:
        return _within_ages(values, span)
    near = difflib.get_close_matches(str(value), groups, 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise CohortError(f"{name} is never {value!r}; it can be: {', '.join(map(repr, groups))}.{hint}")


def _within_ages(values: dict, span: re.Match) -> np.ndarray:
    low, high, over, under = span.groups()
    first = int(low or over or 0)
    last = int(high) if high else int(under) - 1 if under else 200
    return (values["age"] >= first) & (values["age"] <= last)
