"""Tables of the Standard Safeguarding Dataset, read as SSDA903 and local tables."""

from __future__ import annotations

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from drawn import table
from incare.measures import catalogue
from incare.periods import Periods
from incare.record import ExtractError, database, read, ssd
from incare.record.assemble import assemble
from incare.series import calculate

PERSON = """
    pers_person_id | pers_sex | pers_gender | pers_ethnicity | pers_dob   | pers_upn | pers_upn_unknown | pers_is_mother
    ---------------+----------+-------------+----------------+------------+----------+------------------+---------------
    a              | F        | F           | WBRI           | 01/01/2010 | H80      |                  | Y
    b              | SSD_PH   | M           | D2             | 02/02/2012 |          | UN3              |
    z              | M        | M           | WBRI           | 03/03/2013 |          |                  |
"""
EPISODES = """
    clae_cla_episode_id | clae_person_id | clae_cla_placement_id | clae_cla_episode_start_date | clae_cla_episode_start_reason | clae_cla_primary_need_code | clae_cla_episode_ceased_date | clae_cla_episode_ceased_reason | clae_cla_id | clae_referral_id
    --------------------+----------------+-----------------------+-----------------------------+-------------------------------+----------------------------+------------------------------+--------------------------------+-------------+-----------------
    e1                  | a              | p1                    | 01/05/2023                  | S                             | N1                         | 01/08/2023                   | X1                             | k1          | r1
    e2                  | a              | p1                    | 01/08/2023                  | L                             | N1                         | 01/02/2024                   | X1                             | k1          | r1
    e3                  | a              | p2                    | 01/02/2024                  | P                             | N1                         |                              |                                | k1          | r1
    e4                  | b              |                       | 01/06/2024                  | S                             | N8                         | 01/03/2025                   | E4A                            | k2          | r2
"""  # noqa: E501
PLACEMENTS = """
    clap_cla_placement_id | clap_cla_id | clap_person_id | clap_cla_placement_start_date | clap_cla_placement_end_date | clap_cla_placement_type | clap_cla_placement_postcode | clap_cla_placement_urn | clap_cla_placement_distance | clap_cla_placement_provider | clap_cla_placement_change_reason
    ----------------------+-------------+----------------+-------------------------------+-----------------------------+-------------------------+-----------------------------+------------------------+-----------------------------+-----------------------------+---------------------------------
    p1                    | k1          | a              | 01/05/2023                    | 01/02/2024                  | U6                      | ZZ1 1AA                     | 1234567                | 3.5                         | PR1                         | CARPL
    p2                    | k1          | a              | 01/02/2024                    |                             | K2                      | CON                         | CON                    | 20.1                        | PR4                         |
    p3                    | k2          | b              | 01/06/2024                    | 01/03/2025                  | U4                      | ZZ3 3CC                     |                        |                             | PR1                         | OTHER
"""  # noqa: E501
LEGAL = """
    lega_person_id | lega_legal_status | lega_legal_status_start_date | lega_legal_status_end_date
    ---------------+-------------------+------------------------------+---------------------------
    a              | V2                | 01/05/2023                   | 01/08/2023
    a              | C2                | 01/08/2023                   |
    a              | Supervision order | 01/01/2024                   |
    b              | V2                | 01/05/2024                   | 01/06/2024
    b              | C1                | 01/06/2024                   |
"""


def frames(**drawn: str) -> dict[str, pd.DataFrame]:
    """The Standard's tables, named by their ends, from drawn ones: two children in care, a third one never."""
    usual = {"person": PERSON, "cla_episodes": EPISODES, "cla_placement": PLACEMENTS, "legal_status": LEGAL}
    return {f"ssd_{name}": table(text) for name, text in (usual | drawn).items()}


def made(name: str, columns: str, snapshot=None, **drawn: str) -> list[list[str]]:
    """Some columns of one translated table, its rows as lists."""
    return ssd.translate(frames(**drawn), snapshot)[name][columns.split()].to_numpy().tolist()


def remarks(snapshot=None, **drawn: str) -> list[str]:
    """What is said about the Standard's tables."""
    given = frames(**drawn)
    return ssd.text_tables(given, {name: name for name in given}, as_at=snapshot)[1]


