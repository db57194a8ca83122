"""The control chart and its icons: protected series only, words beside colour, rules and limits named."""

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from incare.disclosure.protect import protect
from incare.stats import compare, spc
from incare.views import spc_chart, spc_icons

WAVE = [70, 74, 69, 73, 71, 75, 69, 72, 70, 74, 71, 73, 70]


def picture(html) -> Image.Image:
    data = re.search(r'src="data:image/png;base64,([^"]+)"', html.text).group(1)
    return Image.open(io.BytesIO(base64.b64decode(data)))


def alternative(html) -> str:
    return re.search(r' alt="([^"]*)"', html.text).group(1)


def said(html) -> str:
    return re.sub(r"<[^>]+>", "", html.text)


def quarters(known, values, **facts) -> pd.DataFrame:
    """A measure's total by quarter up to September 2025, of 640 people where it is a share."""
    values = np.asarray(values, float)
    ends = pd.date_range(end="2025-09-30", periods=len(values), freq="QE")
    share = known.unit == "%"
    return pd.DataFrame(
        {
            "area": "Testshire", "measure": known.id, "grain": "quarter", "period_end": ends,
            "period_start": ends - pd.offsets.QuarterEnd() + pd.Timedelta(days=1), "breakdown": "total",
            "category": "All", "numerator": np.round(values * 6.4) if share else values,
            "denominator": 640.0 if share else np.nan, "value": values, "lower": values - 3, "upper": values + 3,
            "unit": known.unit, "better": known.better, "definition_version": 1,
            "status": np.where(np.isnan(values), "c", "ok"), "reason": "",
        }
    ).assign(**facts)  # fmt: skip


def charted(known, values, targets=None, rebase=(), rules="7/7", **facts):
    shown = protect(quarters(known, values, **facts), "restricted").pipe(compare.targets, targets or {})
    return shown.pipe(spc.of_series, rebase=rebase, rules=rules)


def test_only_a_protected_series_is_drawn(drawn):
    known = drawn.care_plan_up_to_date_pct
    with pytest.raises(TypeError, match="only what disclosure has protected"):
        spc_chart.chart(spc.of_series(quarters(known, WAVE)), known)


def test_a_series_without_limits_is_refused_with_the_way_to_make_them(drawn):
    known = drawn.care_plan_up_to_date_pct
    with pytest.raises(ValueError, match=r"protected.pipe\(spc.of_series\)"):
        spc_chart.chart(protect(quarters(known, WAVE), "restricted"), known)


def test_the_alternative_text_says_limits_signal_target_and_how_many_points_are_special(drawn):
    known = drawn.care_plan_up_to_date_pct
    text = alternative(spc_chart.chart(charted(known, [*WAVE, 90], drawn.TARGETS), known))
    #  mean 72.9; the range of 20 is screened away, the others' mean is 3.5: 72.9 ± 9.3
    assert "Latest 90%, 95% interval 87% to 93%. Mean 73%, limits 64% to 82%." in text
    assert "Signal of improvement. Target 90%. Target will be missed." in text
    assert "Special causes: 1 of 14 points; the latest is one (above the upper limit)." in text


def test_the_caption_names_the_rules_and_the_shapes_that_are_used(drawn):
    known = drawn.care_plan_up_to_date_pct
    html = spc_chart.chart(charted(known, [*WAVE, 90], rules="8/6"), known)
    assert "Rules 8/6: beyond a limit, 6 rising or falling, 2 of 3 near a limit (points beyond it counted)" in said(
        html
    )
    assert "Square: improvement." in said(html)
    assert "triangle" not in said(html).lower()


def test_trial_limits_are_said_to_judge_nothing(drawn):
    known = drawn.care_plan_up_to_date_pct
    html = spc_chart.chart(charted(known, [*WAVE, 90], rebase=["2024-01-15"]), known)
    assert "trial limits, from fewer than 13 points" in said(html)
    assert "Too few points to judge." in alternative(html)


