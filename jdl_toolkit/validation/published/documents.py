"""The two documents of the pilot: worked example, requests, power table, rules, and what their words add up to.

[S0] is "Justice Data Lab statistics: November 2013", [S4] "Justice Data Lab: the pilot year" (Ministry of Justice,
March 2014). Figures are stated here once, as published; everything beside them is computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from ...attrition import Ledger
from ...inference.interval import interval
from ...inference.sandwich import difference_of_means
from ...inference.weighted_t import Group, t_test
from ...numbers import MINUS, date, number, per_cent
from ...portfolio import Period, PublicationDay, RequestCounts
from ...power import power_of_t_test
from ...spec import lab_resources, read_yaml
from .line import DATA, Line, Verdict, cannot, exact, follows, given
from .power import N_CONTROL, N_CONTROL_REOFFENDED, N_REOFFENDED, N_TREATMENT, foundation_table

PILOT, NOVEMBER, README = "the pilot year", "November 2013", "reference, README"

#: Code of an exclusion -> records, as published.
EXCLUDED = {1: 6, 3: 34, 4: 187, 5: 22, 6: 491, 10: 69, 11: 9, 12: 90}
RECEIVED, ON_REGISTER = 1246, 1125
#: Not itemised in the document: what is left of those who were not on the register.
NOT_FOUND = RECEIVED - ON_REGISTER - EXCLUDED[1] - EXCLUDED[3]
#: What remains after the reason of that code, as published.
REMAINING = {3: ON_REGISTER, 5: 916, 11: 347, 12: 257}
#: Reports with a significant reduction that the pilot-year document lists -> how many.
LISTED = {
    "Blue Sky": 1, "Preventing Offender Accommodation Loss": 1, "Leicestershire and Rutland": 1, "Merseyside": 2,
    "London": 1, "Serco": 2, "Sova": 1, "A4E": 1, "The Manchester College": 1, "NOMS CFO, national": 1,
    "Adelaide House": 1, "Warwickshire": 1, "Home Group, HDC": 1, "Prisoners' Education Trust, all grants": 1,
    "Prisoners' Education Trust, arts": 1, "Prisoners' Education Trust, unaccredited": 1,
    "Prisoners' Education Trust, Open University": 1,
}  # fmt: skip
_REGIONAL = ("Leicestershire and Rutland", "Merseyside", "London", "Serco", "Sova", "A4E", "The Manchester College")
_INCREASED = {"Shelter, HMP Leeds": 1, "Home Group, prison leavers and community": 2}
_PICTURE = "shown in a picture alone; the figures behind it are not in the text"
_ADMIN = "says how the service worked; nothing to compute"


def document_lines(short: bool, progress: Callable[[str], None] = lambda _: None) -> Iterator[Line]:
    """Every figure of both documents and of the README beside the reference results."""
    yield from _power_table()
    yield from _flow_by_sums()
    yield from _shares()
    if not short:
        progress("the worked example on an invented register")
        yield from _flow_by_the_line()
    yield from _rates()
    yield from _counts()
    yield from _reports()
    yield from _november()
    yield from _settings()
    yield from _readme()


# --- Table 1, and the rates it rests on ------------------------------------------------------------------------------


def _power_table() -> Iterator[Line]:
    published = pd.read_csv(DATA / "power_table.csv")
    for row, n in zip(published.itertuples(), foundation_table().rows["n_treatment"], strict=True):
        points = "point" if row.reduction_pp == 1 else "points"
        figure = f"Table 1: people needed for a reduction of {row.reduction_pp} {points}"
        yield exact(PILOT, figure, row.min_treatment_n_published, n, "PowerTable")


def _rates() -> Iterator[Line]:
    why = "no counts are published; 84 and 11,543 are inferred from these rates and Table 1"
    yield given(PILOT, "one-year rates of 257 treated and 33,111 controls", "33%; 35%", why, 2)
    groups = [_group(N_REOFFENDED, N_TREATMENT), _group(N_CONTROL_REOFFENDED, N_CONTROL)]
    found = t_test(*groups, 0.95)
    told = "not significant" if found["p_value"] >= 0.05 else "significant"
    values = [number(100 * found[k], 1) for k in ("estimate", "ci_low", "ci_high")]
    why = f"{values[0]} points ({values[1]} to {values[2]}), p {number(found['p_value'], 2)} by Welch's test"
    yield exact(PILOT, "difference of the two", "not significant", told, "t_test", why)
    example = number(30 - 36).replace(MINUS, "")
    yield exact(PILOT, "example: 30% against 36%, points of difference", "6", example, "number")
    level = power_of_t_test(N_TREATMENT, N_CONTROL, 0.0, 0.05)
    yield exact(
        PILOT,
        "95% intervals: wrong conclusions where there is no effect",
        "1 in 20",
        f"1 in {number(1 / level)}",
        "power_of_t_test",
    )
    yield cannot(PILOT, "people in the control group", N_CONTROL, "rests on records of people that were not published")
    why = "rests on records that were not published; its interval fits its size, see row 2 of the published results"
    yield cannot(PILOT, "smallest conclusive group: 30 people, 20 points, 1 to 38", "30; 20; 1; 38", why, 4)


def _group(n_with: int, n: int) -> Group:
    return Group(np.repeat([1.0, 0.0], [n_with, n - n_with]), np.ones(n))


# --- the worked example ----------------------------------------------------------------------------------------------


def _flow_by_sums() -> Iterator[Line]:
    """The published exclusions in the toolkit's ledger, which must end where the document does."""
    counts = "; ".join(f"{n:,}" for n in (RECEIVED, ON_REGISTER, *EXCLUDED.values()))
    why = f"{NOT_FOUND} of those not on the register are not itemised: by subtraction"
    yield given(PILOT, "worked example: received, on the register, and left by reason", counts, why, 2 + len(EXCLUDED))
    ledger = Ledger.start("submission", "records received", RECEIVED)
    for code, records in sorted((EXCLUDED | {2: NOT_FOUND}).items()):
        ledger = ledger.exclude(code, records)
    after = {step["code"]: step["records_after"] for step in ledger.steps}
    words = {5: "with a sentence", 11: "within six months of the right sentence", 12: "analysed"}
    for code, what in words.items():
        yield follows(
            PILOT, f"worked example, by the published exclusions: {what}", REMAINING[code], after[code], "Ledger"
        )


