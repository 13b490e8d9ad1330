"""Parts of the findings to tables for readers. A count that disclosure control withholds is printed "fewer than 5".

Each function takes a part of `findings.Findings` and returns a `document.Table`: one header for each column, one for
each row, no merged and no empty cell. Numbers are printed by `numbers`, differences rounded from unrounded values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .document import Table
from .numbers import count_, date, decimals_for, difference, interval, number, p_value, per_cent, value
from .plots.balance import covariate_label
from .plots.canvas import records
from .plots.effects import estimate_words
from .plots.flow import step_count
from .plots.power import short

if TYPE_CHECKING:  # findings stands above this module in the order of imports
    from .findings import Analysis, Estimate, Findings, Measure

NOT_SHOWN = "[c]"  # the Analysis Function's shorthand for a confidential value
NOTHING = "–"
ROUNDING = (
    "Differences between percentages are in percentage points. They are rounded from unrounded values, "
    "so that figures may not add."
)

#: Settings that say who asked and for what: they stand in the provenance table, or open the report. And what only an
#: upload's check uses, before the analysis.
_ELSEWHERE = frozenset(("request", "organisation", "service", "received", "submission", "register", "seed"))
_ELSEWHERE |= {"forecast", "suitability"}
#: Readers' words for settings by their place in the request's file; others are printed by their names.
_SETTING_WORDS = {
    "intake.minimum_people": "Fewest people in a submission",
    "intake.minimum_age": "Youngest age that is believed, years",
    "intake.maximum_age": "Oldest age that is believed, years",
    "intake.allow_initials": "Initials are accepted as forenames",
    "intake.data_from": "First day of a service that is analysed, if not the first of the data",
    "intake.data_to": "Last day of a service that is analysed, if not the last of the data",
    "linkage.match_probability": "Probability from which a record counts as found",
    "linkage.ambiguous_probability": "Probability from which a record counts as ambiguous",
    "linkage.margin": "Bits of match weight by which the best person must exceed the next",
    "cohort.route": "Route",
    "cohort.index_disposals": "Sentences that are analysed",
    "cohort.start_within_months": "Months from the sentence within which the service must start",
    "cohort.sexual_offence": "Sexual offences that exclude",
    "cohort.equivalent_time_limit": "When the service would have started, for the control pool",
    "cohort.follow_up_months": "Months in which an offence counts",
    "cohort.proving_months": "Further months for it to be proved",
    "cohort.observed_months": "Months that must be covered by the data",
    "cohort.minimum_analysed": "Fewest people analysed",
    "covariates.use": "Characteristics in the matching model",
    "covariates.merge_levels_below": "Levels with fewer people than this are joined",
    "covariates.people_per_parameter": "Fewest people for each parameter of the model",
    "matching.method": "Matching method",
    "matching.scale": "Scale of the propensity score",
    "matching.calipers": "Calipers that may be tried, standard deviations of the score",
    "matching.exact": "Characteristics that are matched exactly",
    "balance.green_up_to": "Standardised difference that is green up to",
    "balance.amber_up_to": "Standardised difference that is amber up to",
    "inference.confidence": "Confidence of the intervals",
    "inference.minimum_reoffenders": "Fewest reoffenders for measures among them",
    "power.alpha": "Significance level of the power calculation",
    "power.power": "Power",
    "power.reductions_pp": "Reductions in the power table, percentage points",
    "disclosure.minimum_group": "Smallest group that is reported on, people",
    "disclosure.minimum_cell": "Smallest count that is shown",
    "exploratory": "Exploratory, not for release",
}
_CHOICE_WORDS = {
    "index": "the index offence",
    "ever": "any up to the index date",
    "keep": "none",
    "age_squared": "age squared",
    "age_first_offence": "age at the first offence",
    "copas_rate": "rate of convictions over the criminal career (Copas rate)",
    "previous_by_group": "previous offences by type of offence",
    "offences_last_two_years": "offences in the last two years",
    "index_offence_group": "type of the index offence",
    "index_severity": "severity of the index offence",
    "index_disposal": "index sentence",
    "sentence_band": "length of the sentence",
    "index_year": "year of the index date",
    "index_quarter": "quarter of the index date",
    "previous_custody": "previous sentences of custody",
    "employed": "employment",
    "on_benefit": "out-of-work benefit",
    "needs": "assessed needs",
    "extra": "the lab's own columns",
    "drawn": "drawn from the treatment group's delays",
}


def power_table(analysis: Analysis, *, key: str = "power", caption: str = "") -> Table | None:
    """People needed in the treatment group to show reductions of several sizes; None where the rate is withheld."""
    power = analysis.power
    if power is None:
        return None
    rows = tuple(
        (
            f"{row.reduction_pp:g}",
            "no number of people is enough" if row.infeasible else count_(row.n_treatment),
        )
        for row in power.rows
    )
    note = (
        f"Two-sided test at {number(power.alpha, factor=100)} per cent with {number(power.power, factor=100)} per cent "
        f"power, {power.n_control:,} people in the control group and a standard deviation of {number(power.sd, 3)}. "
        f"With this control group a reduction below {short(power.smallest_detectable_pp)} percentage points cannot "
        f"be shown by any number of people; the {power.n_treatment:,} people in this analysis could show "
        f"{short(power.detectable_in_hand_pp)} points or more."
    )
    caption = caption or "How many people must be analysed to show a reduction in reoffending"
    columns = ("Reduction in the reoffending rate, percentage points", "People needed in the treatment group")
    return Table(key, caption, columns, rows, "lr", note)


def measures_table(analysis: Analysis, *, base: str | None = None, key: str = "measures", caption: str = "") -> Table:
    """Every outcome measure with the headline difference: one row each.

    Parameters
    ----------
    base : {"everyone", "reoffenders"}, optional
        Only measures over this base. Default: all.
    """
    measures = [m for m in analysis.measures if base in (None, m.base)]
    rows, withheld = [], []
    for measure in measures:
        label = measure_label(measure)
        if measure.headline is None:
            rows.append((label, *[NOT_SHOWN] * 6))
            withheld.append(f"{label}: {measure.why_not}.")
            continue
        head, unit, adjusted = measure.headline, measure.unit, measure.control_value_adjusted
        rows.append(
            (
                label,
                value(measure.treatment_value, unit),
                value(measure.control_value if adjusted is None else adjusted, unit),
                difference(head.estimate, unit, decimals_for(unit, head.ci_low, head.ci_high)),
                interval(head.ci_low, head.ci_high, unit),
                p_value(head.p_value),
                p_value(measure.holm_p),
            )
        )
    columns = (
        "Measure",
        "Treatment group",
        "Expected without the service",
        "Difference",
        "95% interval",
        "p-value",
        "p-value (Holm)",
    )
    note = f"Expected without the service: from the comparison group, adjusted by the outcome model. {ROUNDING} "
    note += "Holm: p-value adjusted for the number of measures."
    note += f" {NOT_SHOWN}: not shown. {' '.join(withheld)}" if withheld else ""
    return Table(
        key, caption or "Reoffending in both groups, measure by measure", columns, tuple(rows), "lrrrrrr", note
    )


def estimates_table(analysis: Analysis, *, key: str = "estimates", caption: str = "") -> Table:
    """The headline, classic and check estimates of every measure, each with its interval."""
    rows = tuple(
        (measure_label(m), *(_estimate(getattr(m, kind), m.unit) for kind in ("headline", "classic", "check")))
        for m in analysis.measures
    )
    note = (
        f"Each cell: difference (95% interval). {ROUNDING} "
        "Headline: matching with an outcome model; classic: difference "
        "of weighted means, as in earlier publications; check: doubly robust weighting. All three concern the matched "
        "treatment group."
    )
    if any(m.headline is None for m in analysis.measures):
        note += f" {NOT_SHOWN}: not shown."
    caption = caption or "Three estimates of each difference"
    return Table(key, caption, ("Measure", "Headline", "Classic", "Check"), rows, "lrrr", note)


def profile_table(analysis: Analysis, *, key: str = "profile", caption: str = "") -> Table:
    """Who is in the treatment group, in the matched control group and in the whole pool."""
    rows = tuple(
        (f"{row.characteristic}: {row.level}", per_cent(row.treatment), per_cent(row.control), per_cent(row.pool))
        for row in analysis.profile
    )
    hidden = any(None in (row.treatment, row.control, row.pool) for row in analysis.profile)
    note = "Withheld: too few people to be shown." if hidden else ""
    columns = ("Characteristic", "Treatment group", "Matched control group", "Whole control pool")
    return Table(key, caption or "Who was compared with whom", columns, rows, "lrrr", note)


def balance_table(analysis: Analysis, *, top: int = 15, key: str = "balance", caption: str = "") -> Table:
    """Standardised mean differences in per cent, the worst after matching first."""
    rows = sorted(records(analysis.balance.rows), key=lambda r: -abs(r["smd_after"]))
    cells = tuple(
        (
            covariate_label(row),
            number(row["smd_before"], 1, factor=100),
            number(row["smd_after"], 1, factor=100),
            row["light"],
        )
        for row in rows[:top]
    )
    note = "Per cent of a standard deviation, treatment group minus control group."
    if len(rows) > top:
        note += f" The largest {top} of {len(rows)} are shown; the others are smaller after matching."
    if analysis.balance.n_withheld:
        note += f" Not listed, as they concern too few people: {analysis.balance.n_withheld}."
    columns = ("Characteristic", "Before matching", "After matching", "Light")
    return Table(key, caption or "How alike the groups are", columns, cells, "lrrl", note)


def flow_table(steps: Iterable[Any], *, key: str = "flow", caption: str = "", minimum_cell: int = 5) -> Table:
    """The steps at which anybody left: who, why, who remained, and what would bring them back.

    Parameters
    ----------
    steps : records
        `analysis.flow`, `analysis.pool_flow` or the steps of a ledger.
    """
    recorded = records(steps)
    rows = [row for i, row in enumerate(recorded) if i == 0 or row["records_excluded"] != 0]
    note = "Nobody left at the other steps." if len(rows) < len(recorded) else ""
    with_people = any(row["people_after"] is not None for row in rows)
    with_remarks = any(row["details"] or row["could"] for row in rows)
    cells = tuple(
        (
            row["label"],
            NOTHING if i == 0 else step_count(row, "records_excluded", minimum_cell),
            step_count(row, "records_after", minimum_cell),
            *((_people(row, minimum_cell),) if with_people else ()),
            *((_remarks(row, minimum_cell),) if with_remarks else ()),
        )
        for i, row in enumerate(rows)
    )
    columns = ("Step", "Records that left", "Records that remained")
    columns += ("People that remained",) * with_people + ("Remarks",) * with_remarks
    align = "lrr" + "r" * with_people + "l" * with_remarks
    nothing = (("No steps are recorded", NOTHING, NOTHING),)
    caption = caption or "Each step from the records received to the people analysed"
    return Table(key, caption, columns, cells or nothing, align, note)


def linkage_table(findings: Findings, *, key: str = "linkage", caption: str = "") -> Table:
    """How each record was looked for on the register, and found."""
    linkage = findings.linkage
    hidden = linkage.secondary
    found = {name: n for name, n in linkage.by_status.items() if name == "matched"}
    others = {name: n for name, n in linkage.by_status.items() if name != "matched"}
    cells = [("Records received", linkage.records, "records" in hidden)]
    cells += [("Found (matched)", n, name in hidden) for name, n in found.items()]
    cells += [(f"Found by: {tier.label}", tier.records, tier.secondary) for tier in linkage.by_tier]
    cells += [(_sentence(name), n, name in hidden) for name, n in others.items()]
    wrong = linkage.expected_wrong_links
    chance = "" if wrong is None else f"Links that are expected to be wrong by chance: {_few(wrong)}."
    note = chance and f"{chance} People who resemble each other, such as relatives, can add to that."
    rows = tuple((label, count_(n, findings.minimum_cell, secondary=kept)) for label, n, kept in cells)
    return Table(key, caption or "How the records were found on the register", ("Outcome", "Records"), rows, "lr", note)


def settings_table(findings: Findings, *, key: str = "settings", caption: str = "") -> Table:
    """Every choice that the analysis made, in readers' words; who asked and for what stands in the provenance table."""
    chosen = {name: v for name, v in findings.provenance.settings.items() if name not in _ELSEWHERE}
    rows = tuple(_settings(chosen))
    return Table(key, caption or "The settings of this analysis", ("Setting", "Value"), rows, "ll")


