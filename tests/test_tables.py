"""Tables for readers, cell by cell."""

from types import SimpleNamespace

import examples
import invented
import pytest

from jdl_toolkit import plots, tables
from jdl_toolkit.attrition import Ledger
from jdl_toolkit.findings import EffectivePower

FINDINGS = invented.findings()
ANALYSIS = FINDINGS.analyses[0]
WHOLE = invented.whole_findings().analyses[0]
GROUPS = ("treatment", "control", "pool")

ALL = {
    "power": lambda: tables.power_table(ANALYSIS),
    "measures": lambda: tables.measures_table(ANALYSIS),
    "estimates": lambda: tables.estimates_table(ANALYSIS),
    "profile": lambda: tables.profile_table(ANALYSIS),
    "balance": lambda: tables.balance_table(ANALYSIS),
    "flow": lambda: tables.flow_table(ANALYSIS.flow),
    "flow_parts": lambda: tables.flow_parts_table(ANALYSIS.flow),
    "follow_up": lambda: tables.follow_up_table(WHOLE),
    "subgroups": lambda: tables.subgroups_table(WHOLE),
    "robustness": lambda: tables.robustness_table(WHOLE),
    "hidden_bias": lambda: tables.hidden_bias_table(WHOLE),
    "hidden_bias_bounds": lambda: tables.bounds_table(WHOLE),
    "estimators": lambda: tables.estimators_table(WHOLE),
    "time_to_event": lambda: tables.time_to_event_table(WHOLE),
    "linkage": lambda: tables.linkage_table(FINDINGS),
    "settings": lambda: tables.settings_table(FINDINGS),
    "provenance": lambda: tables.provenance_table(FINDINGS),
    "sign_offs": lambda: tables.sign_offs_table(FINDINGS),
}


@pytest.mark.parametrize("key", ALL)
def test_every_table_is_whole(key):
    table = ALL[key]()
    assert table.key == key and table.caption
    assert len(table.align) == len(table.columns)
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert len(table.groups) in (0, len(table.rows))
    assert all(isinstance(cell, str) and cell.strip() for row in table.rows for cell in row)
    names = [(group, row[0]) for group, rows in table.parts for row in rows]
    assert len(set(names)) == len(names)  # each row has a header of its own, at least below that of its group
    assert len(table.parts) == len({group for group, _ in table.parts})  # the rows of a group stand together


def test_the_power_table_prints_the_published_sizes_and_what_is_out_of_reach():
    table = tables.power_table(ANALYSIS)
    assert table.rows[:3] == (("0.5", "no number of people is enough"), ("1", "240,648"), ("2", "9,327"))
    assert "95 per cent chance of a clear result, with 33,111 people in the comparison group" in table.note
    worth = EffectivePower(
        n_control=6189.7, rows=ANALYSIS.power.rows, smallest_detectable_pp=2.1, detectable_in_hand_pp=10.9,
        needed_for_observed=None,
    )  # fmt: skip
    power = ANALYSIS.power.model_copy(update={"effective": worth})
    both = tables.power_table(ANALYSIS.model_copy(update={"power": power}))
    assert both.columns[2] == "People needed, by the safer count" and both.rows[1] == ("1", "240,648", "240,648")
    assert "By the safer count they are worth 6,190 who count alike." in both.note


def test_measures_are_printed_in_their_units():
    table = tables.measures_table(ANALYSIS)
    assert table.rows[0] == ("One-year proven reoffending rate", "33%", "39%", "−6.1", "−11.9 to −0.3", "0.01", "0.01")
    assert table.rows[1][1:5] == ("0.91", "1.17", "−0.26", "−0.50 to −0.02")
    assert table.rows[2][0] == "Days to first proven reoffence (among those who reoffended)"
    assert table.rows[2][1:5] == ("131", "118", "13", "−8 to 35")


def test_withheld_measures_have_no_row_and_are_named_beside_the_tables_once():
    assert len(tables.measures_table(ANALYSIS).rows) == 5
    for table in (tables.measures_table(WHOLE), tables.estimates_table(WHOLE)):
        assert "Not shown" not in table.note and "Crown Court" not in table.note
        assert not [row for row in table.rows if "out-of-work" in row[0]]


