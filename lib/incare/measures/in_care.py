"""Children in care."""

from __future__ import annotations

from incare.breakdowns import uasc
from incare.kinds import Count, Rate
from incare.measure import measure
from incare.rows import one_per_child


@measure(title="Children in care", kind=Count(), better="neither")
def cla_count(in_care):
    """Children in care at the end of the period.

    Population: children with an episode open at the end of the last day.
    Counted: each child once; a child who starts on the day counts, a child who leaves on the day does not.
    Set aside: short breaks (V3, V4).
    Source: LAIT LACnum; DfE "looked after at 31 March".
    """
    return one_per_child(in_care.at("end"), keep="last").assign(counted=True)


@measure(title="Children in care per 10,000 children", kind=Rate(), better="neither")
def cla_rate(in_care, population):
    """Children in care at the end of the period, for every 10,000 residents aged 0 to 17.

    Population: residents aged 0 to 17 at the mid-year before the year to 31 March.
    Counted: children in care at the end of the last day.
    Set aside: short breaks (V3, V4).
    Source: LAIT LAC; the year to March is divided by the estimate of the year before.
    """
    return one_per_child(in_care.at("end"), keep="last").assign(counted=True)


@measure(title="Unaccompanied asylum-seeking children in care", kind=Count(), better="neither")
def cla_uasc_count(in_care, people):
    """Children in care at the end of the period who are unaccompanied asylum-seeking children on that day.

    Population: children in care at the end of the last day.
    Counted: those with a UASC row whose end date is blank or later than the day.
    Set aside: young people whose UASC status had ended by the day.
    Source: LAIT; SSDA903 UASC module.
    """
    rows = one_per_child(in_care.at("end"), keep="last")
    status = uasc(people, rows["child"].to_numpy(), rows["on"])
    return rows.assign(counted=status.codes == 0)
