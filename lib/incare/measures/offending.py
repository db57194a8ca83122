"""Offending by children in care."""

from __future__ import annotations

from incare.kinds import Share
from incare.measure import measure
from incare.measures.cohorts import aged, perhaps_in_care_for
from incare.measures.health import answered, two_forms
from incare.periods import rolling
from incare.rows import count_in


@measure(
    title="Children in care convicted or cautioned",
    kind=Share(),
    better="lower",
    **two_forms(local="offences", window=rolling(12)),
)
def offending_pct(in_care, respite, people, oc2, offences, *, form="oc2"):
    """Share of children in care aged 10 to 17 who were convicted or given a youth caution in the year.

    Population: children aged 10 to 17 on the last day, in care at its end and for the 12 months before, without a short
    break. A child who turns 10 on the day is in.
    Counted: form="oc2": CONVICTED is 1 in the return of the year: a conviction, a youth caution or a youth conditional
    caution. form="dates": at least one such outcome dated in the 12 months to the last day, by the day of the outcome,
    not of the offence.
    Set aside: start of care not known; date of birth not known; no OC2 row (form="oc2").
    Choices: form="oc2" is answered at 31 March only; a blank is missing data and is not counted. "dates" reads the list
    of offences.
    Source: LAIT LAC_Convictions; DfE outcome notes; validator rules 542 and 543 for the age.
    """
    rows = aged(perhaps_in_care_for(in_care, respite), people, 10, 17)
    if form == "oc2":
        return answered(rows, oc2, "CONVICTED")
    return rows.assign(counted=count_in(offences.starting("window"), rows) > 0)