def test_the_measure_that_decides_has_its_row_even_if_it_is_withheld():
    measures = (examples.withheld(), examples.withheld(key="frequency", label="Frequency"))
    table = tables.measures_table(ANALYSIS.model_copy(update={"measures": measures}))
    assert table.rows == (("One-year proven reoffending rate", *["[c]"] * 6),) and table.note.endswith(
        " [c]: not shown."
    )
    assert tables.estimates_table(ANALYSIS.model_copy(update={"measures": measures})).rows[0][1:] == ("[c]",) * 4


def test_three_estimates_stand_side_by_side():
    table = tables.estimates_table(ANALYSIS)
    assert table.rows[0] == (
        "One-year proven reoffending rate", "39%", "−6.1 (−11.9 to −0.3)", "−6 (−12 to 1)", "−6.4 (−12.3 to −0.4)"
    )  # fmt: skip
    assert table.groups == ()


def test_measures_stand_in_groups_and_conditional_ones_beside_those_over_everyone():
    table = tables.measures_table(WHOLE)
    assert [name for name, _ in table.parts] == [
        "Reoffending", "Seriousness of the first reoffence", "Number of reoffences by seriousness", "Custody",
        "Employment",
    ]  # fmt: skip
    rows = [row[0] for row in table.rows]
    of_reoffenders = [i for i, name in enumerate(rows) if "eoffender" in name]
    assert len(of_reoffenders) == 7
    for i in of_reoffenders:
        over_everyone = rows[i].replace("Reoffenders", "People").replace("per reoffender", "per person")
        assert rows[i - 1] == over_everyone
    assert rows[2] == "Days to first proven reoffence (among those who reoffended)"
    assert "Measures among those who reoffended (84 and 11,543 people) compare only part of each group." in table.note
    custody = next(row for row in table.rows if row[0].startswith("People given custody"))
    assert custody[1:] == ("10%", "14%", "−4.10", "−8.18 to −0.02", "0.01", "0.90")


def test_the_follow_up_of_both_groups():
    table = tables.follow_up_table(WHOLE)
    assert table.rows[:3] == (
        ("Days in custody, on average", "14", "17"),
        ("In custody on at least one day", "12%", "15%"),
        ("Recalled to custody", "withheld", "3%"),
    )
    assert "without a test" in table.note and "Withheld: too few" in table.note
    hidden = [row.model_copy(update={"treatment": None, "control": None}) for row in WHOLE.follow_up]
    assert (
        len(tables.follow_up_table(WHOLE.model_copy(update={"follow_up": (*hidden[1:], WHOLE.follow_up[0])})).rows) == 1
    )
    for rows in ((), tuple(hidden)):
        assert tables.follow_up_table(WHOLE.model_copy(update={"follow_up": rows})) is None


def test_subgroups_by_characteristic_with_the_number_of_tests():
    table = tables.subgroups_table(WHOLE)
    assert [(name, len(rows)) for name, rows in table.parts] == [("Sex", 2), ("Age", 3)]
    assert table.rows[3] == ("25 to 34", "101", "33%", "49%", "−16 (−25 to −7)", "0.01", "<0.01", "4.1")
    assert "adjusted for the 5 tests of subgroups" in table.note
    kept = examples.rich()  # of one subgroup that is shown, the figures are withheld
    assert tables.subgroups_table(kept).rows[2][:4] == ("25 and over", "withheld", "withheld", "withheld")
    assert tables.subgroups_table(ANALYSIS) is None


def test_withheld_shares_are_not_zero():
    table = tables.profile_table(ANALYSIS)
    assert table.rows[0] == ("men", "84%", "84%", "86%") and table.groups[0] == "Sex"
    assert table.note.endswith("Without a row, as too few people are of it: Ethnicity: Mixed or other.")
    row = ANALYSIS.profile[0]
    some = ANALYSIS.model_copy(update={"profile": (row.model_copy(update={"treatment": None}),)})
    assert tables.profile_table(some).rows == (("men", "withheld", "84%", "86%"),)
    assert tables.profile_table(some).note == "Per cent of each group. Withheld: too few people to be shown."
    none = ANALYSIS.model_copy(update={"profile": (row.model_copy(update=dict.fromkeys(GROUPS)),)})
    assert tables.profile_table(none).rows == (("No characteristic can be shown", "–", "–", "–"),)