# ---- which table is which ----


@pytest.mark.parametrize("name", ssd.ORIGINS)
def test_a_table_is_known_by_its_columns_by_their_newest_and_their_oldest_names_in_any_case(name):
    named = ssd.ORIGINS[name].columns.values()
    assert ssd.recognise([names[0] for names in named]) == name
    assert ssd.recognise([names[-1].lower() for names in named]) == name


def test_a_table_of_something_else_is_not_known():
    assert ssd.recognise(["CHILD", "DECOM", "RNE"]) is None
    assert ssd.recognise(["disa_person_id", "disa_disability_code"]) is None


def test_names_addresses_and_free_text_are_not_read():
    columns = ["pers_person_id", "pers_forename", "pers_surname", "pers_dob", "pers_ethnicity", "pers_single_unique_id"]
    assert sorted(ssd.wanted("ssd_person", columns)) == ["PERS_DOB", "PERS_ETHNICITY", "PERS_PERSON_ID"]


# ---- episodes ----


def test_an_episode_has_the_placement_and_legal_status_of_its_first_day():
    # e4 names no placement: the one that covers 1 June is found by the child. A supervision order is no status of care.
    assert made("episodes", "CHILD DECOM RNE LS CIN PLACE PLACE_PROVIDER DEC REC") == [
        ["a", "01/05/2023", "S", "V2", "N1", "U6", "PR1", "01/08/2023", "X1"],
        ["a", "01/08/2023", "L", "C2", "N1", "U6", "PR1", "01/02/2024", "X1"],
        ["a", "01/02/2024", "P", "C2", "N1", "K2", "PR4", "", ""],
        ["b", "01/06/2024", "S", "C1", "N8", "U4", "PR1", "01/03/2025", "E4A"],
    ]


def test_the_reason_for_a_move_stands_on_the_episode_that_ends_with_the_placement():
    # p1 ends with e2, not with e1.
    assert made("episodes", "REASON_PLACE_CHANGE") == [[""], ["CARPL"], [""], ["OTHER"]]


def test_a_masked_postcode_is_blank():
    assert made("episodes", "PL_POST URN PL_DISTANCE")[1:3] == [["ZZ1 1AA", "1234567", "3.5"], ["", "", "20.1"]]


def test_older_extracts_name_the_episode_in_the_placement():
    episodes = """
        clae_cla_episode_id | clae_person_id | clae_cla_episode_start | clae_cla_episode_start_reason | clae_cla_primary_need | clae_cla_episode_ceased | clae_cla_episode_cease_reason
        --------------------+----------------+------------------------+-------------------------------+-----------------------+-------------------------+------------------------------
        e1                  | a              | 01/05/2023             | S                             | N1                    |                         |
    """  # noqa: E501
    placements = """
        clap_cla_episode_id | clap_cla_placement_start_date | clap_cla_placement_end_date | clap_cla_placement_type
        --------------------+-------------------------------+-----------------------------+------------------------
        e1                  | 01/05/2023                    | 01/09/2023                  | U6
        e1                  | 01/09/2023                    |                             | K2
    """
    assert made("episodes", "DECOM CIN PLACE DEC", cla_episodes=episodes, cla_placement=placements) == [
        ["01/05/2023", "N1", "U6", ""]
    ]


def test_an_episode_without_a_placement_or_a_legal_status_is_counted():
    said = remarks(legal_status=LEGAL.rsplit("\n", 2)[0])
    assert "1 episodes have no legal status that covers their first day." in said
    assert not any("no placement" in one for one in said)


def test_an_episode_belongs_to_the_return_of_its_end_and_to_the_newest_while_it_is_open():
    # The first end is 1 August 2023: the year to March 2024 is not whole, so the first return is that to March 2025.
    assert made("episodes", "DEC YEAR") == [
        ["01/08/2023", "2025"],
        ["01/02/2024", "2025"],
        ["", "2025"],
        ["01/03/2025", "2025"],
    ]
    # An end on the first day of a year: that year is whole.
    whole = EPISODES.replace("01/08/2023", "01/04/2023").replace("01/05/2023", "01/01/2023")
    assert made("episodes", "DEC YEAR", cla_episodes=whole) == [
        ["01/04/2023", "2024"],
        ["01/02/2024", "2024"],
        ["", "2025"],
        ["01/03/2025", "2025"],
    ]


