"""The sample has every table in its declared shape, is text throughout, and is the same every time."""

from __future__ import annotations

import pandas as pd
import pytest

from incare import sample
from incare.sample import layout

DATE = r"(\d{2}/\d{2}/\d{4})?"
# Written out once more, so that a column lost from the code is missed here (INPUTS sections 2 and 4).
CONTRACT = """
header: CHILD SEX DOB ETHNIC UPN MOTHER MC_DOB
episodes: CHILD DECOM RNE LS CIN PLACE PLACE_PROVIDER DEC REC REASON_PLACE_CHANGE HOME_POST PL_POST URN
reviews: CHILD DOB REVIEW REVIEW_CODE
uasc: CHILD SEX DOB DUC
oc2: CHILD DOB SDQ_SCORE SDQ_REASON CONVICTED HEALTH_CHECK IMMUNISATIONS TEETH_CHECK HEALTH_ASSESSMENT
    SUBSTANCE_MISUSE INTERVENTION_RECEIVED INTERVENTION_OFFERED
oc3: CHILD DOB IN_TOUCH ACTIV ACCOM
ad1: CHILD DOB DATE_INT DATE_MATCH FOSTER_CARE NB_ADOPTR SEX_ADOPTR LS_ADOPTR
placed_for_adoption: CHILD DOB DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED
previous_permanence: CHILD DOB PREV_PERM LA_PERM DATE_PERM
missing: CHILD DOB MISSING MIS_START MIS_END
sw_episodes: CHILD DOB SW_ID SW_DECOM SW_DEC SW_REASON
care_plans: CHILD PLAN_DATE STATUS REVIEW_MONTHS PLAN_TYPE
visits: CHILD VISIT_DATE SEEN SEEN_ALONE WORKER_ROLE INTERVAL_DAYS
reviews_local: CHILD DUE_DATE REVIEW_DATE CANCELLED REVIEW_CODE
pathway_plans: CHILD PLAN_DATE KIND STATUS NEEDS_ASSESSMENT_DATE REVIEW_MONTHS
pep: CHILD TERM PEP_DATE COMPLETED QUALITY YEAR_GROUP PP_PLUS_REQUESTED PP_PLUS_AMOUNT PP_PLUS_PURPOSE
terms: TERM START END
health: CHILD CHECK_TYPE CHECK_DATE STATUS
sdq: CHILD SDQ_DATE SDQ_SCORE SDQ_REASON
offences: CHILD OUTCOME_DATE OUTCOME
return_interviews: CHILD MIS_START OFFERED ACCEPTED INTERVIEW_DATE
care_leavers: CHILD SNAPSHOT_DATE DOB ELIGIBILITY IN_TOUCH LATEST_CONTACT ACTIV ACCOM PERSONAL_ADVISER UASC EHCP
    IS_PARENT N_CHILDREN CHILD_LIVES_WITH NEET_DETAIL SUPPORT_STATUS RESP_LA_TRANSFERRED
cl_contacts: CHILD CONTACT_DATE CONTACT_TYPE WORKER_ID
cl_accommodation: CHILD START END ACCOM_TYPE SUITABLE TENANCY_TYPE
entitlement_survey: CHILD SENT_DATE RESPONSE_DATE WANTS_SERVICE
pa_allocations: CHILD WORKER_ID WORKER_ROLE START END CHANGE_REASON
workers: WORKER_ID ROLE FTE START END AGENCY TEAM
attainment: CHILD ACAD_YEAR KEY_STAGE ENG_LANG ENG_LIT MATHS ATT8 KS2_RWM SEN
attendance: CHILD ACAD_YEAR PERIOD SESSIONS_POSSIBLE AUTH_ABSENCE UNAUTH_ABSENCE
suspensions: CHILD START SESSIONS TYPE
schools: CHILD SCHOOL_URN START END
population: YEAR AGE_FROM AGE_TO PERSONS
targets: MEASURE_ID PERIOD_END TARGET GREEN_AT AMBER_AT
benchmarks: MEASURE_ID YEAR AREA VALUE SOURCE
poc_start: CHILD POC_START_DATE SPELL_START_DATE
postcodes: POSTCODE LA_CODE EASTING NORTHING
"""
SMALL = {"children": 40, "years": 1}


def test_every_return_has_every_table_and_social_workers_from_2024(like_croydon):
    tables = like_croydon.tables

    for year in range(2020, 2026):
        expected = set(layout.RETURNS) - ({"sw_episodes"} if year < 2024 else set())
        assert {name for held, name in tables if held == year} == expected
    assert {name for held, name in tables if held is None} == set(layout.LOCAL)