def test_the_balance_table_says_whose_deviation_it_is():
    assert "standard deviation of both groups before matching" in tables.balance_table(ANALYSIS).note
    treated = ANALYSIS.balance.model_copy(update={"denominator": "treated"})
    other = tables.balance_table(ANALYSIS.model_copy(update={"balance": treated}))
    assert "standard deviation of the treatment group before matching" in other.note


def test_who_is_compared_is_told_by_group_with_the_reason_and_small_numbers_are_not():
    reasons = {"outside_caliper": "nobody comparable", "not_chosen": "not needed"}
    told = {("treatment", "all"): (50, 50.0), ("treatment", "compared"): (47, 47.0), ("pool", "all"): (2400, 2400.0)}
    told |= {("pool", "compared"): (55, 20.4), ("pool", "not_chosen"): (2345, None)}
    told |= {("treatment", "outside_caliper"): (3, None)}
    parts = [{"group": g, "part": part, "n": n, "n_effective": e} for (g, part), (n, e) in told.items()]
    assert tables.compared_table(parts, reasons, minimum_cell=5).rows == (
        ("All", "50", "2,400"),
        ("In the comparison", "47 (94%)", "55 (2%)"),
        ("They are worth, if all counted alike", "47", "20"),
        ("Left out: not needed", "–", "2,345 (98%)"),
        ("Left out: nobody comparable", "fewer than 5", "–"),
    )


def test_balance_is_worst_first():
    table = tables.balance_table(ANALYSIS, top=5)
    after = [abs(float(row[2].replace("−", "-"))) for row in table.rows]
    assert len(after) == 5 and after == sorted(after, reverse=True)
    worst = max(ANALYSIS.balance.rows, key=lambda r: abs(r.smd_after))
    assert table.rows[0][0].startswith(worst.covariate) and table.rows[0][3] == worst.light
    assert f"The largest 5 of {len(ANALYSIS.balance.rows)} are shown" in table.note


def test_the_flow_table_shows_records_and_people_before_leaving_and_after():
    table = tables.flow_table(ANALYSIS.flow)
    assert table.columns == (
        "Step", "Records before", "Records that left", "Records that remained", "People before", "People that left",
        "People that remained",
    )  # fmt: skip
    assert table.rows[0] == ("records received", "–", "–", "1,246", "–", "–", "–")
    assert table.rows[4][1:] == ("1,125", "187", "938", "–", "–", "938")
    assert table.rows[6] == (
        "the most recent sentence was of a kind outside this analysis", "916", "491", "425", "916", "491", "425"
    )  # fmt: skip
    hidden = tables.flow_table(invented.flow({1: None, 2: 10}, 60))
    assert hidden.rows[1][1:4] == ("60", "fewer than 5", "withheld")  # what remains is withheld, but is not small


@pytest.mark.parametrize(
    ("before", "after", "excluded", "secondary", "printed"),
    [
        (20, 13, 7, (), "7"),
        (20, None, None, (), "fewer than 5"),
        (20, None, None, ("records_excluded", "people_after"), "withheld"),
        (None, 13, 7, (), "–"),
    ],
)
def test_people_that_left_are_those_before_less_those_after(before, after, excluded, secondary, printed):
    first, step = examples.steps(30, (5, 7))
    first = first.model_copy(update={"people_after": before})
    step = step.model_copy(update={"people_after": after, "records_excluded": excluded, "secondary": secondary})
    assert tables.flow_table((first, step)).rows[1][5] == printed


def test_those_who_left_in_parts():
    table = tables.flow_parts_table(ANALYSIS.flow)
    assert table.parts == [
        (
            "The most recent sentence was of a kind outside this analysis",
            [("Fines", "301"), ("Custody", "120"), ("Other sentences", "fewer than 5")],
        )
    ]
    assert tables.flow_parts_table(examples.steps(30, (5, 7))) is None


def test_steps_at_which_nobody_left_are_said_together():
    table = tables.flow_table(invented.flow({1: 0, 2: 10}, 60))
    assert [row[2] for row in table.rows] == ["–", "10"]
    assert table.note == "Nobody left at the other steps."
    everyone_left = Ledger.start("pool", "sentences", 9).exclude(None, 2, key="a", label="b")
    assert tables.flow_table(everyone_left.steps).note == ""


