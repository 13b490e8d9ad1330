"""Index disposals outside an analysis: which they are, in words, and which further analyses they suggest."""

from __future__ import annotations

import pandas as pd

from ..spec import Disposal
from ..wording import listed
from .index_disposal import in_words
from .terms import HELD, RELEASED, Terms, in_plural

#: Kinds that are numerous enough are named up to this many; the details list them all.
MOST_NAMED = 6


def why_other(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    """What puts each index disposal outside the analysis, in words; missing for those inside it.

    The first that applies: its kind; how the person was released; an index date outside the cohort's bounds; the
    person was in custody, for something else, when follow-up or the service started.
    """
    why = _not_at_liberty(rows, terms)
    outside = _out_of_bounds(rows, terms)
    why = why.mask(outside.notna(), outside)
    release = _other_release(rows, terms)
    why = why.mask(release.notna(), release)
    return why.mask(~rows["is_in_scope"], _kind(rows, terms))


def starts_in_window(rows: pd.DataFrame) -> pd.Series:
    """Whether the service started after the index date and within the window."""
    return (rows["index_date"] < rows["service_start"]) & (rows["service_start"] < rows["window_end"])


def could_be_analysed(others: pd.DataFrame, terms: Terms) -> str:
    """Which of those who leave are numerous enough for an analysis of their own, in a sentence without counts.

    Counted are people who would start in its window; `cohort.minimum_analysed` of them make an analysis.
    """
    least = terms.spec.cohort.minimum_analysed
    counts = _analysis_of(others, terms).value_counts().sort_index().sort_values(ascending=False, kind="stable")
    named = list(counts.index[counts >= least][:MOST_NAMED])
    if named:
        return f"Numerous enough for an analysis of their own are {listed(named)}."
    if counts.sum() >= least:
        return "Together, the other kinds of sentence are numerous enough for an analysis of their own."
    return "Their outcomes could be analysed separately, if more people with such sentences are submitted."


def _kind(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    kind = rows["disposal"].astype(object).map(in_words, na_action="ignore")
    custody = rows["disposal"].eq(Disposal.custody)
    if not terms.is_custody_route:
        return kind.mask(custody & rows["is_inside"], "custody, not yet released when the service started")
    kind = kind.mask(custody, "custody, released before the service started")
    for spell in ("remand", "recall"):
        kind = kind.mask(rows["held_at_start"].eq(spell), f"custody, {HELD[spell]} when the service started")
    return kind


def _other_release(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    """How those released in another way than the analysis asks for were released; they are out by the data end."""
    wanted = terms.spec.cohort.release_types
    how = rows["release_type"].astype(object).map({k.value: f"custody, released {v}" for k, v in RELEASED.items()})
    how = how.astype(object).where(how.notna(), "custody, type of release not on record")
    is_out = rows["disposal"].eq(Disposal.custody) & (rows["release_date"] <= pd.Timestamp(terms.data_end))
    return how.where(is_out & ~rows["release_type"].isin(wanted) & bool(wanted), None)


def _out_of_bounds(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    cohort, why = terms.spec.cohort, pd.Series(None, index=rows.index, dtype=object)
    if cohort.index_from:
        early = rows["index_date"] < pd.Timestamp(cohort.index_from)
        why = why.mask(early, f"{terms.event} before the cohort ({terms.bounds})")
    if cohort.index_to:
        late = rows["index_date"] > pd.Timestamp(cohort.index_to)
        why = why.mask(late, f"{terms.event} after the cohort ({terms.bounds})")
    return why


def _not_at_liberty(rows: pd.DataFrame, terms: Terms) -> pd.Series:
    """By the community route: in custody for something else, on the index date or on the day the service started.

    Whoever is still serving the index disposal, or may be, is left to reasons 7 and 8.
    """
    why = pd.Series(None, index=rows.index, dtype=object)
    asked = ~rows["is_inside"] & ~rows["is_uncertain"]
    for column, when in (
        ("held_at_index", "when follow-up would start"),
        ("held_at_start", "when the service started"),
    ):
        for spell, words in HELD.items():
            why = why.mask(asked & rows[column].eq(spell), f"custody, {words} {when}")
    return why.mask(pd.Series(terms.is_custody_route, index=rows.index), None)


def _analysis_of(others: pd.DataFrame, terms: Terms) -> pd.Series:
    """The analysis that each of those who leave could be part of, in words; missing for the others."""
    name = others["disposal"].astype(object).map(in_plural, na_action="ignore")
    if terms.is_custody_route:
        name = (name + " (by the community route)").where(~others["is_in_scope"] & others["held_at_start"].isna())
        name = name.where(starts_in_window(others))
    else:
        served = others["is_inside"] & others["disposal"].eq(Disposal.custody)
        name = name.where(starts_in_window(others) & ~others["is_inside"])
        name = name.mask(served & others["release_date"].notna(), "custody (by the custody route)")
        name = name.where(others["held_at_start"].isna() | served)
    is_other_release = _other_release(others, terms).notna() & others["is_in_scope"]
    other_type = others["release_type"].astype(object).map({k.value: f"releases {v}" for k, v in RELEASED.items()})
    name = name.mask(is_other_release, other_type)
    outside = _out_of_bounds(others, terms).notna() & others["is_in_scope"] & ~is_other_release
    return name.mask(outside, "those outside the cohort's dates")
