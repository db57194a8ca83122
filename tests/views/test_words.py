"""Sentences: every number comes from the protected frame, every direction from a statistic."""

import re

import pandas as pd
import pytest

from incare.disclosure.protect import protect
from incare.views import numbers, words


def plain(markup):
    return re.sub(r"<[^>]+>", "", markup)


def text(html):
    return plain(html.text)


def section(html, heading):
    """The words below one heading of the highlights."""
    return plain(
        next(part for part in re.split("<section>", html.text) if f">{heading}</h3>" in part).split("</h3>")[1]
    )


# Numbers and periods


@pytest.mark.parametrize(
    ("value", "unit", "printed"),
    [
        (62.5, "%", "63%"),
        (0.5, "%", "1%"),
        (1240, "children", "1,240"),
        (12.25, "days", "12.3"),
        (12.0, "days", "12"),
        (66.5, "per 10,000", "67"),
        (-2.5, "children", "-3"),
    ],
)
def test_figures_are_rounded_half_up_and_carry_their_unit_sign(value, unit, printed):
    assert numbers.number(value, unit) == printed


def test_a_missing_figure_is_never_printed_as_a_number():
    with pytest.raises(ValueError, match="missing"):
        numbers.number(float("nan"), "%")


@pytest.mark.parametrize(("status", "printed"), [("c", "c"), ("z", "z"), ("x", "x"), ("low", "low"), ("ok", "x")])
def test_a_row_without_a_figure_prints_its_symbol(status, printed):
    assert numbers.cell(pd.Series({"status": status, "value": float("nan"), "unit": "%"})) == printed


def test_one_child_is_not_one_children():
    assert numbers.amount(1, "children") == "1 child"
    assert numbers.amount(2, "children") == "2 children"


@pytest.mark.parametrize(
    ("end", "grain", "label"),
    [
        ("2025-03-31", "quarter", "Jan–Mar 2025"),
        ("2024-12-31", "quarter", "Oct–Dec 2024"),
        ("2025-07-31", "month", "Jul 2025"),
    ],
)
def test_periods_are_named_by_their_months(end, grain, label):
    assert numbers.period_label(end, grain) == label


# Headlines


def test_a_headline_gives_value_counts_target_and_change(public, drawn):
    assert text(words.headline(public, drawn.care_plan_up_to_date_pct)) == (
        "Care plans up to date: 74% (475 of 640 children), quarter ending 30 September 2025. "
        "It is below the target of 90%, outside the agreed margin, and has been off target for 12 quarters in a row. "
        "Improved on the previous quarter (70%); no clear change since the same time last year (71%)."
    )


def test_level_and_direction_are_two_statements(public, drawn):
    said = words.summary(public, drawn.care_plan_up_to_date_pct)
    assert "below the target" in said
    assert "Improved" in said


def test_without_a_statistic_no_change_is_claimed(drawn):
    said = words.summary(protect(drawn.series()), drawn.care_plan_up_to_date_pct)
    assert said == "Care plans up to date: 74% (475 of 640 children), quarter ending 30 September 2025."


def test_a_target_given_beside_the_series_is_not_judged(drawn):
    said = words.summary(protect(drawn.series()), drawn.care_plan_up_to_date_pct, drawn.TARGETS)
    assert said.endswith("It is shown beside the target of 90%.")


def test_a_rolling_measure_says_its_twelve_months(public, drawn):
    assert "15% (95 of 640 children), 12 months to 30 September 2025." in words.summary(
        public, drawn.stability_3plus_pct
    )


def test_a_measure_that_is_not_available_says_why(public, drawn):
    said = words.summary(public, drawn.cla_reviews_in_time_pct)
    assert said == (
        "Reviews held on time: not available: the table reviews is missing (quarter ending 30 September 2025)."
    )


def test_a_hidden_figure_says_that_it_is_hidden_and_nothing_else(drawn):
    series = drawn.series()
    last = (series["measure"] == "missing_now_count") & (series["period_end"] == "2025-09-30")
    series.loc[last, ["numerator", "value"]] = 3.0
    said = words.summary(protect(series), drawn.missing_now_count)
    assert said == (
        "Children missing from care: hidden to protect children and young people (quarter ending 30 September 2025)."
    )


def test_a_hidden_figure_is_not_compared_with_the_figure_before_it(drawn):
    from incare.stats import compare

    series = drawn.series()
    last = (series["measure"] == "cl_eet_pct") & (series["period_end"] == "2025-09-30")
    series.loc[last, ["numerator", "denominator"]] = 7.0, 12.0
    said = words.summary(protect(series).pipe(compare.targets, drawn.TARGETS).pipe(compare.change), drawn.cl_eet_pct)
    assert said.endswith("hidden to protect children and young people (quarter ending 30 September 2025).")


def test_a_measure_to_keep_low_is_above_its_target_when_it_misses_it(public, drawn):
    assert "It is above the target of 10%, outside the agreed margin" in words.summary(
        public, drawn.stability_3plus_pct
    )


def test_zero_is_said_as_zero(public, drawn):
    assert words.summary(public, drawn.missing_now_count).startswith("Children missing from care: 0 children")