def test_settings_are_those_of_the_analysis_that_the_report_is_about():
    custody = dict(tables.settings_table(invented.several().about("custody")).rows)
    assert custody["Sentences that are analysed"] == "custody"
    community = dict(tables.settings_table(invented.several()).rows)
    assert community["Months from the sentence within which the service must start"] == "6"
    assert not [name for name in community if "nalyses" in name]


def test_settings_that_do_not_apply_or_were_not_reached_are_left_out():
    def settings(**changes):
        first = FINDINGS.analyses[0].model_copy(update=changes)
        return dict(tables.settings_table(FINDINGS.model_copy(update={"analyses": (first,)})).rows)

    window = "Months from the sentence within which the service must start"
    drawn = "When the service would have started, for the control pool"
    kinds, bands = (
        "Kinds of release that are analysed, if not all",
        "Lower ends of the bands of intensity, if not halves",
    )
    community = settings()
    custody = settings(settings={"cohort": {"route": "custody", "index_disposals": ["custody"]}})
    assert {window, drawn} <= community.keys() and kinds not in community
    assert kinds in custody and not {window, drawn} & custody.keys()
    assert bands not in community and bands in settings(settings={"subgroups": ["intensity"]})
    too_few = settings(status="could_not_be_answered", matching=None, measures=())
    assert "Fewest people analysed" in too_few and "Smallest count that is shown" in too_few
    assert not {"Matching method", "Power", "Outcome measures", "Subgroups"} & too_few.keys()
    assert {"Matching method", "Power", "Outcome measures", "Subgroups"} <= community.keys()


def test_the_note_says_how_many_measures_the_p_values_are_adjusted_for():
    counted = SimpleNamespace(measures=WHOLE.measures, headline_measure=WHOLE.headline_measure, n_measures_tested=21)
    assert "Holm: p-value adjusted for the 21 measures that were tested." in tables.measures_table(counted).note
    counted.n_measures_tested = None
    assert "Holm: p-value adjusted for the number of measures." in tables.measures_table(counted).note


def test_the_amount_of_a_service_has_a_unit():
    rows = tuple(
        row.model_copy(update={"by": "intensity", "level": level})
        for row, level in zip(WHOLE.subgroups.rows, ("under 20", "20 or more"), strict=False)
    )
    found = WHOLE.model_copy(update={"subgroups": WHOLE.subgroups.model_copy(update={"rows": rows})})
    names = [row[0] for row in tables.subgroups_table(found).rows]
    assert names == ["under 20 hours or sessions", "20 or more hours or sessions"]
    figure = plots.subgroups_plot(found)
    assert [row["Label"] for row in figure.data[1:]] == [f"Amount of the service: {name}" for name in names]


def test_a_setting_without_words_is_printed_by_its_name():
    settings = {"matching": {"new_choice": "some_way"}, "seed": 1}
    made = FINDINGS.provenance.model_copy(update={"settings": settings})
    table = tables.settings_table(FINDINGS.model_copy(update={"provenance": made}))
    assert table.rows == (("Matching: new choice", "some way"),)


def test_every_setting_of_the_defaults_has_readers_words():
    assert not [row for row in tables.settings_table(FINDINGS).rows if ": " in row[0] or "_" in "".join(row)]


def test_hardly_any_wrong_links_are_not_none():
    def note(wrong):
        linkage = FINDINGS.linkage.model_copy(update={"expected_wrong_links": wrong})
        return tables.linkage_table(FINDINGS.model_copy(update={"linkage": linkage})).note

    assert ": fewer than 0.1. People who" in note(0.003) and ": 0. People" in note(0.0) and ": 2. People" in note(2.04)


def test_the_flow_table_reads_a_ledger():
    ledger = Ledger.start("submission", "records received", 100, 90).exclude(6, 40, 55, details={"fine": 40})
    assert tables.flow_table(ledger.steps).rows[1][1:] == ("100", "40", "60", "90", "35", "55")
    assert tables.flow_parts_table(ledger.steps).rows == (("Fine", "40"),)
    plain = tables.flow_table(Ledger.start("pool", "sentences", 9).exclude(None, 2, key="a", label="b").steps)
    assert plain.columns == ("Step", "Records before", "Records that left", "Records that remained")


def test_a_flow_that_was_not_recorded_is_said_to_be_none():
    assert tables.flow_table(()).rows == (("No steps are recorded", "–", "–", "–"),)