def test_a_slip_of_the_pen_in_a_year_makes_no_return():
    slipped = EPISODES.replace("01/03/2025", "01/03/2052")
    assert {year for (year,) in made("episodes", "YEAR", cla_episodes=slipped)} == {"2025"}


# ---- people ----


def test_people_have_their_gender_when_sex_is_not_held_and_census_letters_become_codes():
    assert made("header", "CHILD SEX DOB ETHNIC UPN MOTHER YEAR") == [
        ["a", "F", "01/01/2010", "WBRI", "H80", "1", "2025"],
        ["b", "M", "02/02/2012", "BAFR", "UN3", "", "2025"],
    ]


def test_people_who_neither_were_in_care_nor_are_care_leavers_are_left_out_and_counted():
    assert "Rows about people neither in care nor care leavers were left out: ssd_person 1." in remarks()


def test_a_child_is_unaccompanied_while_any_such_status_is_open():
    status = """
        immi_person_id | immi_immigration_status             | immi_immigration_status_start_date | immi_immigration_status_end_date
        ---------------+-------------------------------------+------------------------------------+---------------------------------
        a              | U                                   | 01/05/2023                         | 01/06/2023
        a              | Unaccompanied Asylum Seeking Child  | 01/06/2023                         |
        b              | UASC                                | 01/06/2024                         | 01/02/2025
        b              | Refugee                             | 01/02/2025                         |
    """  # noqa: E501
    assert made("uasc", "CHILD DOB DUC", immigration_status=status) == [
        ["a", "01/01/2010", ""],
        ["b", "02/02/2012", "01/02/2025"],
    ]


# ---- plans, visits, reviews ----


def test_care_plans_are_dated_by_their_start_and_a_plan_is_named_when_one_holds():
    plans = """
        lacp_person_id | lacp_cla_care_plan_start_date | lacp_cla_care_plan_json
        ---------------+-------------------------------+------------------------------------
        a              | 01/06/2023                    | {"ADOPTION": "Yes", "LTFOST18": ""}
        a              | 01/12/2023                    | {"ADOPTION": "Y", "LTFOST18": "Y"}
        b              | 01/07/2024                    | f) Long-term fostering
        b              | 01/01/2025                    | a) Return to family
    """
    assert made("care_plans", "CHILD PLAN_DATE STATUS PLAN_TYPE", cla_care_plan=plans) == [
        ["a", "01/06/2023", "AUTHORISED", "ADOPTION"],
        ["a", "01/12/2023", "AUTHORISED", ""],
        ["b", "01/07/2024", "AUTHORISED", "LTFOST18"],
        ["b", "01/01/2025", "AUTHORISED", ""],
    ]


def test_visits_and_reviews_belong_to_the_child_of_their_episode_or_time_in_care():
    visits = """
        clav_person_id | clav_cla_id | clav_cla_visit_date | clav_cla_visit_seen | clav_cla_visit_seen_alone
        ---------------+-------------+---------------------+---------------------+--------------------------
        a              | k1          | 10/05/2023          | Y                   | No
                       | k2          | 11/06/2024          | Yes                 |
                       | k9          | 12/06/2024          | Y                   |
    """
    assert made("visits", "CHILD VISIT_DATE SEEN SEEN_ALONE WORKER_ROLE", cla_visits=visits) == [
        ["a", "10/05/2023", "Y", "N", "SW"],
        ["b", "11/06/2024", "Y", "", "SW"],
        # Nobody's: it stays, to be set aside under rule F2 (blank in a column that must be filled).
        ["", "12/06/2024", "Y", "", "SW"],
    ]
    reviews = """
        clar_cla_episode_id | clar_cla_review_due_date | clar_cla_review_date | clar_cla_review_cancelled | clar_cla_review_participation
        --------------------+--------------------------+----------------------+---------------------------+------------------------------
        e2                  | 20/08/2023               | 18/08/2023           | N                         | PN1 - Child physically attends
        e4                  | 28/06/2024               |                      | Y                         |
    """  # noqa: E501
    assert made("reviews_local", "CHILD DUE_DATE REVIEW_DATE CANCELLED REVIEW_CODE", cla_reviews=reviews) == [
        ["a", "20/08/2023", "18/08/2023", "N", "PN1"],
        ["b", "28/06/2024", "", "Y", ""],
    ]


