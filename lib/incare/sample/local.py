"""The local tables: what SSDA903 does not ask for and a council keeps anyway."""

from __future__ import annotations

import numpy as np
import pandas as pd

from incare.sample import context, education, layout, leavers, missing, plans, reviews, workers
from incare.sample.areas import Area
from incare.sample.dates import NEVER, written
from incare.sample.returns import Record


def every_table(streams: dict, record: Record, countryside: pd.DataFrame, staff: pd.DataFrame) -> dict:
    """All local tables as `{(None, table): text columns}`; `streams` has one generator per topic."""
    tables = {
        **_planning(streams["plans"], record),
        **_schooling(streams["education"], record),
        **_wellbeing(streams["wellbeing"], record),
        **_leaving(streams["leaving"], record, staff),
        **_around(record, countryside),
    }
    return {(None, name): tables[name] for name in layout.LOCAL}


def _open(day, area: Area) -> np.ndarray:
    """Days after the last return are not known yet."""
    return np.where(np.asarray(day) <= area.last, day, NEVER)


def _planning(rng: np.random.Generator, record: Record) -> dict[str, pd.DataFrame]:
    area, care = record.area, record.lives.care
    plan = plans.care_plans(rng, area, care)
    visit = plans.visits(rng, area, record.lives.spells, care)
    held = record.reviews[record.reviews["day"] >= area.first - 400]
    off = reviews.cancelled(rng, held)
    every = pd.concat([held.assign(off="N"), off.assign(off="Y")]).sort_values(["care", "day"], ignore_index=True)
    return {
        "care_plans": layout.table(
            "care_plans",
            {
                "CHILD": record.child(plan["care"]),
                "PLAN_DATE": written(plan["day"]),
                "STATUS": plan["status"],
                "REVIEW_MONTHS": plan["months"],
                "PLAN_TYPE": plan["kind"],
            },
        ),
        "visits": layout.table(
            "visits",
            {
                "CHILD": record.child(visit["care"]),
                "VISIT_DATE": written(visit["day"]),
                "SEEN": visit["seen"],
                "SEEN_ALONE": visit["alone"],
                "WORKER_ROLE": visit["role"],
            },
        ),
        "reviews_local": layout.table(
            "reviews_local",
            {
                "CHILD": record.child(every["care"]),
                "DUE_DATE": written(every["due"]),
                "REVIEW_DATE": written(every["day"]),
                "CANCELLED": every["off"],
                "REVIEW_CODE": every["code"],
            },
        ),
    }


def _schooling(rng: np.random.Generator, record: Record) -> dict[str, pd.DataFrame]:
    area, care = record.area, record.lives.care
    calendar = education.terms(area)
    pep = education.education_plans(rng, area, care, calendar)
    results = education.results(rng, area, care)
    absence = education.attendance(rng, area, care)
    out = education.suspensions(rng, area, care)
    school = education.schools(rng, area, care)
    return {
        "pep": layout.table(
            "pep",
            {
                "CHILD": record.child(pep["care"]),
                "TERM": pep["term"],
                "PEP_DATE": written(pep["day"]),
                "COMPLETED": pep["completed"],
                "QUALITY": pep["quality"],
                "YEAR_GROUP": pep["group"],
                "PP_PLUS_REQUESTED": pep["requested"],
                "PP_PLUS_AMOUNT": pep["amount"],
                "PP_PLUS_PURPOSE": pep["purpose"],
            },
        ),
        "terms": layout.table(
            "terms",
            {"TERM": calendar["term"], "START": written(calendar["start"]), "END": written(calendar["end"])},
        ),
        "attainment": layout.table("attainment", _results_columns(record, results)),
        "attendance": layout.table(
            "attendance",
            {
                "CHILD": record.child(absence["care"]),
                "ACAD_YEAR": absence["year"],
                "PERIOD": absence["period"],
                "SESSIONS_POSSIBLE": absence["possible"],
                "AUTH_ABSENCE": absence["authorised"],
                "UNAUTH_ABSENCE": absence["unauthorised"],
            },
        ),
        "suspensions": layout.table(
            "suspensions",
            {
                "CHILD": record.child(out["care"]),
                "START": written(out["day"]),
                "SESSIONS": out["sessions"],
                "TYPE": out["kind"],
            },
        ),
        "schools": layout.table(
            "schools",
            {
                "CHILD": record.child(school["care"]),
                "SCHOOL_URN": school["urn"],
                "START": written(school["start"]),
                "END": written(_open(school["end"], area)),
            },
        ),
    }


