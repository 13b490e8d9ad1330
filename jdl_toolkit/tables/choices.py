"""The choices behind an analysis, where its figures come from, and who checked it, as tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..document import Table
from ..numbers import date
from .people import NOTHING

if TYPE_CHECKING:  # findings stands above this module in the order of imports
    from ..findings import Findings

#: Settings that say who asked and for what: they stand in the provenance table, or open the report. And what only an
#: upload's check uses, before the analysis; and the list of analyses, of which each has a report.
_ELSEWHERE = frozenset(("request", "organisation", "service", "received", "submission", "register", "seed"))
_ELSEWHERE |= {"forecast", "suitability", "analyses", "analysis"}
#: Choices that only the control pool, only the matching, and only what follows it, makes use of.
_OF_POOL = frozenset(("cohort.period", "cohort.equivalent_time_limit"))
_OF_MATCHING = frozenset(("covariates", "matching", "balance"))
_OF_OUTCOMES = frozenset(("outcomes", "inference", "power", "robustness", "subgroups", "intensity_bands"))
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
    "cohort.observed_months": "Months that must be covered by the data, if not follow-up and waiting period",
    "cohort.minimum_analysed": "Fewest people analysed",
    "cohort.release_types": "Kinds of release that are analysed, if not all",
    "cohort.period": "Whole periods from which controls come",
    "cohort.index_from": "First index date, if not the first of the people submitted",
    "cohort.index_to": "Last index date, if not the last of the people submitted",
    "covariates.needs_within_months": "Months before the index date within which needs were assessed",
    "outcomes.measures": "Outcome measures",
    "outcomes.survival_steps": "Points of the curves of time to the first reoffence, at most",
    "inference.minimum_events": "Fewest people on either side of a share by class or custody",
    "subgroups": "Subgroups",
    "intensity_bands": "Lower ends of the bands of intensity, if not halves",
    "covariates.use": "Characteristics in the matching model",
    "covariates.merge_levels_below": "Levels with fewer people than this are joined",
    "covariates.people_per_parameter": "Fewest people for each parameter of the model",
    "matching.method": "Matching method",
    "matching.scale": "Scale of the propensity score",
    "matching.calipers": "Calipers that may be tried, standard deviations of the score",
    "matching.exact": "Characteristics that are matched exactly",
    "matching.caliper_unit": "Unit of the calipers",
    "matching.ratio": "Nearest controls for each person",
    "matching.replace": "A nearest control may serve more than one person",
    "matching.order": "Who chooses first among nearest controls",
    "matching.common_support": "Range of scores that is compared",
    "matching.trim": "Share cut off at either end of the probability",
    "matching.fallback": "Where no caliper balances",
    "balance.denominator": "Standard deviation that differences are measured by",
    "balance.squares": "Squares of numbers are shown among the differences",
    "balance.interactions": "Products of characteristics shown among the differences",
    "covariates.splines": "Characteristics that enter the matching model as curves",
    "covariates.spline_df": "Columns of such a curve",
    "covariates.interactions": "Products of characteristics in the matching model",
    "covariates.selection": "Choice of the characteristics in the matching model",
    "covariates.enter_below": "p-value below which a characteristic enters, if stepwise",
    "covariates.leave_above": "p-value above which a characteristic leaves, if stepwise",
    "inference.cross_fit_folds": "Parts for cross-fitting of the doubly robust estimate",
    "inference.bootstrap_draws": "Draws of the bootstrap",
    "robustness.calipers": "Other calipers",
    "robustness.nearest_ratios": "Numbers of nearest neighbours",
    "robustness.methods": "Other methods",
    "robustness.leave_one_out": "Each characteristic left out in turn",
    "robustness.placebo": "Characteristic compared as if it were an outcome",
    "robustness.gammas": "Odds of a hidden difference",
    "balance.green_up_to": "Standardised difference that is green up to",
    "balance.amber_up_to": "Standardised difference that is amber up to",
    "inference.confidence": "Confidence of the intervals",
    "inference.minimum_reoffenders": "Fewest reoffenders for measures among them",
    "power.alpha": "Significance level of the power calculation",
    "power.power": "Power",
    "power.reductions_pp": "Reductions in the power table, percentage points",
    "disclosure.minimum_group": "Smallest group that is reported on, people",
    "disclosure.minimum_cell": "Smallest count that is shown",
    "report.draft_weeks": "Weeks for comments on a draft",
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
    "employed_share": "share of time in employment",
    "benefit_share": "share of time on out-of-work benefits",
    "previous_by_each_group": "previous offences of each type",
    "release_type": "kind of release",
    "years_since_last_offence": "years since the last offence",
    "hdc": "home detention curfew",
    "rate": "reoffending rate",
    "days": "days to the first reoffence",
    "first_class": "class of the first reoffence",
    "count_by_class": "reoffences of each class",
    "first_custody": "custody for the first reoffence",
    "age_band": "age",
    "needs": "assessed needs",
    "extra": "the lab's own columns",
    "ipw": "inverse odds weights",
    "ebal": "entropy balancing",
    "overlap": "overlap weights",
    "nearest": "nearest neighbours",
    "sd": "standard deviations",
    "raw": "the score's own scale",
    "drawn": "drawn from the treatment group's delays",
}


def settings_table(findings: Findings, *, key: str = "settings", caption: str = "") -> Table:
    """Every choice that the first analysis was made under, in readers' words.

    Left out are choices that its route has no use for, and those of stages that it did not reach. Who asked and for
    what stands in the provenance table.
    """
    own = findings.analyses[0].settings if findings.analyses else {}
    chosen = {k: _with(v, own.get(k)) for k, v in findings.provenance.settings.items() if k not in _ELSEWHERE}
    unused = _not_reached(findings) | _not_applying(chosen)
    rows = tuple(_settings({k: v for k, v in chosen.items() if k not in unused}, unused=unused))
    return Table(key, caption or "The settings of this analysis", ("Setting", "Value"), rows, "ll")


def setting_rows(values: Mapping[str, Any], unused: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """Settings and their values in readers' words, section by section, without the places in `unused`."""
    return list(_settings(values, unused=unused))


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


