"""Tables, cards and panels: real headings, symbols with a meaning, nothing unescaped, nothing left out in silence."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from incare.disclosure.protect import Protected
from incare.views import cards, numbers, panels, tables
from incare.views.markup import Html, tag


def text(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.text)).strip()


def row(html, first):
    """The cells of the row whose heading is `first`."""
    found = next(
        r for r in re.findall(r"<tr.*?</tr>", html.text) if f'scope="row">{first}' in r or f">{first}</th>" in r
    )
    return [text(Html(cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", found)]


def all_tables(public, drawn):
    some = drawn.MEASURES
    return [
        tables.scorecard(public, some),
        tables.series(public, drawn.cl_eet_pct),
        tables.breakdown(public, drawn.care_plan_up_to_date_pct, "age_band"),
        tables.mix(public, drawn.placement_type_pct),
        tables.forecast(drawn.forecasts(), drawn.cla_count),
        tables.backtest(drawn.backtest()),
        tables.benchmark(public, drawn.cl_eet_pct, drawn.benchmark()),
        tables.plain(pd.DataFrame({"rows": ["read"], "number": [1240]}), "Rows"),
    ]


def test_every_table_has_a_caption_headings_with_scope_and_a_region_of_its_own(public, drawn):
    for html in all_tables(public, drawn):
        assert html.text.startswith('<div class="scroll" role="region" aria-label="')
        assert 'tabindex="0"' in html.text
        assert "<caption>" in html.text
        assert all('scope="' in head for head in re.findall(r"<th[ >][^>]*>?", html.text))


def test_every_row_of_a_table_has_as_many_cells_as_there_are_headings(public, drawn):
    for html in all_tables(public, drawn):
        widths = {len(re.findall(r"<t[hd][ >]", r)) for r in re.findall(r"<tr.*?</tr>", html.text)}
        assert len(widths) == 1


def test_a_scorecard_row_holds_value_counts_target_rating_and_changes(public, drawn):
    html = tables.scorecard(public, drawn.MEASURES, sparklines=False)
    assert row(html, "Care plans up to date") == [
        "Care plans up to date", "74% 475 of 640", "90%", "Red", "70% ✓ improved", "71% no clear change",
    ]  # fmt: skip


def test_a_rating_is_a_word_a_shape_and_a_colour(public, drawn):
    html = tables.scorecard(public, drawn.MEASURES, sparklines=False)
    assert '<span class="rag red"><svg' in html.text
    assert '<path d="M1 1h12v12H1z"/></svg>Red</span>' in html.text


def test_no_rating_stands_beside_a_hidden_figure():
    hidden = pd.Series({"status": "c", "value": float("nan"), "rag": "green", "unit": "%"})
    assert text(tables.rating(hidden)) == "–"


def test_a_mix_is_not_on_the_scorecard(public, drawn):
    assert "Where children live" not in tables.scorecard(public, drawn.MEASURES, sparklines=False).text


def test_hidden_and_unavailable_cells_print_a_symbol_with_a_legend_and_the_reason(public, drawn):
    html = tables.scorecard(public, drawn.MEASURES, sparklines=False)
    assert row(html, "Reviews held on time")[1] == "x"
    assert "x: not available: the table reviews is missing." in html.text
    ages = tables.breakdown(public, drawn.care_plan_up_to_date_pct, "age_band")
    assert row(ages, "Under 1") == ["Under 1", "c", "–", "–"]
    assert "c: hidden to protect children and young people." in ages.text


def test_a_series_table_begins_with_the_newest_period(public, drawn):
    html = tables.series(public, drawn.care_plan_up_to_date_pct, last=2)
    assert re.findall(r'class="date">([^<]+)<', html.text) == ["Jul–Sep 2025", "Apr–Jun 2025"]
    assert row(html, "Jul–Sep 2025")[1:] == ["74%", "475 of 640", "70% to 77%"]


def test_a_breakdown_ends_with_everyone(public, drawn):
    html = tables.breakdown(public, drawn.care_plan_up_to_date_pct, "uasc")
    assert row(html, "All")[1:3] == ["74%", "475 of 640"]
    assert "Counts are rounded to the nearest 5, so they may not add up." in html.text


def test_true_counts_carry_no_note_on_rounding(restricted, drawn):
    html = tables.breakdown(restricted, drawn.care_plan_up_to_date_pct, "uasc")
    assert row(html, "UASC")[1:3] == ["58%", "52 of 90"]
    assert "rounded" not in html.text


def test_a_mean_prints_its_number_of_people_and_no_share(public, drawn):
    # 401 + 11 × 7.5 = 483.5 days, over 24 children, rounded to 25.
    assert row(tables.series(public, drawn.adoption_days, last=1), "Jul–Sep 2025")[1:] == ["483.5", "n = 25"]


@pytest.mark.parametrize("view", [tables.series, cards.definition])
def test_a_measure_is_found_by_its_id_in_the_catalogue_of_all_measures(view, public):
    if view is tables.series:
        assert "Children in care" in tables.series(public, "cla_count").text
    else:
        assert "<details" in view("cla_count").text


@pytest.mark.parametrize("column", ["CHILD", "dob", "Postcode"])
def test_a_plain_table_of_children_is_refused(column):
    with pytest.raises(TypeError, match="A page never shows rows of children") as problem:
        tables.plain(pd.DataFrame({column: ["CANARY-0042"]}), "Rows")
    assert "CANARY" not in str(problem.value)


@pytest.mark.parametrize("view", [tables.series, panels.measure])
def test_what_is_not_protected_is_refused(view, drawn):
    with pytest.raises(TypeError, match="given a DataFrame"):
        view(drawn.series(), drawn.cla_count)


def test_a_backtest_prints_errors_to_one_decimal_and_coverage_in_percent(drawn):
    html = tables.backtest(drawn.backtest().tail(1))
    assert row(html, "8") == ["8", "16", "19.4", "24.2", "24.9", "81%", "94%"]
    assert "Method: damped trend." in html.text


def test_a_table_without_rows_says_none():
    assert tables.plain(pd.DataFrame(columns=["rule", "rows"]), "Rows repaired").text.endswith(": none.</p>")


def test_numbers_as_printed_stand_on_the_right_like_numbers():
    html = tables.plain(pd.DataFrame({"reason": ["overlap", "gap"], "rows": ["1,240", "c"]}), "Rows repaired")
    assert html.text.count('<td class="n">') == 2


def test_the_benchmark_is_a_table_or_the_words_not_applicable(public, drawn):
    assert row(tables.benchmark(public, drawn.cl_eet_pct, drawn.benchmark()), "England")[1:] == ["54%", "31 March 2025"]
    assert "not applicable" in tables.benchmark(public, drawn.cla_count, drawn.benchmark()).text


def test_the_benchmark_of_the_rows_themselves_is_used(public, drawn):
    from incare.stats import compare

    html = tables.benchmark(public.pipe(compare.benchmark, drawn.benchmark()), drawn.cl_eet_pct)
    assert row(html, "England")[1:] == ["54%", "31 March 2025"]


# Cards and panels


def test_a_card_prints_the_definition_and_the_choices_in_force(drawn):
    card = text(cards.definition(drawn.care_plan_up_to_date_pct.choose(max_months=12)))
    assert "Choices in force max_months = 12" in card
    assert "Population children in care on the last day whose plan is due." in card
    assert "Direction Higher is better" in card
    assert "History needed 6 months of record" in card


def test_a_panel_has_its_six_elements_in_order(public, drawn):
    html = panels.measure(public, drawn.cl_eet_pct, benchmark=drawn.benchmark(), comment="Two posts were filled.").text
    places = [
        html.index(piece) for piece in ("<h3", "headline", "<img", "<table", "other areas", "Two posts", "<details")
    ]
    assert places == sorted(places)


def test_what_a_panel_has_nothing_of_is_said_in_words(public, drawn):
    said = text(panels.measure(public, drawn.cla_reviews_in_time_pct))
    assert "No chart or table: no period has a figure to show." in said
    assert "Benchmark: not applicable." in said
    assert "Service comment: No service comment supplied." in said


def test_a_topic_holds_the_panels_of_its_measures_in_written_order(public, drawn):
    html = panels.topic(public, drawn.MEASURES, "placements").text
    assert re.findall(r"<h([23])[^>]*>([^<]+)<", html) == [
        ("2", "Placements"),
        ("3", "Where children live"),
        ("3", "Three or more placements in the year"),
    ]


def test_comments_titles_and_categories_are_escaped(public, drawn):
    evil = "<script>alert(1)</script>"
    frame = public.frame.assign(category=public.frame["category"].replace("UASC", evil))
    titled = replace(drawn.care_plan_up_to_date_pct, title=evil)
    html = panels.measure(Protected(frame), titled, comment=evil, by=("uasc",)).text
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_text_is_escaped_and_pieces_are_kept():
    assert tag("p", "a < b", tag("b", "&"), title='"x"').text == '<p title="&quot;x&quot;">a &lt; b<b>&amp;</b></p>'


def test_pieces_are_joined_with_plus_and_say_nothing_in_plain_text():
    both = tag("p", "CANARY-0042") + tag("p", "two")
    assert both.text == "<p>CANARY-0042</p><p>two</p>"
    assert "CANARY" not in repr(both)
    assert both._repr_html_().startswith('<div data-incare="view">')


def test_a_plain_table_can_show_some_columns_under_other_heads():
    rows = pd.DataFrame({"topic": ["plans"], "measure": ["plans_pct"], "title": ["Plans up to date"]})
    said = text(tables.plain(rows, "Measures", {"title": "Measure", "measure": "Name in files"}))
    assert said == "Measures Measure Name in files Plans up to date plans_pct"


def test_the_headings_of_a_plain_table_keep_names_as_they_are_written():
    rows = pd.DataFrame({"year_to_31_march": ["2025"], "oc2": [5], "placed_for_adoption": [8]})
    assert text(tables.plain(rows, "Rows")) == "Rows Year to 31 March OC2 Placed for adoption 2025 5 8"


@pytest.mark.parametrize(
    ("low", "high", "unit", "said"),
    [
        (13.0, 16.7, "points", "13.0 to 16.7"),
        (13.0, 16.0, "points", "13 to 16"),
        (62.5, 70.0, "%", "63% to 70%"),
        (1200.0, 1310.5, "days", "1,200.0 to 1,310.5"),
    ],
)
def test_where_one_limit_has_a_decimal_so_has_the_other(low, high, unit, said):
    assert numbers.limits(low, high, unit) == said
    assert tables.between(pd.Series({"low": low, "high": high}), "low", "high", unit) == said


def test_in_public_the_colours_are_said_to_follow_the_printed_figures(public, restricted, drawn):
    said = {shown.profile: tables.scorecard(shown, drawn.MEASURES).text for shown in (public, restricted)}
    assert tables.ROUNDED_RATINGS in said["public"]
    assert tables.ROUNDED_RATINGS not in said["restricted"]