def test_linkage_lists_ways_and_failures():
    table = tables.linkage_table(FINDINGS)
    assert table.rows == (
        ("Records received", "1,246"),
        ("Found (matched)", "1,159"),
        ("Found by: same identifier", "640"),
        ("Found by: same name and date of birth", "455"),
        ("Found by: day and month of birth swapped", "fewer than 5"),
        ("Ambiguous", "12"),
        ("No match", "69"),
        ("Unusable identifiers", "6"),
    )
    assert table.note == (
        "Links that are expected to be wrong by chance: 1.8. People who resemble each other, such as relatives, "
        "can add to that."
    )


def test_settings_and_provenance_are_readable():
    settings = dict(tables.settings_table(FINDINGS).rows)
    assert settings["Calipers that may be tried, standard deviations of the score"] == "0.2, 0.1, 0.05, 0.01"
    assert settings["Characteristics that are matched exactly"] == "none"
    assert settings["Initials are accepted as forenames"] == "no"
    assert settings["Sentences that are analysed"] == "community order, suspended sentence order"
    assert not {"Seed", "Submission", "Request", "Received", "Organisation: name", "Service: need"} & set(settings)
    used = settings["Characteristics in the matching model"]
    assert "rate of convictions over the criminal career (Copas rate)" in used and "copas rate" not in used
    rows = dict(tables.provenance_table(FINDINGS).rows)
    assert rows["Register covers"] == "1 January 2000 to 30 June 2012"
    assert rows["Toolkit"] == "0.1.0, commit c0ffee1"
    assert rows["Input: upload"] == "a1" * 32
    assert rows["Packages"] == "numpy 2.4.6, pandas 3.1.1"
    assert tables.sign_offs_table(FINDINGS).rows == (("Second analyst", "A. Analyst", "2013-10-01"),)
    nobody = FINDINGS.model_copy(update={"sign_offs": ()})
    assert tables.sign_offs_table(nobody).rows == (("none yet",),)


def test_other_ways_of_analysing_are_printed_more_finely_and_below_their_groups():
    table = tables.robustness_table(WHOLE)
    assert table.rows[0] == ("This report", "−6.1 (−11.9 to −0.3)", "0.01", "3.0")
    assert table.groups[0] == "This report" and table.groups[1] == "Closer or looser matching"
    starts = [group for i, group in enumerate(table.groups) if i == 0 or group != table.groups[i - 1]]
    assert len(starts) == len(set(starts)), "the rows of a group stand together"
    assert "Within 0.01 standard deviations" not in {row[0] for row in table.rows}, "it has no estimate"
    assert "Overlap weights concern people who might have been in either group; all others" in table.note
    assert tables.robustness_table(ANALYSIS) is None and tables.hidden_bias_table(ANALYSIS) is None


def test_the_size_of_a_variant_stands_beside_its_name_where_it_may_be_told():
    panel = invented.robustness()
    told = tuple(
        row.model_copy(update={"n_treatment": 140}) if row.key == "needs_assessed_with" else row for row in panel.rows
    )
    analysis = WHOLE.model_copy(update={"robustness": panel.model_copy(update={"rows": told})})
    assert "The same people, with it (140)" in {row[0] for row in tables.robustness_table(analysis).rows}


def test_an_unclear_result_needs_nothing_hidden_to_be_unclear_and_that_is_said_once():
    panel = invented.robustness()
    main = panel.main.model_copy(update={"ci_high": 0.02})
    hidden = panel.hidden.model_copy(
        update={"confounder": panel.hidden.confounder.model_copy(update={"to_include_zero": None})}
    )
    rows = tuple(row.model_copy(update={"estimate": main}) if row.group == "main" else row for row in panel.rows)
    panel = panel.model_copy(update={"rows": rows, "hidden": hidden})
    table = tables.hidden_bias_table(WHOLE.model_copy(update={"robustness": panel}))
    assert table.columns == ("Measure of hidden bias", "Explains all of the difference")
    assert table.rows == (
        ("Shift of the difference, percentage points", "6.1"),
        ("Factor by which weights are wrong", "1.17"),
        ("E-value (risk ratio)", "1.65"),
    )
    assert table.note.endswith(" The result is unclear already, so nothing hidden is needed to make it so.")
    assert tables.hidden_bias_table(WHOLE).note.endswith(
        " –: this measure does not speak of it, or it was not worked out."
    )
    no_pairs = panel.model_copy(update={"hidden": hidden.model_copy(update={"pairs": None})})
    bounds = tables.bounds_table(WHOLE.model_copy(update={"robustness": no_pairs}))
    assert bounds.columns == ("Factor", "Estimates", "Limits") and {len(row) for row in bounds.rows} == {3}