def _results_columns(record: Record, results: pd.DataFrame) -> dict:
    if results.empty:
        return {"CHILD": np.array([], dtype=object)}
    names = {"ACAD_YEAR": "year", "KEY_STAGE": "stage", "ENG_LANG": "language", "ENG_LIT": "literature"}
    names |= {"MATHS": "maths", "ATT8": "att8", "KS2_RWM": "rwm", "SEN": "sen"}
    return {"CHILD": record.child(results["care"])} | {name: results[column] for name, column in names.items()}


def _wellbeing(rng: np.random.Generator, record: Record) -> dict[str, pd.DataFrame]:
    checks, sdq, offending = record.health, record.sdq, record.offences
    talks = missing.interviews(rng, record.area, record.missing)
    return {
        "health": layout.table(
            "health",
            {
                "CHILD": record.child(checks["care"]),
                "CHECK_TYPE": checks["kind"],
                "CHECK_DATE": written(checks["day"]),
                "STATUS": checks["status"],
            },
        ),
        "sdq": layout.table(
            "sdq",
            {
                "CHILD": record.child(sdq["care"]),
                "SDQ_DATE": written(sdq["day"]),
                "SDQ_SCORE": sdq["score"],
                "SDQ_REASON": sdq["reason"],
            },
        ),
        "offences": layout.table(
            "offences",
            {
                "CHILD": record.child(offending["care"]),
                "OUTCOME_DATE": written(offending["day"]),
                "OUTCOME": offending["outcome"],
            },
        ),
        "return_interviews": layout.table(
            "return_interviews",
            {
                "CHILD": record.child(talks["care"]),
                "MIS_START": written(talks["start"]),
                "OFFERED": talks["offered"],
                "ACCEPTED": talks["accepted"],
                "INTERVIEW_DATE": written(talks["day"]),
            },
        ),
    }


def _leaving(rng: np.random.Generator, record: Record, staff: pd.DataFrame) -> dict[str, pd.DataFrame]:
    area, young, status = record.area, record.young, record.status
    child = record.people["child"].to_numpy()[young["person"]]
    plan = plans.pathway_plans(rng, area, young)
    calls = leavers.contacts(rng, area, young, plans.leavers_visits(rng, area, young))
    advisers, held = workers.personal_advisers(rng, area, young)
    letters = leavers.survey(rng, area, young)
    snapshot = leavers.snapshots(rng, area, young, status, calls, held, letters)
    place = leavers.homes(rng, area, young, status)
    everyone = pd.concat([staff, advisers], ignore_index=True)
    everyone = everyone[everyone["end"] > area.first].sort_values("worker")
    tables = {
        "pathway_plans": {
            "CHILD": child[plan["young"]],
            "PLAN_DATE": written(plan["day"]),
            "KIND": plan["kind"],
            "STATUS": plan["status"],
            "NEEDS_ASSESSMENT_DATE": written(plan["assessed"]),
            "REVIEW_MONTHS": plan["months"],
        },
        "care_leavers": _snapshot_columns(record, snapshot, child),
        "cl_contacts": {
            "CHILD": child[calls["young"]],
            "CONTACT_DATE": written(calls["day"]),
            "CONTACT_TYPE": calls["type"],
            "WORKER_ID": _who_called(calls, held),
        },
        "cl_accommodation": {
            "CHILD": child[place["young"]],
            "START": written(place["start"]),
            "END": written(_open(place["end"], area)),
            "ACCOM_TYPE": [code[0] for code in place["accom"]],
            "SUITABLE": [code[1] for code in place["accom"]],
            "TENANCY_TYPE": ["TENANCY" if code[0] == "U" else "" for code in place["accom"]],
        },
        "entitlement_survey": {
            "CHILD": child[letters["young"]],
            "SENT_DATE": written(letters["sent"]),
            "RESPONSE_DATE": written(letters["answered"]),
            "WANTS_SERVICE": letters["wants"],
        },
        "pa_allocations": {
            "CHILD": child[held["young"]],
            "WORKER_ID": held["worker"],
            "WORKER_ROLE": held["role"],
            "START": written(held["start"]),
            "END": written(_open(held["end"], area)),
            "CHANGE_REASON": held["reason"],
        },
        "workers": {
            "WORKER_ID": everyone["worker"],
            "ROLE": everyone["role"],
            "FTE": everyone["fte"],
            "START": written(everyone["start"]),
            "END": written(_open(everyone["end"], area)),
            "AGENCY": everyone["agency"],
            "TEAM": everyone["team"],
        },
    }
    return {name: layout.table(name, values) for name, values in tables.items()}


