"""One quarter's figures, from the record to what may be shown: what every notebook starts from."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd

from incare.disclosure import Protected, Rules, protect
from incare.measure import Catalogue, Measure
from incare.pack import shared
from incare.periods import Periods, Quarter
from incare.record import Record
from incare.series import calculate
from incare.stats import compare

# How many periods lie between a figure and those it is compared with.
BACK = {"quarter": {"previous": 1, "year_ago": 4}, "month": {"previous": 1, "year_ago": 12}}
CROSS = " / "


def quarters_covered(record: Record, quarter: str) -> Periods:
    """Every whole quarter that the record covers, up to the one named."""
    return Periods.quarters(Quarter.parse(quarter).end, max(_months(record, quarter) // 3, 1))


def months_covered(record: Record, quarter: str) -> Periods:
    """Every whole month that the record covers, up to the end of the quarter named."""
    return Periods.of("month", Quarter.parse(quarter).end, max(_months(record, quarter), 1))


def _months(record: Record, quarter: str) -> int:
    end = np.datetime64(Quarter.parse(quarter).end, "M")
    return int((end + 1 - record.covers[0].astype("datetime64[M]")).astype(int))


def figures(
    record: Record,
    measures: Catalogue,
    *,
    quarter: str,
    grain: str = "quarter",
    periods: int | None = 12,
    by: tuple[str, ...] | list[str] = (),
    profile: str = "public",
    rules: dict | None = None,
    targets: dict | None = None,
) -> Protected:
    """Every measure over the periods up to the quarter's end, protected, then compared with targets and its own past.

    `periods=None` asks for every period of the grain that the record covers. In public the figures are attacked, with
    all that was published before, and what gives way is hidden too. In a run all reports start from the same figures:
    everything that the pack shows is protected and attacked together, once, and each report takes its part of it, so
    that none shows what another hides. By itself a notebook protects what it asks for.

    Comparisons are made from the protected figures, so that no word or colour says more than the figures do.
    Raises the errors of `calculate` and `protect`.
    """
    asked = _periods(record, quarter, grain, periods)
    chosen = Rules(**(rules or {}))
    if profile == "restricted":
        shown = protect(calculate(measures, record, asked, tuple(by)), profile, chosen)
    elif shared.folder():
        shown = _part(_of_the_pack(record, measures, asked, tuple(by), quarter, chosen), measures, asked, by)
    else:
        shown = _guarded(calculate(measures, record, asked, tuple(by)), chosen)
    return shown.pipe(compare.targets, targets or {}).pipe(compare.change, BACK[grain])


def _periods(record: Record, quarter: str, grain: str, count: int | None) -> Periods:
    if count is not None:
        return Periods.of(grain, Quarter.parse(quarter).end, count)
    return quarters_covered(record, quarter) if grain == "quarter" else months_covered(record, quarter)


def _guarded(
    series: pd.DataFrame, rules: Rules, earlier: pd.DataFrame | None = None, choices: dict | None = None
) -> Protected:
    from incare.disclosure.audit import protect_and_attack

    return protect_and_attack(series, rules, earlier=earlier, choices=choices)[0]


# What all reports of a run share


def released_before(area: str) -> tuple[pd.DataFrame | None, dict | None]:
    """What an area has released, as the run's ledger has it, and the definitions that the params file chose.

    The cells are as `incare.disclosure.released.released` has them, oldest first, and the choices by measure; both are
    None outside a run. Raises `LedgerError` for a ledger that was changed.
    """
    from incare.pack.attack import earlier

    pack = shared.pack()
    return (earlier(pack["ledger"], area), pack["choices"]) if pack else (None, None)


def _of_the_pack(
    record: Record, measures: Catalogue, asked: Periods, by: tuple[str, ...], quarter: str, rules: Rules
) -> Protected:
    """Everything the pack shows, protected once: by the first process that asks, read from its file by the others."""
    pack = shared.pack()
    agreed, beside = _shown_by(pack, measures)
    groups = tuple(dict.fromkeys([*pack["breakdowns"], *by]))
    grains = dict.fromkeys(["quarter", pack["grain"], asked.grain])
    spans = [_longer(_periods(record, quarter, grain, None), asked) for grain in grains]
    facts = [[_name(m) for m in (*agreed, *beside)], groups, [(p.grain, len(p)) for p in spans], str(rules)]
    facts += [record.fingerprint, record.area, str(record.as_at), quarter]

    def made() -> dict[str, pd.DataFrame]:
        parts = [calculate(agreed, record, span, groups) for span in spans]
        # These are shown for everyone only, so that no breakdown of theirs meets one of another report.
        parts += [calculate(beside, record, span, ()) for span in spans if len(beside)]
        shown = _guarded(pd.concat(parts, ignore_index=True), rules, *released_before(record.area))
        return {"figures": shown.frame}

    return Protected(shared.once(facts, made)["figures"], "public", rules)


def _shown_by(pack: dict, measures: Catalogue) -> tuple[Catalogue, Catalogue]:
    """The measures that the pack shows by groups, those asked for among them, and those it shows for everyone only."""
    from incare.measures import agreed
    from incare.views import leaving

    every, beside = agreed(pack["choices"], also=pack["targets"]), leaving.beside(pack["choices"])
    listed = {m.id for m in (*every, *beside)}
    every = Catalogue((*every, *(m for m in measures if m.id not in listed)))
    return every, Catalogue(tuple(m for m in beside if m.id not in {found.id for found in every}))


def _longer(covered: Periods, asked: Periods) -> Periods:
    """The periods covered, or those asked for where these go back further."""
    return asked if asked.grain == covered.grain and len(asked) > len(covered) else covered


def _name(measure: Measure) -> str:
    return f"{measure.id} {json.dumps(measure.choices, sort_keys=True, default=str)}"


def _part(shown: Protected, measures: Catalogue, asked: Periods, by) -> Protected:
    """What one report asked for: its measures, periods and groups."""
    frame = shown.frame
    parts = {m.parts for m in measures if m.parts}
    outer = frame["breakdown"].str.split(CROSS, n=1).str[0]
    fine = frame["measure"].isin([m.id for m in measures]) & (frame["grain"] == asked.grain)
    fine &= frame["period_end"].isin(pd.DatetimeIndex(asked.ends).astype(frame["period_end"].dtype))
    fine &= outer.isin([*by, "total", *parts])
    order = {m.id: place for place, m in enumerate(measures)}
    kept = frame[fine].sort_values("measure", key=lambda names: names.map(order), kind="stable")
    return replace(shown, frame=kept.reset_index(drop=True))