def test_thresholds_and_bounds_of_hidden_bias():
    assert tables.hidden_bias_table(WHOLE).rows == (
        ("Shift of the difference, percentage points", "6.1", "0.3"),
        ("Factor by which weights are wrong", "1.17", "1.01"),
        ("Odds ratio within pairs (Rosenbaum)", "–", "1.08"),
        ("E-value (risk ratio)", "1.65", "1.11"),
    )
    assert tables.bounds_table(WHOLE).rows == (
        ("1", "−6.1 to −6.1", "−11.9 to −0.3", "0.01"),
        ("1.25", "−15.0 to 1.8", "−20.8 to 7.6", "0.19"),
    )


def test_estimators_stand_by_scale_and_say_what_could_not_be_estimated():
    table = tables.estimators_table(WHOLE)
    assert table.groups == ("Differences",) * 3 + ("Ratios",)
    assert table.rows[-1] == ("Ratio of shares", "0.08", "0.84 (0.69 to 0.99)", "0.01")
    assert table.rows[2][1:] == ("–", "–", "–")
    assert table.note.endswith("–: not estimated. Difference of weighted means (HC3): somebody has a leverage of 1.")
    assert tables.time_to_event_table(WHOLE).rows[2] == (
        "Mean days free of reoffending", "12.4 (2.4 to 22.4)", "0.01",
    )  # fmt: skip
    assert tables.time_to_event_table(WHOLE).groups[1:3] == ("Every day counts", "Days in custody do not count")
    assert tables.estimators_table(ANALYSIS) is None and tables.time_to_event_table(ANALYSIS) is None
    hidden = tuple(row.model_copy(update={"estimate": None}) for row in WHOLE.time_to_event)
    assert tables.time_to_event_table(WHOLE.model_copy(update={"time_to_event": hidden})) is None


def test_estimators_with_the_same_figures_share_a_row_with_the_standard_errors_of_all():
    one = WHOLE.estimators[0]
    named = (("Classic", 0.0281), ("t-test of weighted means (Student)", 0.0281), ("Check", 0.03))
    named += (("t-test of weighted means (Welch)", 0.0294),)
    rows = [one.model_copy(update={"name": label, "label": label}) for label, _ in named]
    same = {"estimate": -0.005, "ci_low": -0.061, "ci_high": 0.051, "p_value": 0.86}
    rows = [
        row.model_copy(update={"estimate": one.estimate.model_copy(update=same | {"se": se, "estimate": x})})
        for row, (_, se), x in zip(rows, named, (-0.005, -0.005, -0.009, -0.005), strict=True)
    ]
    table = tables.estimators_table(WHOLE.model_copy(update={"estimators": tuple(rows)}))
    assert table.rows == (
        ("Classic; t-test of weighted means (Student; Welch)", "2.8 to 2.9", "−0.5 (−6.1 to 5.1)", "0.86"),
        ("Check", "3.0", "−0.9 (−6.1 to 5.1)", "0.86"),
    )
    assert "share a row" in table.note


def test_settings_stand_by_section_and_those_of_nothing_may_be_named_in_the_note():
    whole, brief = tables.settings_table(FINDINGS), tables.settings_table(FINDINGS, is_brief=True)
    assert [name for name, _ in whole.parts][:3] == [
        "What was accepted in the upload", "Finding people on the register", "Who is analysed, and the follow-up",
    ]  # fmt: skip
    nothing = [row[0] for row in whole.rows if row[1] == "none"]
    long = [row for row in whole.rows if len(row[1]) > 60]
    assert long and len(brief.rows) == len(whole.rows) - len(nothing) - len(long)
    lists = [f"{name}: {value}." for name, value in long]
    assert brief.note == " ".join([*lists, f"Set to none: {'; '.join(nothing)}."]) and whole.note == ""