def _snapshot_columns(record: Record, rows: pd.DataFrame, child: np.ndarray) -> dict:
    who = record.young.iloc[rows["young"]]
    return {
        "CHILD": child[rows["young"]],
        "SNAPSHOT_DATE": written(rows["snapshot"]),
        "DOB": written(who["born"]),
        "ELIGIBILITY": rows["group"],
        "IN_TOUCH": rows["in_touch"],
        "LATEST_CONTACT": written(rows["contact"]),
        "ACTIV": rows["activ"],
        "ACCOM": rows["accom"],
        "PERSONAL_ADVISER": rows["adviser"],
        "UASC": np.where(who["uasc"], "Y", "N"),
        "EHCP": rows["ehcp"],
        "IS_PARENT": rows["parent"],
        "N_CHILDREN": rows["children"],
        "CHILD_LIVES_WITH": rows["lives_with"],
        "NEET_DETAIL": rows["detail"],
        "SUPPORT_STATUS": rows["support"],
        "RESP_LA_TRANSFERRED": "N",
    }


def _who_called(calls: pd.DataFrame, held: pd.DataFrame) -> np.ndarray:
    """The worker who holds the young person now, or held them last."""
    latest = held.sort_values("start").drop_duplicates("young", keep="last").set_index("young")["worker"]
    return latest.reindex(calls["young"]).fillna("").to_numpy()


def _around(record: Record, countryside: pd.DataFrame) -> dict[str, pd.DataFrame]:
    area = record.area
    frames = {
        "population": context.population(area),
        "targets": context.targets(area),
        "benchmarks": context.benchmarks(),
    }
    tables = {name: layout.table(name, dict(frame.items())) for name, frame in frames.items()}
    tables["poc_start"] = layout.table("poc_start", _starts_before(record))
    tables["postcodes"] = layout.table(
        "postcodes",
        {
            "POSTCODE": countryside["postcode"],
            "LA_CODE": countryside["la_code"],
            "EASTING": countryside["easting"],
            "NORTHING": countryside["northing"],
        },
    )
    return tables


def _starts_before(record: Record) -> dict:
    """Periods of care that began before the first return, with the start of the carer held on its first day."""
    area, care, spells = record.area, record.lives.care, record.lives.spells
    rows = care[(care["start"] < area.first) & (care["end"] >= area.first)]
    carer = spells[(spells["start"] < area.first) & (spells["end"] >= area.first)]
    carer = carer.groupby("care")["start"].max().reindex(rows.index).to_numpy()
    return {
        "CHILD": record.child(rows.index),
        "POC_START_DATE": written(rows["start"]),
        "SPELL_START_DATE": written(carer),
    }