def provenance_table(findings: Findings, *, key: str = "provenance", caption: str = "") -> Table:
    """From what, with what and when this was computed."""
    made = findings.provenance
    rows = [
        ("Request", findings.request),
        ("Received", date(findings.received)),
        ("Register extract", made.extract),
        ("Register covers", f"{date(made.data_start)} to {date(made.data_end)}"),
        ("Toolkit", made.toolkit_version + (f", commit {made.toolkit_commit}" if made.toolkit_commit else "")),
        ("Seed of all random draws", str(made.seed)),
        ("Specification (SHA-256)", made.spec_digest),
        *((f"Input: {i.get('name', 'file')}", ", ".join(v for k, v in i.items() if k != "name")) for i in made.inputs),
        ("Packages", ", ".join(f"{name} {version}" for name, version in sorted(made.packages.items()))),
    ]
    return Table(key, caption or "Where these figures come from", ("Item", "Value"), tuple(rows), "ll")


def sign_offs_table(findings: Findings, *, key: str = "sign_offs", caption: str = "") -> Table:
    """Who checked what, and when."""
    columns = tuple(dict.fromkeys(k for entry in findings.sign_offs for k in entry))
    rows = tuple(tuple(_sentence(entry.get(c, "")) or NOTHING for c in columns) for entry in findings.sign_offs)
    headers = tuple(_sentence(c) for c in columns) or ("Sign-off",)
    return Table(key, caption or "Checks and sign-offs", headers, rows or (("none yet",),), "l" * len(headers))


