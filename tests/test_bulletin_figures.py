"""Figures of a bulletin: what the pilot year's say, and that labels neither overlap nor leave the sheet."""

import re

import numpy as np
import pytest
from bulletins import pilot_bulletin
from drawn import layout_faults

from jdl_toolkit import plots
from jdl_toolkit.narrative import bulletin as words
from jdl_toolkit.plots import canvas, effect_sizes

PILOT = pilot_bulletin()
ROWS = words.figure_rows(PILOT)


def many(n=300):
    """As many results as a lab may have after years, of very unlike sizes and with long names."""
    draw = np.random.default_rng(2014)
    sizes = 30 * np.exp(draw.uniform(0, 7, n))
    needs = draw.choice(list(plots.portfolio.LEVELS["need"]), n)
    return [
        ROWS[i % len(ROWS)]
        | {"n_treatment": int(sizes[i]), "need": str(needs[i]), "source": "imported" if i % 9 == 0 else "this lab"}
        | {"name": f"The long name of a service and of who runs it, {i}", "label": "A name that is far too long " * 3}
        for i in range(n)
    ]


DRAWINGS = {
    "need": lambda rows: plots.verdicts_plot(rows, "need"),
    "sector": lambda rows: plots.verdicts_plot(rows, "sector"),
    "sizes": plots.effects_by_size,
    "conclusive": lambda rows: plots.effects_by_size(rows, is_conclusive_only=True),
}


@pytest.fixture
def sheets(monkeypatch):
    drawn, to_svg = [], canvas.to_svg
    monkeypatch.setattr(canvas, "to_svg", lambda drawing, salt: (drawn.append(drawing), to_svg(drawing, salt))[1])
    return drawn


@pytest.mark.parametrize("rows", [ROWS, many(), ROWS[:1]], ids=["pilot", "many", "one"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_labels_neither_overlap_nor_leave_the_sheet(name, rows, sheets):
    figure = DRAWINGS[name](rows)
    assert figure is None or (layout_faults(sheets[0]) == [] and len(figure.alt) >= 20 and figure.data)


def test_the_pooled_effects_are_drawn_without_overlap(sheets):
    figure = plots.pooled_plot(words.pooled_rows(PILOT))
    assert layout_faults(sheets[0]) == []
    assert "All results (57 results): −2.8 (−4.3 to −1.2), prediction interval −11.5 to 5.9" in figure.alt
    assert [row["Label"] for row in figure.data][:2] == ["All results (57 results)", "Accommodation (12 results)"]
    assert plots.pooled_plot([p for p in words.pooled_rows(PILOT) if p.estimate_pp is None]) is None


def test_results_by_need_are_those_of_the_pilot_year():
    figure = plots.verdicts_plot(ROWS, "need")
    totals = {name: sum(row[name] for row in figure.data) for name in ("Reduction", "Inconclusive", "Increase", "All")}
    assert totals == {"Reduction": 19, "Inconclusive": 35, "Increase": 3, "All": 57}
    assert figure.data[0] == {"Label": "Employment", "Reduction": 10, "Inconclusive": 11, "Increase": 0, "All": 21}
    assert "Accommodation: 3 reductions, 6 inconclusive, 3 increases" in figure.alt
    drawn = re.findall(r">([\d,]+)<", figure.svg)
    assert drawn[:4] == ["10", "11", "0", "21"], "each count is written, however thin its part of the bar"
    voluntary = plots.verdicts_plot(ROWS, "sector").data[0]
    assert voluntary == {
        "Label": "Voluntary and community", "Reduction": 9, "Inconclusive": 18, "Increase": 3, "All": 30
    }  # fmt: skip


def test_verdicts_are_told_apart_without_colour():
    svg = plots.verdicts_plot(ROWS, "sector").svg
    increases = plots.verdicts_plot([r for r in ROWS if r["verdict"] == "increase"], "sector").svg
    nothing = plots.verdicts_plot([r for r in ROWS if r["verdict"] == "inconclusive"], "sector").svg
    assert all(colour.lower() in svg.lower() for colour in (canvas.NAVY, canvas.ORANGE, canvas.PALE))
    assert increases.count("<path") > nothing.count("<path"), "an increase is striped"


def test_effects_by_size_show_every_result_and_the_smallest_conclusive():
    everything = plots.effects_by_size(ROWS)
    assert len(everything.data) == 57
    assert everything.alt.startswith("57 results (19 reductions, 35 inconclusive, 3 increases) by size")
    assert everything.alt.endswith("Intervals are narrower where groups are larger.")
    conclusive = plots.effects_by_size(ROWS, is_conclusive_only=True)
    assert len(conclusive.data) == 22 and sum(r["People in the treatment group"] > 200 for r in conclusive.data) == 15
    assert "The smallest group has 30 people: −20 (−38 to −1)" in conclusive.alt
    written = re.findall(r"<text[^>]*>([^<]*)</text>", conclusive.svg)
    letters = [chr(ord("A") + i) for i in range(22)]
    assert all(written.count(one) == 2 for one in letters), "each at its diamond and before its name"
    assert written[written.index("Preventing Offender Accommodation Loss") - 1] == "A", (
        "the smallest group is the first"
    )
    assert "spreadsheet" in conclusive.note
    assert "Dashed: published elsewhere" in plots.effects_by_size(many(12)).note
    assert "Dashed" not in everything.note


def test_results_that_are_not_conclusive_are_drawn_fainter_and_smaller(sheets):
    plots.effects_by_size(ROWS)
    marks = [line for axes in sheets[0].axes for line in axes.lines if line.get_marker() == "D"]
    hollow = {line.get_markersize() for line in marks if line.get_markerfacecolor() == "white"}
    filled = {line.get_markersize() for line in marks if line.get_markerfacecolor() != "white"}
    assert max(hollow) < min(filled) and len(marks) == 57 + 3


def test_letters_go_on_after_the_alphabet():
    assert [effect_sizes.letter(place) for place in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]
    many_conclusive = [row for row in many(400) if row["verdict"] != "inconclusive"]
    figure = plots.effects_by_size(many_conclusive, is_conclusive_only=True)
    assert len(many_conclusive) > 60 and "Letters" not in figure.note and "spreadsheet" in figure.note


def test_a_wide_range_of_sizes_has_a_logarithmic_scale():
    assert "logarithmic" in plots.effects_by_size(ROWS).svg
    alike = [row | {"n_treatment": 100 + i} for i, row in enumerate(ROWS)]
    assert "logarithmic" not in plots.effects_by_size(alike).svg


def test_a_long_name_is_cut_within_its_room():
    text = effect_sizes.cut("word " * 60, 200)
    assert text.endswith("…") and effect_sizes.width(text, canvas.SIZE) <= 200
    assert effect_sizes.cut("a short name", 200) == "a short name"


def test_without_results_there_is_no_figure():
    assert plots.verdicts_plot([]) is None and plots.effects_by_size([]) is None and plots.pooled_plot([]) is None
    unclear = [row for row in ROWS if row["verdict"] == "inconclusive"]
    assert plots.effects_by_size(unclear, is_conclusive_only=True) is None
