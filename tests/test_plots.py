"""Figures: what is drawn, in words and numbers; that labels fit and do not overlap; the same bytes again."""

import functools
import itertools
import json
import re
from xml.etree import ElementTree

import invented
import matplotlib
import numpy as np
import pandas as pd
import pytest
from drawn import layout_faults
from matplotlib.patches import Rectangle

from jdl_toolkit import plots
from jdl_toolkit.attrition import Ledger
from jdl_toolkit.errors import JDLError
from jdl_toolkit.plots import canvas, people, power, strip, survival
from jdl_toolkit.plots.overlap import _LOOKS
from jdl_toolkit.spec import Method

WHOLE = invented.whole_findings().analyses[0]

DRAWINGS = {
    "flow_chart": lambda: plots.flow_chart(invented.flow()),
    "flow_chart withheld": lambda: plots.flow_chart(invented.flow({1: None, 2: 81, 6: 491, 12: None, 14: 3}, 2000)),
    "love_plot": lambda: plots.love_plot(invented.balance().rows),
    "love_plot signed": lambda: plots.love_plot(invented.balance().rows, signed=True, top=6),
    "overlap": lambda: plots.overlap(invented.overlap()),
    "measures": lambda: plots.measures_plot(invented.measures()),
    "estimates": lambda: plots.estimates_plot(invented.measures()[0]),
    "measures all": lambda: plots.measures_plot(invented.all_measures()),
    "measures counts": lambda: plots.measures_plot(invented.all_measures(), unit="count"),
    "survival": lambda: plots.survival_plot(WHOLE),
    "survival at risk": lambda: plots.survival_plot(WHOLE, clock="at_risk"),
    "subgroups": lambda: plots.subgroups_plot(WHOLE),
    "robustness": lambda: plots.robustness_plot(WHOLE),
    "power_curve": lambda: plots.power_curve(invented.power()),
    "people_picture": lambda: plots.people_picture(84 / 257, 0.389),
    "balance_strip": lambda: plots.balance_strip(invented.with_subgroup_balance(WHOLE)),
}


@functools.cache
def figure_of(name):
    return DRAWINGS[name]()


@pytest.fixture
def sheets(monkeypatch):
    """The matplotlib drawings behind the figures made during a test."""
    drawn, to_svg = [], canvas.to_svg
    monkeypatch.setattr(canvas, "to_svg", lambda drawing, salt: (drawn.append(drawing), to_svg(drawing, salt))[1])
    return drawn


@pytest.mark.parametrize("name", DRAWINGS)
def test_labels_neither_overlap_nor_leave_the_sheet(name, sheets):
    DRAWINGS[name]()
    assert layout_faults(sheets[0]) == []