def measure_label(measure: Measure) -> str:
    """A measure's label that says so where only people who reoffended are counted."""
    if measure.base == "everyone" or "reoffend" in measure.label.lower():
        return measure.label
    return f"{measure.label} (among those who reoffended)"


def _estimate(estimate: Estimate | None, unit: str) -> str:
    if estimate is None:
        return NOT_SHOWN
    return estimate_words(estimate.estimate, estimate.ci_low, estimate.ci_high, unit)


def _people(row: dict[str, Any], minimum_cell: int) -> str:
    """None means withheld where a reason says so; before linkage people are not yet known."""
    if row["people_after"] is None and "people_after" not in row.get("secondary", ()):
        return NOTHING
    return step_count(row, "people_after", minimum_cell)


def _remarks(row: Mapping[str, Any], minimum_cell: int) -> str:
    details = row["details"]
    if isinstance(details, Mapping):
        details = [{"label": label, "records": n} for label, n in details.items()]
    listed = "; ".join(
        f"{d['label']}: {count_(d['records'], minimum_cell, secondary=d.get('secondary', False))}" for d in details
    )
    return "\n".join(part for part in (listed, row["could"]) if part) or NOTHING


def _few(n: float) -> str:
    """A number of links with one decimal: ``1.8``; ``fewer than 0.1`` where it would print as zero."""
    return "fewer than 0.1" if 0 < n < 0.05 else short(n)


def _settings(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterable[tuple[str, str]]:
    for name, chosen in values.items():
        if isinstance(chosen, Mapping):
            yield from _settings(chosen, (*path, name))
        else:
            place = (*path, name)
            label = _SETTING_WORDS.get(".".join(place))
            yield label or ": ".join([_sentence(place[0]), *(_plain(part) for part in place[1:])]), _choice(chosen)


def _choice(chosen: Any) -> str:
    if isinstance(chosen, bool):
        return "yes" if chosen else "no"
    if isinstance(chosen, list | tuple):
        return ", ".join(_choice(c) for c in chosen) or "none"
    if isinstance(chosen, float):
        return f"{chosen:g}"
    return "none" if chosen is None else _CHOICE_WORDS.get(str(chosen), _plain(str(chosen)))


def _plain(name: str) -> str:
    """A code such as ``community_order`` in plain words; anything else (a file's or a person's name) as it is."""
    return name.replace("_", " ") if re.fullmatch(r"[a-z0-9_]+", name) else name


def _sentence(name: str) -> str:
    return _plain(name)[:1].upper() + _plain(name)[1:]