def _flow_by_the_line() -> Iterator[Line]:
    """An invented upload that was made to hold records of those kinds, read, linked, and taken through every step."""
    from ... import examples  # not at the top: it loads every stage

    ledger, by = examples.foundation().cohort.ledger, "read_submission, link, build_cohorts"
    why = "an invented upload made to hold such records: shown is that the line counts them so, not who they were"
    yield exact(PILOT, "worked example, invented upload: received", RECEIVED, ledger.received, by, why)
    steps = {step["code"]: step for step in ledger.steps}
    for code, records in EXCLUDED.items():
        figure = f"worked example, invented upload, left: {steps[code]['label']}"
        yield exact(PILOT, figure, records, ledger.excluded(code), by, why)
    for code, records in REMAINING.items():
        figure = f"worked example, invented upload, remaining after “{steps[code]['label']}”"
        yield exact(PILOT, figure, records, steps[code]["records_after"], by, why)


def _shares() -> Iterator[Line]:
    shares = (("records matched to the Police National Computer", "90%", 1125, 1246),)
    shares += (("with a sentence, of those matched", "81%", 916, 1125), ("analysed, of those sent", "21%", 257, 1246))
    for words, published, part, whole in shares:
        why = "people over records: of the 938 people matched it is 98%" if part == 916 else ""
        yield follows(
            PILOT, f"worked example, {words}: {part:,} of {whole:,}", published, per_cent(part / whole), "per_cent", why
        )
    yield follows(PILOT, "worked example, repeat records: 355 of 168 people", 187, 355 - 168, "number")
    yield follows(PILOT, "worked example, in the right sentence but left out: 69 + 9", 78, 69 + 9, "number")
    late = 69 + 491 - 251
    n_left = 916 - 257
    why = f"{late} of the {n_left} left out started late, whatever their sentence: {per_cent(late / n_left)}"
    yield follows(
        PILOT,
        "worked example, most of the rest started after six months",
        "yes",
        "yes" if 2 * late > 916 - 257 else "no",
        "per_cent",
        why,
    )
    why = "rests on records of people that were not published"
    yield cannot(PILOT, "worked example, of the 491 those who started within six months", 251, why)
    yield cannot(
        PILOT, "worked example, years in which the service was given and left", "2004 to 2010; 2009 or 2010", why, 4
    )


# --- requests and reports --------------------------------------------------------------------------------------------