def test_a_text_outside_the_sheet_would_be_noticed():
    drawing, paper = canvas.sheet(60)
    canvas.write(paper, canvas.WIDTH - 10, 10, ["too far to the right"])
    canvas.write(paper, 10, 30, ["one"])
    canvas.write(paper, 12, 31, ["two"])
    paper.plot([0, 60], [52, 52])
    canvas.write(paper, 30, 46, ["crossed"])
    assert layout_faults(drawing) == [
        "'too far to the right' leaves the sheet", "'one' overlaps 'two'", "'crossed' lies on a mark"
    ]  # fmt: skip


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_is_complete_and_the_same_each_time(name):
    figure, again = figure_of(name), DRAWINGS[name]()
    assert figure == again
    assert len(figure.alt) >= 20 and figure.caption and figure.data
    json.dumps(figure.data, allow_nan=False)
    root = ElementTree.fromstring(figure.svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not {e.tag.rpartition("}")[2] for e in root.iter()} & {"metadata", "style", "script", "image"}
    assert not re.search(r"<!|http(?!://www\.w3\.org/2000/svg)|url\((?!#)", figure.svg)


def test_a_notebooks_own_style_changes_nothing():
    with matplotlib.rc_context(
        {"font.size": 30, "axes.facecolor": "black", "svg.fonttype": "path", "font.family": "serif"}
    ):
        assert DRAWINGS["overlap"]() == plots.overlap(invented.overlap())
        inside = DRAWINGS["overlap"]()
    assert inside == DRAWINGS["overlap"]()


def test_the_flow_chart_shows_the_published_waterfall():
    figure = plots.flow_chart(invented.flow())
    text = [e.text for e in ElementTree.fromstring(figure.svg).iter("{http://www.w3.org/2000/svg}text")]
    waterfall = ["1,246", "1,125", "938", "916", "347", "257"]
    assert [t for t in text if t in waterfall] == waterfall
    assert "in the treatment group that is" in text
    assert "491 (the most recent sentence was of a kind outside this analysis)" in figure.alt
    assert " 0 (" not in figure.alt
    assert figure.data[6] == {
        "Step": "the most recent sentence was of a kind outside this analysis", "Records that left": 491,
        "Records that remained": 425,
    }  # fmt: skip


def test_the_flow_of_a_request_that_was_not_answered_ends_with_those_who_could_be_analysed():
    assert plots.flow_chart(invented.flow()[:-1]).alt.split(". Left")[0].endswith(" could be analysed")


def test_boxes_of_the_flow_chart_stand_apart_in_each_column(sheets):
    plots.flow_chart(invented.flow())
    columns = {}
    for patch in sheets[0].axes[0].patches:
        if isinstance(patch, Rectangle):
            columns.setdefault(patch.get_x(), []).append((patch.get_y(), patch.get_y() + patch.get_height()))
    assert [len(boxes) for boxes in columns.values()] == [6, 5]
    for boxes in columns.values():
        assert boxes[0][0] >= 3 and boxes[-1][1] <= sheets[0].get_size_inches()[1] * 72 - 2.9
        assert all(below[0] - above[1] > 7.9 for above, below in itertools.pairwise(boxes))


def test_the_flow_chart_reads_a_ledger_and_withholds():
    ledger = Ledger.start("pool", "sentences of the same kinds", 900)
    ledger = ledger.exclude(None, 40, key="submitted", label="people submitted")
    assert plots.flow_chart(ledger.steps).alt == (
        "Flow chart from 900 sentences of the same kinds to 860 remain. Left on the way: 40 (people submitted)."
    )
    hidden = plots.flow_chart(invented.flow({1: None}, 60))
    assert "fewer than 5 (the record could not be used" in hidden.alt
    assert plots.flow_chart(invented.flow({1: 0}, 60)).alt.endswith("Nobody left on the way.")


def test_a_flow_without_steps_is_refused():
    with pytest.raises(JDLError, match="no steps to draw"):
        plots.flow_chart(())


def test_the_love_plot_keeps_the_worst_and_says_how_many_more():
    rows = [
        {"covariate": f"c{i}", "level": "", "smd_before": 0.5, "smd_after": i / 1000 * (-1) ** i} for i in range(30)
    ]
    figure = plots.love_plot(pd.DataFrame(rows), top=10)
    assert [r["Label"] for r in figure.data] == [f"c{i}" for i in range(29, -1, -1)]  # the data hold all
    assert [f"c{i}" for i in range(30) if f">c{i}<" in figure.svg] == [f"c{i}" for i in range(20, 30)]
    assert "20 more, a stroke for each" in figure.svg
    assert list(figure.data[0].items()) == [
        ("Label", "c29"), ("Before matching (per cent)", 50.0), ("After matching (per cent)", -2.9), ("Decides", "yes")
    ]  # fmt: skip
    assert "20 more are smaller" in figure.note
    assert "after matching it is 2.9 per cent (c29), and none lies above 10 per cent" in figure.alt
    rows[3]["smd_after"] = -0.2
    assert "after matching it is 20.0 per cent (c3), and 1 lies above 10 per cent" in plots.love_plot(rows).alt


def test_the_love_plot_marks_what_does_not_decide_and_says_whose_deviation_it_is():
    rows = [
        {"covariate": "age", "level": "", "smd_before": 0.3, "smd_after": 0.02, "kind": "level"},
        {
            "covariate": "age",
            "label": "age, squared",
            "level": "",
            "smd_before": 0.2,
            "smd_after": 0.3,
            "kind": "square",
        },
        {"covariate": "region", "level": "North", "smd_before": -0.5, "smd_after": 0.01, "gates": True},
        {"covariate": "region", "level": "South", "smd_before": 0.5, "smd_after": -0.01, "gates": True},
    ]
    figure = plots.love_plot(rows, denominator="treated")
    assert "after, does not decide" in figure.svg and "Squares and products (do not decide)" in figure.svg
    assert "after matching it is 2.0 per cent (age)" in figure.alt, "the worst of those that decide"
    assert figure.alt.endswith("1 square or product, which does not decide, stands below.")
    assert [r["Decides"] for r in figure.data] == ["no", "yes", "yes", "yes"]
    assert "do not decide whether the groups are alike enough" in figure.note
    assert "that of the treatment group before matching" in figure.note
    without = plots.love_plot([rows[0], *rows[2:]])
    assert "does not decide" not in without.svg and "that of both groups before matching" in without.note
    labels = re.findall(r">(region: North|region: South|age|age, squared)<", plots.love_plot(rows, order="before").svg)
    assert labels == ["region: North", "region: South", "age", "age, squared"]


def test_the_love_plot_by_covariate_has_headings_and_one_row_for_the_rest():
    rows = [
        {"covariate": f"c{i // 4}", "level": f"level {i}", "smd_before": i / 300, "smd_after": i / 1500}
        for i in range(149)
    ]
    figure = plots.love_plot(rows, top=6, order="covariate")
    assert len(figure.data) == 149 and "143 more are smaller" in figure.note
    shown = [text for text in _texts(figure.svg) if re.match("c\\d|level|All|143", text)]
    alone, headed = ["c37: level 148"], ["c36", "level 147", "level 146", "level 145", "level 144"]
    assert shown == [*alone, "c35: level 143", *headed, "All others", "143 more, a stroke for each"]


def test_a_love_plot_of_weights_does_not_speak_of_matching():
    assert set(plots.STEPS) == {str(method) for method in Method}
    figure = plots.love_plot(invented.balance().rows, step=plots.STEPS["ebal"])
    assert "matching" not in figure.alt + figure.note + figure.caption and "weighting" in figure.alt
    assert "comparison group" in plots.overlap(invented.overlap()).alt and "matched" not in figure_of("overlap").svg


def test_the_overlap_breaks_off_where_counts_are_withheld():
    figure = plots.overlap(invented.overlap())
    assert "breaks off" in figure.note
    assert figure.data[0]["Treatment group (per cent)"] is None
    assert "−3.6 in the treatment group" in figure.alt


def test_the_overlap_is_drawn_by_area_and_in_whole_per_cent(sheets):
    shares = {"treatment": 0.1234, "pool": 0.5, "control": 0.2}
    rest = {"treatment": 0.8766, "pool": 0.5, "control": 0.8}
    figure = plots.overlap([{"lower": -9, "upper": -5} | shares, {"lower": -5, "upper": -4.5} | rest])
    assert figure.data[0] == {
        "Score": "−9.00 to −5.00", "Treatment group (per cent)": 12, "Comparison group (per cent)": 20,
        "All in the control pool (per cent)": 50,
    }  # fmt: skip
    heights = [patch.get_data().values.tolist() for patch in sheets[0].axes[1].patches]
    assert heights == [[3, 176], [12.5, 100], [5, 160]]


def test_forest_plot_prints_estimates_by_the_rules_of_rounding(sheets):
    figure = plots.estimates_plot(invented.measures()[0])
    assert "Headline: matching with an outcome model: −6.1 (−11.9 to −0.3)" in figure.alt
    assert [row["Label"].split(":")[0] for row in figure.data] == ["Headline", "Classic", "Check"]
    assert list(figure.data[0].values())[1:] == [-6.1, -11.9, -0.3]
    assert list(figure.data[0]) == ["Label", "Estimate (percentage points)", "Lower limit", "Upper limit"]
    axes = sheets[0].axes[1]
    assert np.isclose(sorted(axes.get_xlim())[0], -100 * 0.0612, atol=10)
    only = plots.measures_plot(invented.measures(), unit="days")
    assert only.alt == (
        "Difference in days, with its 95 per cent interval. "
        "Days to first proven reoffence (among those who reoffended): 13 (−8 to 35)."
    )
    assert only.caption == "Difference in the days to first proven reoffence"
    assert plots.measures_plot(invented.measures()[:1]).caption == "Difference in the one-year proven reoffending rate"


def test_measures_are_drawn_under_headings_and_conditional_ones_below_their_own(sheets):
    figure = plots.measures_plot(invented.all_measures())
    text = [e.text for e in ElementTree.fromstring(figure.svg).iter("{http://www.w3.org/2000/svg}text")]
    headings = ["Reoffending", "Seriousness of the first", "Custody", "Employment"]
    assert [t for t in text if t in headings] == headings
    assert text.count("among those who reoffended") == 3
    assert "Reoffenders whose first reoffence was triable either way: −9 (−21 to 3)" in figure.alt
    assert len({row["Label"] for row in figure.data}) == len(figure.data) == 11
    marks = [line.get_marker() for line in sheets[0].axes[1].lines if line.get_marker() in ("D", "o", "s")]
    assert (marks.count("D"), marks.count("o"), marks.count("s")) == (1, 7, 3)
    assert "only part of each group" in figure.note
    assert plots.measures_plot(invented.measures(), unit="count").note == ""


def test_survival_curves_step_from_everyone_to_the_rate(sheets):
    figure = plots.survival_plot(WHOLE)
    lines = [line for line in sheets[0].axes[1].lines if line.get_linewidth() == 2]
    assert [line.get_drawstyle() for line in lines] == ["steps-post"] * 2
    assert [line.get_xydata()[0].tolist() for line in lines] == [[0, 100]] * 2
    assert np.allclose([line.get_xydata()[-2] for line in lines], [[365, 67.3], [365, 61.2]])
    for line in lines:  # the last step leads to a line that can be seen, inside the axes
        assert 365 < line.get_xydata()[-1][0] <= sheets[0].axes[1].get_xlim()[1]
        assert line.get_xydata()[-1][1] == line.get_xydata()[-2][1]
    assert max(sheets[0].axes[1].get_xticks()) == 365
    assert lines[0].get_linestyle() != lines[1].get_linestyle()  # told apart without colour
    assert "by day 365, 67 per cent of the treatment group and 61 per cent of the comparison group" in figure.alt
    assert figure.data[-1]["Treatment group (per cent), lower limit"] == 61.6
    assert "The vertical axis begins at 60 per cent." in figure.note
    at_risk = plots.survival_plot(WHOLE, clock="at_risk")
    assert at_risk.key == "survival_at_risk" and "only days outside custody count" in at_risk.caption
    assert plots.survival_plot(invented.findings().analyses[0]) is None


def test_labels_of_curves_that_end_together_stand_apart(sheets):
    points = [p.model_copy(update={"control": p.treatment}) for p in invented.survival()[0].points]
    curve = invented.survival()[0].model_copy(update={"points": tuple(points)})
    plots.survival_plot(WHOLE.model_copy(update={"survival": (curve,)}))
    low = [p.model_copy(update={"treatment": p.control_low, "treatment_low": p.control_low}) for p in points]
    curve = curve.model_copy(update={"points": tuple(low)})
    plots.survival_plot(WHOLE.model_copy(update={"survival": (curve,)}))
    assert [layout_faults(sheet) for sheet in sheets] == [[], []]


def test_subgroups_are_drawn_beside_the_whole_group():
    figure = plots.subgroups_plot(WHOLE)
    assert [row["Label"] for row in figure.data] == [
        "Everyone", "Sex: men", "Sex: women", "Age: 18 to 24", "Age: 25 to 34", "Age: 35 and over"
    ]  # fmt: skip
    assert "North Trust" not in figure.svg
    assert plots.subgroups_plot(invented.findings().analyses[0]) is None


def test_power_curve_marks_the_group_in_hand(sheets):
    figure = plots.power_curve(invented.power())
    marks = [line for line in sheets[0].axes[1].lines if line.get_marker() == "D"]
    assert [tuple(m.get_xydata()[0]) for m in marks] == [(257, 10.69)]
    assert "The 257 people in this analysis could show 10.7 points" in figure.alt
    assert "however many people: 0.9" in figure.svg
    assert [power.short(x) for x in (10.0, 9.96, 1.4, 0.04)] == ["10", "10", "1.4", "0"]


def test_people_are_drawn_to_the_rounded_rate(sheets):
    figure = plots.people_picture(84 / 257, 0.385)
    assert figure.alt.startswith("Of every 100 people in the treatment group 33 reoffended within a year")
    assert [_people(axes) for axes in sheets[0].axes[1:]] == [(33, 0, 67), (33, 6, 61)]


def _people(axes):
    """People drawn filled, in a frame, and hollow."""
    lines = [line for line in axes.lines if line.get_marker() is people._PERSON]
    return tuple(len(line.get_xdata()) for line in lines)


def _texts(svg):
    return [e.text for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def _luminance(colour):
    """Relative luminance of WCAG 2.2, from 0 (black) to 1 (white)."""
    channel = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _contrast(one, two):
    dark, light = sorted([_luminance(one), _luminance(two)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_colour_stands_out_and_every_text_can_be_read(name):
    """Marks and lines by 3 to 1, text by 4.5 to 1; the pale ground means nothing by itself. No type is small."""
    root = ElementTree.fromstring(figure_of(name).svg)
    ground = {matplotlib.colors.to_hex(c) for c in (canvas.PALE, "white")}
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "text":
            assert float(element.get("font-size").removesuffix("px")) >= 8.5
            fill = element.get("fill", "#000000")
            assert fill == "#ffffff" or _contrast(fill, "white") >= 4.5, element.text
        elif "opacity" not in "".join(element.attrib):
            for colour in {element.get("fill"), element.get("stroke")} - ground - {None, "none"}:
                assert _contrast(colour, "white") >= 3, (tag, colour)
    white_text = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text") if t.get("fill") == "#ffffff"]
    assert not white_text or name.startswith("flow_chart"), "only on the navy box of the flow chart"


def test_what_must_be_told_apart_differs_in_grey_or_in_shape():
    assert _contrast(canvas.NAVY, canvas.ORANGE) > 3 and _contrast(canvas.DARK, canvas.ORANGE) > 3
    assert _contrast(canvas.PLUM, canvas.TEAL) > 3 and _contrast(canvas.NAVY, "white") > 4.5
    assert len({strip._MARKS[light]["marker"] for light in strip._MARKS}) == 3
    assert len({str(look.get("ls")) for look in _LOOKS.values()}) == 3
    assert len({str(line) for *_, line in survival._GROUPS.values()}) == 2


def test_drawings_are_small_and_say_each_style_once():
    sizes = {name: len(figure_of(name).svg) for name in DRAWINGS}
    assert max(sizes.values()) < 30_000, sizes
    svg = figure_of("people_picture").svg
    assert svg.count("<use") == 206 + 4 and sizes["people_picture"] < 16_000
    assert "style=" not in svg and not re.search(r"\d\.\d{3}", svg)


def test_dollars_and_underscores_are_no_formula():
    row = {"label": r"A $x_1$ \frac", "estimate": -0.1, "ci_low": -0.2, "ci_high": -0.01}
    assert r"A $x_1$ \frac" in plots.forest_plot([row]).svg


def test_forty_ways_of_analysing_stand_in_one_legible_picture(sheets):
    figure = plots.robustness_plot(WHOLE)
    assert len(figure.data) == len(WHOLE.robustness.others) + 1 >= 38
    assert figure.data[0]["Label"] == "This report" and figure.data[0]["Estimate (percentage points)"] == -6.1
    assert figure.alt.startswith("39 differences in percentage points")
    assert "This report: −6.1 (−11.9 to −0.3). The others lie between One characteristic left out: Year" in figure.alt
    assert sheets[0].get_size_inches()[1] * 72 < 800, "a page, scaled to no less than four fifths"
    axes = next(a for a in sheets[0].axes if a.lines)
    bands = [p for p in axes.patches if p.get_width() > 1]
    low, high = -11.9, -0.3  # the interval of the headline is shaded
    assert [bands[0].get_x(), bands[0].get_x() + bands[0].get_width()] == pytest.approx([low, high], abs=0.1)
    assert plots.robustness_plot(invented.findings().analyses[0]) is None


def test_without_another_estimate_there_is_nothing_to_lay_beside_the_headline():
    panel = invented.robustness()
    alone = WHOLE.model_copy(update={"robustness": panel.model_copy(update={"rows": panel.rows[:1]})})
    assert plots.robustness_plot(alone) is None