def test_every_table_has_just_the_declared_columns_in_order_and_rows(either):
    for (_, name), frame in either.tables.items():
        assert tuple(frame.columns) == layout.COLUMNS[name], name
        assert len(frame) > 0, name


def test_the_declared_columns_are_those_of_the_contract():
    words = " ".join(CONTRACT.split()).replace(": ", ":|").split()
    contract, name = {}, ""
    for word in words:
        if ":|" in word:
            name, word = word.split(":|")
            contract[name] = ()
        contract[name] += (word,)
    assert contract == layout.COLUMNS


def test_every_value_is_text_and_nothing_missing_is_spelt_out(either):
    for (_, name), frame in either.tables.items():
        assert all(pd.api.types.is_string_dtype(kind) for kind in frame.dtypes), name
        assert not frame.isna().any().any(), name
        assert not frame.isin(["nan", "NaN", "None", "NaT", "<NA>", "-1"]).any().any(), name


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("episodes", "DECOM DEC"),
        ("header", "DOB MC_DOB"),
        ("reviews", "REVIEW"),
        ("uasc", "DUC"),
        ("ad1", "DATE_INT DATE_MATCH"),
        ("missing", "MIS_START MIS_END"),
        ("sw_episodes", "SW_DECOM SW_DEC"),
        ("care_plans", "PLAN_DATE"),
        ("pathway_plans", "PLAN_DATE NEEDS_ASSESSMENT_DATE"),
        ("care_leavers", "SNAPSHOT_DATE DOB LATEST_CONTACT"),
        ("cl_accommodation", "START END"),
        ("pa_allocations", "START END"),
        ("poc_start", "POC_START_DATE SPELL_START_DATE"),
    ],
)
def test_dates_are_written_day_month_year_or_left_blank(either, name, columns):
    frame = either.local(name) if name in layout.LOCAL else either.stacked(name)
    for column in columns.split():
        assert frame[column].str.fullmatch(DATE).all(), column


def test_nothing_dated_after_the_last_return_is_known(either, dated):
    for name in layout.LOCAL.keys() - {"targets", "terms", "reviews_local"}:
        frame = either.local(name)
        for column in frame.columns:
            if frame[column].tail(200).str.fullmatch(r"\d{2}/\d{2}/\d{4}").any():
                assert dated(frame[column]).max() <= pd.Timestamp("2025-03-31"), (name, column)


def test_the_same_seed_gives_the_same_tables_and_another_seed_others():
    one, again, other = (sample.authority(seed=seed, **SMALL) for seed in (5, 5, 6))

    assert one.keys() == again.keys()
    assert all(one[key].equals(again[key]) for key in one)
    assert not one[2025, "episodes"].equals(other[2025, "episodes"])


def test_postcodes_urns_workers_and_councils_are_ones_that_do_not_exist(either):
    episodes = either.stacked("episodes")
    posts = pd.concat([episodes["HOME_POST"], episodes["PL_POST"], either.local("postcodes")["POSTCODE"]])

    assert posts[posts != ""].str.fullmatch(r"ZZ\d{1,2} \d[A-Z]{2}").all()
    assert episodes["URN"].str.fullmatch(r"(SC9\d{5}|99\d{5}|XXXXXXX)?").all()
    assert either.local("postcodes")["LA_CODE"].str.startswith("E99").all()
    assert either.local("workers")["WORKER_ID"].str.fullmatch(r"SW\d{5}").all()


def test_sex_is_a_number_to_2024_and_a_letter_from_2025(like_croydon):
    assert set(like_croydon.tables[2024, "header"]["SEX"]) == {"1", "2"}
    assert set(like_croydon.tables[2025, "header"]["SEX"]) == {"M", "F"}


def test_settings_that_cannot_be_used_are_refused_with_what_can():
    with pytest.raises(ValueError, match="children must be from 40 to 5000; found 3"):
        sample.authority(children=3)
    with pytest.raises(ValueError, match='found "leeds"'):
        sample.authority(like="leeds")


@pytest.mark.parametrize(
    "settings",
    [
        {"children": 40, "years": 1},
        {"children": 60, "years": 2, "ending": 2019, "like": None},
        {"children": 120, "years": 10, "ending": 2027, "like": "worcestershire"},
    ],
)
def test_small_long_and_early_authorities_can_be_made_too(settings):
    tables = sample.authority(seed=5, **settings)

    assert len(tables[settings.get("ending", 2025), "episodes"]) >= settings["children"]