# ---- health ----


def test_the_first_plain_health_assessment_in_a_period_of_care_is_the_initial_one():
    checks = """
        clah_person_id | clah_health_check_type    | clah_health_check_date | clah_health_check_status
        ---------------+---------------------------+------------------------+-------------------------
        a              | Health Assessment         | 01/05/2024             | Completed
        a              | Health Assessment         | 20/05/2023             |
        a              | Review Health Assessment  | 20/11/2023             | Did not attend
        a              | Dental Check              | 21/11/2023             | Refused by child
        b              | HEALTH                    | 01/02/2020             | Completed
        b              | Initial Health Assessment | 20/06/2024             | Planned
    """
    assert made("health", "CHILD CHECK_TYPE CHECK_DATE STATUS", cla_health=checks) == [
        ["a", "RHA", "01/05/2024", "COMPLETED"],
        ["a", "IHA", "20/05/2023", "COMPLETED"],
        ["a", "RHA", "20/11/2023", "Did not attend"],
        ["a", "DENTAL", "21/11/2023", "REFUSED"],
        # Before the child came into care.
        ["b", "RHA", "01/02/2020", "COMPLETED"],
        ["b", "IHA", "20/06/2024", "PLANNED"],
    ]


def test_an_sdq_without_a_reason_in_the_system_has_none():
    scores = """
        csdq_person_id | csdq_sdq_completed_date | csdq_sdq_score | csdq_sdq_reason
        ---------------+-------------------------+----------------+----------------
        a              | 01/06/2023              | 0              | SSD_PH
        b              | 01/07/2024              |                | SDQ2
    """
    assert made("sdq", "CHILD SDQ_DATE SDQ_SCORE SDQ_REASON", sdq_scores=scores) == [
        ["a", "01/06/2023", "0", ""],
        ["b", "01/07/2024", "", "SDQ2"],
    ]


# ---- missing ----


def test_missing_incidents_give_return_interviews_where_one_is_spoken_of():
    missing = """
        miss_person_id | miss_missing_episode_start_date | miss_missing_episode_type | miss_missing_episode_end_date | miss_missing_rhi_offered | miss_missing_rhi_accepted
        ---------------+---------------------------------+---------------------------+-------------------------------+--------------------------+--------------------------
        a              | 01/06/2023                      | Missing                   | 02/06/2023                    | Yes                      | N
        a              | 01/07/2023                      | A                         | 01/07/2023                    |                          |
        z              | 01/07/2023                      | M                         | 01/07/2023                    | Y                        | Y
    """  # noqa: E501
    assert made("missing", "CHILD MISSING MIS_START MIS_END", missing=missing) == [
        ["a", "M", "01/06/2023", "02/06/2023"],
        ["a", "A", "01/07/2023", "01/07/2023"],
    ]
    assert made("return_interviews", "CHILD MIS_START OFFERED ACCEPTED", missing=missing) == [
        ["a", "01/06/2023", "Y", "N"]
    ]


# ---- care leavers ----

LEAVERS = """
    clea_person_id | clea_care_leaver_eligibility | clea_care_leaver_in_touch | clea_care_leaver_latest_contact | clea_care_leaver_accommodation    | clea_care_leaver_accom_suitable      | clea_care_leaver_activity | clea_pathway_plan_review_date | clea_care_leaver_personal_advisor
    ---------------+------------------------------+---------------------------+---------------------------------+-----------------------------------+--------------------------------------+---------------------------+-------------------------------+----------------------------------
    a              | Relevant                     | NO                        | 01/01/2025                      | U                                 | 1                                    | G5                        | 01/12/2024                    | w1
    a              | Former Relevant              | YES                       | 01/03/2025                      | With parent(s) or relative(s)     | Accommodation is considered unsuitable | F2 - education          | 01/02/2025                    | w2
    y              | No Current Eligibility       | RHOM                      |                                 | 0                                 |                                      | 0                         |                               |
    x              | b) Eligible                  | YES                       | 01/03/2025                      | z1                                | 2                                    | Part time in training or employment (not apprenticeship) | 02/02/2025 | w2
"""  # noqa: E501


