"""Protections that can be switched off one at a time, so that an attack can be seen to succeed without them."""

from contextlib import contextmanager
from dataclasses import dataclass
from unittest import mock

import pandas as pd

from incare.disclosure import Rules, protect
from incare.disclosure.audit import audit
from incare.disclosure.released import released


@dataclass(frozen=True)
class AnyRules(Rules):
    """Rules that nobody checks, for policies weaker than incare allows."""

    def check(self, profile):
        """Everything goes."""


EXACT = AnyRules(hide_to=5, base=1, percent_min_denominator=0, mean_min_n=0)  # hide 1 to 5, print the rest as it is
OPEN = AnyRules(hide_to=0, base=1, percent_min_denominator=0, mean_min_n=0)  # print everything as it is


@contextmanager
def no_complementary_hiding():
    """Hide small cells alone."""
    with (
        mock.patch("incare.disclosure.protect.hide_further", lambda hidden, *_: hidden),
        mock.patch("incare.disclosure.protect.beside_flows", lambda frame, hidden: hidden & False),
    ):
        yield


def release(*tables, rules=None, complementary=True, name="pack", **labels):
    """Tables protected together and released as one."""
    series = pd.concat(tables, ignore_index=True)
    if complementary:
        return released(protect(series, rules=rules), name, **labels)
    with no_complementary_hiding():
        return released(protect(series, rules=rules), name, **labels)


def attacked(*releases, rules=None, facts=None):
    """What an attacker finds who holds all of these releases."""
    return audit(pd.concat(releases, ignore_index=True), rules, facts=facts)


def found(verdict):
    """The names of what gave way."""
    return set(zip(verdict.unsafe["measure"], verdict.unsafe["category"], strict=True))