def _with(values: Any, changes: Any) -> Any:
    """A section of the request's settings with what an analysis sets otherwise."""
    if isinstance(values, Mapping) and isinstance(changes, Mapping):
        return values | {name: _with(values.get(name), v) for name, v in changes.items()}
    return values if changes is None else changes


def _not_reached(findings: Findings) -> frozenset[str]:
    """Sections of the stages that an analysis did not come to."""
    first = findings.analyses[0] if findings.analyses else None
    if first is None or first.matching is None and first.status == "could_not_be_answered":
        of_pool = frozenset() if first is not None and first.pool_flow else _OF_POOL
        return _OF_MATCHING | _OF_OUTCOMES | of_pool
    return frozenset() if first.measures else _OF_OUTCOMES


def _not_applying(chosen: Mapping[str, Any]) -> frozenset[str]:
    """Choices without a use: of a start after the sentence, for a service in custody, and of releases, otherwise."""
    unused = set() if "intensity" in (chosen.get("subgroups") or ()) else {"intensity_bands"}
    cohort = chosen.get("cohort", {})
    if cohort.get("route") == "custody":
        unused |= {"cohort.start_within_months", "cohort.equivalent_time_limit"}
    elif "custody" not in cohort.get("index_disposals", ()):
        unused |= {"cohort.release_types"}
    return frozenset(unused)


def _settings(
    values: Mapping[str, Any], path: tuple[str, ...] = (), unused: frozenset[str] = frozenset()
) -> Iterable[tuple[str, str]]:
    for name, chosen in values.items():
        if isinstance(chosen, Mapping):
            yield from _settings(chosen, (*path, name), unused)
        elif ".".join((*path, name)) not in unused:
            place = (*path, name)
            label = _SETTING_WORDS.get(".".join(place))
            yield label or ": ".join([_sentence(place[0]), *(_plain(part) for part in place[1:])]), _choice(chosen)


def choice_words(name: str) -> str:
    """A choice, such as a characteristic, in readers' words: ``age squared``, ``previous sentences of custody``."""
    return _choice(str(name))


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