def test_a_mix_names_its_parts_from_the_largest_and_the_hidden_ones_last(public, drawn):
    said = words.summary(public, drawn.placement_type_pct)
    assert said.startswith("Where children live: Other foster placements 42%; Foster placements with relatives")
    assert said.endswith("Hidden to protect children and young people: Residential schools, Other placements.")


def test_a_change_across_a_new_definition_is_not_judged(public, drawn):
    from incare.disclosure.protect import Protected

    until_2024 = public.frame[public.frame["period_end"] <= "2024-09-30"]
    said = words.summary(Protected(until_2024), drawn.stability_3plus_pct)
    assert "cannot be compared with the same time last year, because the definition changed" in said


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("improved", "Improved on the previous quarter (70%)."),
        ("worse", "Worse than the previous quarter (70%)."),
        ("higher", "Higher than the previous quarter (70%)."),
        ("lower", "Lower than the previous quarter (70%)."),
        ("no clear change", "No clear change since the previous quarter (70%)."),
        ("", ""),
    ],
)
def test_the_word_of_the_statistic_is_the_word_of_the_sentence(drawn, word, sentence):
    def judge(frame):
        return frame.assign(previous_word=word)

    found = words.shown.rows(protect(drawn.series()).pipe(judge), drawn.care_plan_up_to_date_pct)
    assert words.change(found) == sentence


def test_every_number_in_a_headline_is_in_the_protected_frame(public, drawn):
    frame = public.frame
    released = {
        numbers.number(value, "days")
        for column in ("numerator", "denominator", "value", "target", "previous_value", "year_ago_value", "below_for")
        for value in frame[column].dropna().astype(float)
    }
    # Dates, the count of months and the people of a mean are not figures of children.
    allowed = {"30", "2025", "12", "19", "21"}
    for measure in drawn.MEASURES:
        for number in re.findall(r"\d[\d,.]*\d|\d", words.summary(public, measure)):
            assert number in released | allowed, (measure.id, number)


# Highlights


def test_highlights_put_each_measure_in_its_list_by_rule(public, drawn):
    html = words.highlights(public, drawn.MEASURES)
    assert "Care plans up to date: 74% (target 90%)" in section(html, "Off target")
    assert "In education, employment or training: 61% (target 60%)" in section(html, "On target")
    assert section(html, "Close to target") == "None."
    assert "Care plans up to date: 74%, improved on the previous quarter (70%)" in section(html, "Improved")
    assert section(html, "Got worse") == "None."


def test_a_small_fall_inside_its_interval_is_in_no_list_of_changes(public, drawn):
    html = words.highlights(public, drawn.MEASURES)
    # 100 of 155 became 95 of 155: 65 % to 61 %.
    assert all("employment" not in section(html, name) for name in ("Got worse", "Improved", "Clearly higher or lower"))


# Forecasts, comments, key figures


def test_a_forecast_prints_mean_both_intervals_and_its_past_error_beside_the_last_values(drawn):
    said = text(words.forecast(drawn.forecasts(), drawn.backtest(), drawn.cla_count))
    assert said == (
        "Children in care at 30 September 2027: 659 children expected. 80% interval 627 to 692 (8 times in 10); "
        "95% interval 609 to 709 (19 times in 20). Tried on 16 past dates, 8 periods ahead, this method was wrong by "
        "19.4 on average; repeating the last value was wrong by 24.2."
    )


def test_the_forecast_of_the_measure_is_picked_from_several(drawn):
    both = pd.concat([drawn.forecasts(), drawn.forecasts().assign(unique_id="other", mean=1.0)])
    assert "659 children expected" in text(words.forecast(both, drawn.backtest(), drawn.cla_count))
    with pytest.raises(ValueError, match="none has the unique_id cl_eet_pct"):
        words.forecast(both, drawn.backtest(), drawn.cl_eet_pct)


def test_a_backtest_without_an_origin_is_no_past_error(drawn):
    untried = drawn.backtest().assign(origins=0, mae=float("nan"), mae_last_value=float("nan"))
    assert text(words.forecast(drawn.forecasts(), untried, drawn.cla_count)).endswith("has not been measured.")


def test_a_forecast_that_was_never_tried_says_so(drawn):
    said = text(words.forecast(drawn.forecasts(), None, drawn.cla_count))
    assert said.endswith("Its past error has not been measured.")


@pytest.mark.parametrize("mark", ["[Op147]", "[AB12]", "[LH3]"])
def test_comment_marks_of_word_processors_are_removed(mark):
    assert words.comment(f"suitable accommodation{mark} following") == "suitable accommodation following"


def test_key_figures_come_from_the_frame_and_say_why_one_is_missing(public, drawn):
    figures = words.key_figures(public, drawn.MEASURES.only(["cl_eet_pct", "cla_reviews_in_time_pct"]))
    assert figures == [
        {
            "label": "In education, employment or training",
            "value": "61%",
            "note": "95 of 155, quarter ending 30 September 2025",
            "rag": "Green",
        },
        {
            "label": "Reviews held on time",
            "value": "–",
            "note": "not available: the table reviews is missing",
            "rag": "",
        },
    ]