def test_care_leavers_are_one_row_each_on_the_day_the_extract_was_made():
    columns = "CHILD SNAPSHOT_DATE DOB ELIGIBILITY IN_TOUCH LATEST_CONTACT ACTIV ACCOM ACCOM_TYPE SUITABLE"
    assert made("care_leavers", columns, "2025-04-05", care_leavers=LEAVERS) == [
        # The row with the latest contact; its label and judgement make B and 2.
        ["a", "05/04/2025", "01/01/2010", "FORMER_RELEVANT", "YES", "01/03/2025", "F2", "", "B", "2"],
        ["y", "05/04/2025", "", "NONE", "RHOM", "", "0", "0", "", ""],
        ["x", "05/04/2025", "", "ELIGIBLE", "YES", "01/03/2025", "P5", "Z1", "", "2"],
    ]
    assert "ssd_care_leavers: 1 further rows of the same person; the one contacted last is used." in remarks(
        "2025-04-05", care_leavers=LEAVERS
    )


def test_without_the_day_of_the_extract_there_are_no_care_leavers_and_that_is_said():
    assert "care_leavers" not in ssd.translate(frames(care_leavers=LEAVERS))
    assert any("state the day the extract was made" in one for one in remarks(care_leavers=LEAVERS))


def test_the_pathway_plan_of_a_care_leaver_is_the_latest_and_authorised():
    assert made("pathway_plans", "CHILD PLAN_DATE KIND STATUS", care_leavers=LEAVERS) == [
        ["a", "01/12/2024", "REVIEW", "AUTHORISED"],
        ["a", "01/02/2025", "REVIEW", "AUTHORISED"],
        ["x", "02/02/2025", "REVIEW", "AUTHORISED"],
    ]


# ---- workers ----


def test_involvements_are_a_social_workers_or_a_personal_advisers_by_their_role():
    involvements = """
        invo_person_id | invo_referral_id | invo_professional_id | invo_professional_role_id | invo_involvement_start_date | invo_involvement_end_date | invo_worker_change_reason
        ---------------+------------------+----------------------+---------------------------+-----------------------------+---------------------------+--------------------------
        a              | r1               | w1                   | CW                        | 01/05/2023                  | 01/01/2024                | LEFTRL
                       | r2               | w2                   | Allocated Case Worker     | 01/06/2024                  |                           |
        a              | r1               | w3                   | 16PLUS                    | 01/02/2025                  |                           |
        a              | r1               | w4                   | School nurse              | 01/02/2025                  |                           |
    """  # noqa: E501
    assert made("sw_episodes", "CHILD SW_ID SW_DECOM SW_DEC SW_REASON", involvements=involvements) == [
        ["a", "w1", "01/05/2023", "01/01/2024", "LEFTRL"],
        ["b", "w2", "01/06/2024", "", ""],
    ]
    assert made("pa_allocations", "CHILD WORKER_ID WORKER_ROLE START", involvements=involvements) == [
        ["a", "w3", "PA", "01/02/2025"]
    ]
    assert any(one.startswith("ssd_involvements: 1 rows of other roles") for one in remarks(involvements=involvements))


def test_workers_have_no_dates_and_their_roles_are_read_from_the_job_title():
    workers = """
        prof_professional_id | prof_professional_job_title | prof_full_time_equivalency | prof_agency_worker_flag | prof_professional_department
        ---------------------+-----------------------------+----------------------------+-------------------------+-----------------------------
        w1                   | Senior Social Worker        | 0.6                        | N                       | North
        w2                   | Personal Adviser            | 1                          |                         | Leaving care
        w3                   | Administrator               | 1                          | Y                       | North
    """  # noqa: E501
    assert made("workers", "WORKER_ID ROLE FTE START END AGENCY TEAM", professionals=workers) == [
        ["w1", "SW", "0.6", "", "", "N", "North"],
        ["w2", "PA", "1", "", "", "", "Leaving care"],
        ["w3", "Administrator", "1", "", "", "Y", "North"],
    ]