def _counts() -> Iterator[Line]:
    """Counts of requests: what is not stated follows by subtraction, so that they cannot but balance."""
    remaining, inconclusive = 80 - 57 - 12 - 1, 57 - 19 - 3
    found = RequestCounts(80, 57, 12, 1, remaining, 19, 3, inconclusive)
    why = f"{found.in_progress} remaining and {found.inconclusive} inconclusive are not stated: by subtraction"
    words = "requests: received, published, not answered, withdrawn; reductions, increases"
    yield given(PILOT, words, "80; 57; 12; 1; 19; 3", why, 6)
    found = RequestCounts(58, 30, 9, 0, 58 - 30 - 9, 0, 0, 30)
    why = f"{found.in_progress} in progress are not stated: by subtraction"
    yield given(NOVEMBER, "requests: received, completed, could not be processed", "58; 30; 9", why, 3)


def _reports() -> Iterator[Line]:
    by = "a count of the document's own list"
    yield follows(PILOT, "reports with a significant reduction", 19, sum(LISTED.values()), by)
    yield follows(PILOT, "reports with a significant increase", 3, sum(_INCREASED.values()), by)
    yield follows(PILOT, "providers of the regional contracts with a reduction", 7, len(_REGIONAL), by)
    trust = sum(n for name, n in LISTED.items() if name.startswith("Prisoners' Education Trust"))
    yield follows(PILOT, "reports for the Prisoners' Education Trust", 4, trust, by)
    why = (
        "seven providers, of which Serco has two regions, and the North East, which had no reduction in November 2013: "
    )
    why += "if it had a provider of its own"
    told = f"{len(_REGIONAL) + 2}; {len(_REGIONAL) + 1}"
    yield Line(PILOT, "regional contracts; providers", "9; 8", told, Verdict.fits, by, why, 2)
    why = f"which ones they are is not published; 15 of 22 are {per_cent(15 / 22)}"
    yield cannot(PILOT, "significant reports on more than 200 people", 15, why)
    yield cannot(PILOT, "most treatment groups are below", "500", _PICTURE)
    yield cannot(
        PILOT, "Figures 1 to 4: results by need, by sector and by size of the group", "four figures", _PICTURE, 4
    )
    yield cannot(PILOT, "reports conclusive by frequency alone", 3, "listed by name; their figures are not in the text")
    yield cannot(PILOT, "answers to the survey", "60%", "neither number is published")
    yield cannot(PILOT, "staff", "3.5", _ADMIN)
    why = "no sizes of submissions are in the text"
    yield cannot(PILOT, "most organisations cannot submit a cohort over", 1000, why)
    yield cannot(PILOT, "time that an analysis takes", "a few days to several weeks", _ADMIN)
    yield cannot(PILOT, "meetings of the Expert Panel", "monthly, then quarterly; from January 2013", _ADMIN)
    yield cannot(PILOT, "dates of the pilot, its extension and plans", "as printed", _ADMIN)


def _november() -> Iterator[Line]:
    yield follows(NOVEMBER, "reports completed: 7 before and 23 now", 30, 7 + 23, "number")
    yield follows(NOVEMBER, "reports this month: 19 regional and four others", 23, 19 + 4, "number")
    of_community = sum(LISTED[name] for name in _REGIONAL)
    why = "two for each of nine contracts are 18; the nineteenth fits if Merseyside's two breakdowns were two reports: "
    why += f"then {of_community} reductions in the community and one without, as is said of the North East"
    yield Line(
        NOVEMBER, "regional reports, two for each region", "19", "18 or 19", Verdict.fits, "a count of lists", why
    )
    day = Period(2013, 10).published(PublicationDay())
    yield exact(NOVEMBER, "day of publication", "14 November 2013", date(day), "Period.published")
    yield exact(NOVEMBER, "last day covered", "31 October 2013", date(Period(2013, 10).until), "Period.until")
    dates = "2 April 2013; 15 November 2013; 2010"
    yield cannot(NOVEMBER, "first day of the pilot; last update; year of the regional programme", dates, _ADMIN, 3)


# --- rules that are settings -----------------------------------------------------------------------------------------