def test_a_hidden_latest_period_is_drawn_as_hidden_and_judged_by_nothing(drawn):
    known = drawn.care_plan_up_to_date_pct
    html = spc_chart.chart(charted(known, [*WAVE, np.nan]), known)
    assert "The latest figure is hidden" in alternative(html)
    assert "No latest figure to judge." in alternative(html)


def test_a_series_with_little_to_show_gets_words_in_the_place_of_a_chart(drawn):
    known = drawn.missing_now_count
    assert "No chart" in said(spc_chart.chart(charted(known, [np.nan, np.nan, np.nan]), known))
    assert "too few periods" in said(spc_chart.chart(charted(known, [12, 14]), known))


def test_one_category_is_named_or_the_chart_is_refused(drawn):
    known = drawn.missing_now_count
    ages = [quarters(known, WAVE, breakdown="age_band", category=age) for age in ("5 to 9", "10 to 15")]
    shown = protect(pd.concat([quarters(known, [2 * v for v in WAVE]), *ages]), "restricted").pipe(spc.of_series)
    with pytest.raises(ValueError, match="name one of: 5 to 9, 10 to 15"):
        spc_chart.chart(shown, known, "age_band")
    assert "age band: 5 to 9" in said(spc_chart.chart(shown, known, "age_band", "5 to 9"))


@pytest.mark.parametrize("values", [[5] * 14, [0] * 8 + [1] + [0] * 5, [100] * 13 + [90], WAVE])
def test_nothing_touches_the_edge_of_the_picture(drawn, values):
    for known in (drawn.care_plan_up_to_date_pct, drawn.missing_now_count):
        image = np.asarray(picture(spc_chart.chart(charted(known, values, drawn.TARGETS), known)).convert("L"))
        edges = [image[:2], image[-2:], image[:, :2], image[:, -2:]]
        assert min(edge.min() for edge in edges) > 240


def test_the_same_series_gives_the_same_bytes(drawn):
    known = drawn.care_plan_up_to_date_pct
    shown = charted(known, WAVE, drawn.TARGETS)
    assert spc_chart.chart(shown, known) == spc_chart.chart(shown, known)


# ---- icons ----


@pytest.mark.parametrize("word", [*spc.spc_icons.VARIATION])
def test_every_word_of_variation_has_an_icon_with_words_beside_it(word):
    html = spc_icons.variation(word)
    assert said(html).strip() == spc_icons.VARIATION[word]
    assert alternative(html) == ""


@pytest.mark.parametrize("word", [word for word in spc.spc_icons.ASSURANCE if word])
def test_every_word_of_assurance_has_an_icon_with_words_beside_it(word):
    assert said(spc_icons.assurance(word)).strip() == spc_icons.ASSURANCE[word]


def test_without_a_target_there_is_no_icon_of_assurance():
    assert spc_icons.assurance("").text == ""


def test_icons_that_judge_differ_in_shape_and_not_only_in_colour():
    def grey(html):
        image = np.asarray(picture(html).convert("L"), float)
        return image < 200

    improvement, concern, higher = (grey(spc_icons.variation(w, True)) for w in ("improvement", "concern", "higher"))
    assert (improvement != concern).mean() > 0.05
    assert (concern != higher).mean() > 0.05
    passes, fails = (grey(spc_icons.assurance(word)) for word in ("passes", "fails"))
    assert (passes != fails).mean() > 0.05


def test_an_arrow_turns_with_the_signal_and_the_bar_with_the_better_direction():
    assert spc_icons.variation("improvement", True) != spc_icons.variation("improvement", False)
    assert spc_icons.assurance("passes", "higher") != spc_icons.assurance("passes", "lower")


def test_an_unknown_word_is_refused():
    with pytest.raises(ValueError, match="no icon for 'fine'"):
        spc_icons.variation("fine")