# ---- adoption, earlier permanence, offences ----


def test_a_decision_for_adoption_is_no_move_and_ad1_holds_the_adopted_only():
    permanence = """
        perm_person_id | perm_adm_decision_date | perm_matched_date | perm_adopted_by_carer_flag | perm_number_of_adopters | perm_decision_reversed_date | perm_decision_reversed_reason | perm_permanence_order_type
        ---------------+------------------------+-------------------+----------------------------+-------------------------+-----------------------------+-------------------------------+---------------------------
        a              | 01/06/2023             | 01/09/2023        | Y                          | 2                       |                             |                               | Adoption
        b              | 01/07/2024             |                   |                            |                         | 01/12/2024                  | RD3 - no adopters             |
        b              |                        |                   |                            |                         |                             |                               | Special Guardianship Order
    """  # noqa: E501
    assert made(
        "placed_for_adoption", "CHILD DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED", permanence=permanence
    ) == [
        ["a", "01/06/2023", "", ""],
        ["b", "01/07/2024", "01/12/2024", "RD3"],
    ]
    assert made("ad1", "CHILD DATE_INT DATE_MATCH FOSTER_CARE NB_ADOPTR", permanence=permanence) == [
        ["a", "01/06/2023", "01/09/2023", "1", "2"]
    ]


def test_an_earlier_permanence_option_keeps_its_partial_date():
    previous = """
        lapp_person_id | lapp_previous_permanence_option     | lapp_previous_permanence_la | lapp_previous_permanence_order_date
        ---------------+-------------------------------------+-----------------------------+------------------------------------
        a              | Special guardianship order (SGO)    | 999                         | zz/05/2020
    """  # noqa: E501
    assert made("previous_permanence", "CHILD PREV_PERM LA_PERM DATE_PERM", cla_previous_permanence=previous) == [
        ["a", "P2", "999", "zz/05/2020"]
    ]


def test_convictions_hold_the_day_of_the_offence_and_are_not_used_for_offending():
    convictions = """
        clac_person_id | clac_cla_conviction_date
        ---------------+-------------------------
        a              | 01/06/2023
    """
    assert "offences" not in ssd.translate(frames(cla_convictions=convictions))
    assert any("day of the offence" in one for one in remarks(cla_convictions=convictions))


# ---- codes ----