def _settings() -> Iterator[Line]:
    """Figures of the documents that the toolkit keeps as settings."""
    folder = lab_resources() / "parameters"
    own, bulletin = read_yaml(folder / "defaults.yml"), read_yaml(folder / "bulletins" / "defaults.yml")
    rules = (
        ("people needed to submit", 60, own["intake"]["minimum_people"], "intake.minimum_people"),
        ("people needed to be matched", 30, own["cohort"]["minimum_analysed"], "cohort.minimum_analysed"),
        ("months between sentence and service", 6, own["cohort"]["start_within_months"], "cohort.start_within_months"),
        ("months of follow-up (one year)", 12, own["cohort"]["follow_up_months"], "cohort.follow_up_months"),
        ("months to prove it in", 6, own["cohort"]["proving_months"], "cohort.proving_months"),
        ("confidence of intervals, per cent", 95, 100 * own["inference"]["confidence"], "inference.confidence"),
        ("power of Table 1, per cent", 95, 100 * own["power"]["power"], "power.power"),
        ("significance level of Table 1 (p-value)", "0.05", f"{own['power']['alpha']:.2f}", "power.alpha"),
        ("weeks of an organisation's review", 4, own["report"]["draft_weeks"], "report.draft_weeks"),
    )  # fmt: skip
    for words, published, value, setting in rules:
        yield exact(PILOT, f"rule: {words}", published, value, f"setting {setting}")
    hours = bulletin["pre_release"]["hours"]
    yield exact(NOVEMBER, "rule: hours of pre-release access, at most", 24, hours, "setting pre_release.hours")


# --- README ----------------------------------------------------------------------------------------------------------


def _readme() -> Iterator[Line]:
    for name, n, treated in (("lalonde", 614, 185), ("syn_small", 3060, 60)):
        people = pd.read_csv(DATA / f"{name}.csv")
        yield follows(README, f"{name}: people", n, len(people), "read_table")
        yield follows(README, f"{name}: treated", treated, int(people["treat"].sum()), "read_table")
    yield from _rossi()
    results = pd.read_csv(DATA / "published_results.csv")
    yield follows(README, "published results: rows", 52, len(results), "read_results")
    why = "its controls are not among the 614 people; the part of the study on trials lays it beside"
    yield cannot(README, "LaLonde's trial: 1,794 dollars (633)", "1,794; 633", why, 2)
    why = "which comparisons were counted is not stated; those of the toolkit with MatchIt's summary stand by table"
    yield cannot(README, "balance that agrees with MatchIt's summary", "2,385 of 2,385", why)
    yield cannot(README, "radius weights and MatchIt's, largest difference", "4 × 10⁻¹⁹", "takes a run of R")
    yield cannot(README, "radius matching on 16 distinct scores", "radius_tied", "no such results are in the files")
    why = "the file has numbers at some such places; see the line on leverages of 1"
    yield cannot(README, "HC3 is null where a leverage is 1", "null", why)
    versions = "R 4.2.2 and eleven packages"
    yield cannot(README, "versions", versions, "says how the results were made; nothing to compute")


def _rossi() -> Iterator[Line]:
    """Randomised, so that the plain difference is the effect. How the published interval was made is not said."""
    path = DATA / "rossi.csv"
    people = pd.read_csv(path)
    groups = [
        Group(y, np.ones(len(y))) for y in (people.loc[people["fin"] == k, "arrest"].to_numpy(float) for k in (1, 0))
    ]
    yield follows(README, "Rossi: men", 432, len(people), "read_table")
    yield exact(README, "Rossi: arrested with aid", "22.2%", per_cent(groups[0].mean, 1), "per_cent")
    yield exact(README, "Rossi: arrested without", "30.6%", per_cent(groups[1].mean, 1), "per_cent")
    found = difference_of_means(*groups)
    wald = interval(found.value, found.standard_error("HC0"), math.inf, 0.95)
    welch = t_test(*groups, 0.95)
    ends = [f"{number(100 * one['ci_low'], 2)} to {number(100 * one['ci_high'], 2)}" for one in (wald, welch)]
    why = f"by the normal distribution, which is not said but prints so; by Welch's test, the toolkit's own, {ends[1]}"
    yield exact(
        README, "Rossi: difference, in points", f"{MINUS}8.3", number(100 * found.value, 1), "difference_of_means"
    )
    for words, published, key in (("lower", f"{MINUS}16.6", "ci_low"), ("upper", f"{MINUS}0.1", "ci_high")):
        yield exact(README, f"Rossi: {words} limit", published, number(100 * wald[key], 1), "difference_of_means", why)