@pytest.mark.parametrize(
    ("where", "cell", "code"),
    [
        (("episodes", "RNE"), "s", "S"),
        (("episodes", "RNE"), "Started to be looked after", "S"),
        (("episodes", "RNE"), "Change of legal status only", "L"),
        (("episodes", "RNE"), "Change of placement and carer(s) only", "P"),
        (("episodes", "RNE"), "Change of placement (but same carer(s)) only", "T"),
        (("episodes", "RNE"), "Change of legal status and placement and carer(s) at the same time", "B"),
        (("episodes", "RNE"), "Change of legal status and change of placement, same carer(s)", "U"),
        (("episodes", "REC"), "X1   Episode ceases, and new episode begins on same day, for any reason", "X1"),
        (("episodes", "REC"), "Episode ceases, and new episode begins on same day, for any reason", "X1"),
        (("episodes", "REC"), "Adopted - application for an adoption order unopposed", "E11"),
        (("episodes", "REC"), "Adopted – consent dispensed with by the court", "E12"),
        (("episodes", "REC"), "Care taken over by another local authority in the UK", "E3"),
        (("episodes", "REC"), "Returned home to live with parent(s) as part of the care planning process", "E4A"),
        (("episodes", "REC"), "Returned home … which was not part of the current care planning process", "E4B"),
        (("episodes", "REC"), "Left care to live with relatives with no parental responsibility.", "E13"),
        (
            ("episodes", "REC"),
            "Special guardianship order made to former foster carer(s), who was/are a relative(s)",
            "E45",
        ),
        (
            ("episodes", "REC"),
            "Special guardianship order made to former foster carer(s), other than relative(s)",
            "E46",
        ),
        (
            ("episodes", "REC"),
            "Special guardianship order made to carer(s), other than former foster carer(s), who was/are a relative(s)",
            "E47",
        ),
        (
            ("episodes", "REC"),
            "Special guardianship order made to carer(s), other than former foster carer(s), other than relative(s)",
            "E48",
        ),
        (("episodes", "REC"), "Moved into independent living … providing formalised advice/support arrangements", "E5"),
        (("episodes", "REC"), "Moved into independent living … providing no formalised advice/support", "E6"),
        (("episodes", "REC"), "Gone to sea", "Gone to sea"),
        (("episodes", "LS"), "Interim care order Sec. 38(1)", "C1"),
        (("episodes", "LS"), "Care Order Sec. 31(a)", "C2"),
        (("episodes", "LS"), "Care Order Sec.31(a) & Placement Order (Sec. 21)", "E1"),
        (("episodes", "LS"), "Single placement acc. by LA S20(1) CA under 16", "V2"),
        (("episodes", "LS"), "Regular occ. acc by LA S20(3) CA 16 & over", "V4"),
        (("episodes", "LS"), "Emergency protection order - LA", "L2"),
        (("episodes", "LS"), "Supervision order", "Supervision order"),
        (("care_leavers", "IN_TOUCH"), "No – not in touch", "NO"),
        (("care_leavers", "IN_TOUCH"), "No longer requires services", "NREQ"),
        (("care_leavers", "ACTIV"), "Young person engaged full time in higher education (beyond A level)", "F1"),
        (("care_leavers", "ACTIV"), "Young person engaged part time in education other than higher education", "P2"),
        (("care_leavers", "ACTIV"), "Young person not in education, employment or training: other circumstances", "G5"),
        (("care_leavers", "ACCOM_TYPE"), "Independent living, for example a tenancy of a flat", "U"),
        (("care_leavers", "ACCOM_TYPE"), "With former foster carer(s)", "Z"),
        (("care_leavers", "ACCOM_TYPE"), "No fixed abode / homeless", "S"),
        (("care_leavers", "SUITABLE"), "Accommodation is considered suitable", "1"),
    ],
)
def test_a_cell_may_hold_a_code_a_code_with_its_label_or_the_label(where, cell, code):
    assert ssd.coded(pd.Series([cell, ""]), *where).tolist() == [code, ""]


# ---- the whole road ----


def as_standard(stacked: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """An authority's returns as a council's extract of the Standard would hold them: one row for each fact, typed."""

    def last(name: str, *key: str) -> pd.DataFrame:
        rows = stacked[name].sort_values("YEAR", kind="stable").drop_duplicates(list(key), keep="last")
        return rows.drop(columns="YEAR").reset_index(drop=True)

    def named(rows: pd.DataFrame, prefix: str, pairs: str) -> pd.DataFrame:
        split = (pair.split("=") for pair in pairs.split())
        return pd.DataFrame({f"{prefix}_{theirs}": day_or_text(rows[ours], theirs) for theirs, ours in split})

    def day_or_text(cells: pd.Series, name: str):
        dated = name.endswith(("_date", "_dob", "dob", "_ceased_date"))
        return pd.to_datetime(cells.where(cells != ""), dayfirst=True) if dated else cells

    episodes = last("episodes", "CHILD", "DECOM")
    episodes["N"] = episodes.index.astype(str)
    return {
        "ssd_person": named(last("header", "CHILD"), "pers", "person_id=CHILD sex=SEX ethnicity=ETHNIC dob=DOB"),
        "ssd_cla_episodes": named(
            episodes,
            "clae",
            "cla_episode_id=N person_id=CHILD cla_placement_id=N cla_episode_start_date=DECOM"
            " cla_episode_start_reason=RNE cla_primary_need_code=CIN cla_episode_ceased_date=DEC"
            " cla_episode_ceased_reason=REC",
        ),
        "ssd_cla_placement": named(
            episodes,
            "clap",
            "cla_placement_id=N cla_placement_start_date=DECOM cla_placement_end_date=DEC cla_placement_type=PLACE"
            " cla_placement_provider=PLACE_PROVIDER cla_placement_urn=URN cla_placement_postcode=PL_POST"
            " cla_placement_change_reason=REASON_PLACE_CHANGE",
        ),
        "ssd_legal_status": named(
            episodes,
            "lega",
            "person_id=CHILD legal_status=LS legal_status_start_date=DECOM legal_status_end_date=DEC",
        ),
        "ssd_immigration_status": named(
            last("uasc", "CHILD").assign(KIND="UASC"),
            "immi",
            "person_id=CHILD immigration_status=KIND immigration_status_end_date=DUC",
        ),
        "ssd_missing": named(
            last("missing", "CHILD", "MISSING", "MIS_START"),
            "miss",
            "person_id=CHILD missing_episode_type=MISSING missing_episode_start_date=MIS_START"
            " missing_episode_end_date=MIS_END",
        ),
        # A council's own table beside the Standard's: when care began for children whose first row does not say so.
        "poc_start": stacked["poc_start"],
    }


def test_a_database_of_the_standard_gives_the_figures_of_the_returns(tmp_path, authority, stacked):
    with duckdb.connect(str(tmp_path / "ssd.duckdb")) as connection:
        for name, frame in as_standard(stacked).items():
            connection.register("given", pa.Table.from_pandas(frame, preserve_index=False))
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    parts, notices, _ = database.tables(str(tmp_path / "ssd.duckdb"), as_at="2025-03-31")
    assert notices[0].startswith("Tables of the Standard Safeguarding Dataset were found")
    records = (
        read(authority, area="Northmere", as_at="2025-03-31"),
        assemble(parts, area="Northmere", as_at="2025-03-31"),
    )
    # Returns to March 2022 … 2025; what ended in the first of them may not all be in an extract of the Standard.
    assert [str(record.covers[0]) for record in records] == ["2021-04-01", "2022-04-01"]

    periods = Periods.of("quarter", "2025-03-31", 4)
    returns, standard = (calculate(catalogue(), record, periods, ("age_band", "placement")) for record in records)
    same = ["measure", "period_end", "breakdown", "category"]
    both = returns.merge(standard, on=same, suffixes=("", "_too"), validate="one_to_one")
    both = both[(both["status"] == "ok") & (both["status_too"] == "ok")]
    assert both["measure"].nunique() > 15
    for figure in ("numerator", "denominator"):
        assert both[figure].fillna(-1).tolist() == both[f"{figure}_too"].fillna(-1).tolist()


def test_files_of_the_standard_give_what_a_database_of_it_gives(tmp_path, stacked):
    folder = tmp_path / "standard"
    folder.mkdir()
    with duckdb.connect(str(tmp_path / "ssd.duckdb")) as connection:
        for name, frame in as_standard(stacked).items():
            frame.to_csv(folder / f"{name}.csv", index=False)
            connection.register("given", pa.Table.from_pandas(frame, preserve_index=False))
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    records = [read(road, area="Northmere", as_at="2025-03-31") for road in (folder, tmp_path / "ssd.duckdb")]
    periods = Periods.of("quarter", "2025-03-31", 4)
    files, base = (calculate(catalogue(), record, periods, ("age_band", "placement")) for record in records)
    assert (files["status"] == "ok").sum() > 1000
    pd.testing.assert_frame_equal(files, base)


def test_lines_of_a_standard_file_that_do_not_fit_its_heading_are_named(tmp_path, stacked):
    for name, frame in as_standard(stacked).items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    legal = tmp_path / "ssd_legal_status.csv"
    lines = legal.read_text().splitlines()
    legal.write_text("\n".join([lines[0], lines[1] + ",one,more", *lines[2:]]))

    record = read(tmp_path, area="Northmere", as_at="2025-03-31")

    named = [said for said in record.notices if said.startswith("ssd_legal_status.csv")]
    assert named == [
        "ssd_legal_status.csv: 1 rows do not have as many cells as the heading and were left out, the first in row 2."
    ]


def test_a_standard_file_with_two_columns_of_one_name_is_refused(tmp_path):
    for name, frame in frames().items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    people = tmp_path / "ssd_person.csv"
    people.write_text(people.read_text().replace("pers_gender", "pers_dob"))

    with pytest.raises(ExtractError, match=r"ssd_person\.csv has two columns called PERS_DOB\. Remove or rename one\."):
        read(tmp_path, area="Northmere", as_at="2025-03-31")
