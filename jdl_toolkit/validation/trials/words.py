"""The words of the answer on trials."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ...numbers import number
from ..part import Check
from .data import AID, TRIAL_DOLLARS, TRIAL_SE

SOURCES = (
    "Sources. Aid: Rossi, Berk and Lenihan, Money, Work, and Crime (Academic Press, 1980), the 432 men of the "
    "trial, in the form in which the table has been handed on in textbooks and software since (P. Allison 1995; "
    "carData for R, under the GPL, version 2 or later). Training: LaLonde, American Economic Review 76 (1986) "
    "604–620; Dehejia and Wahba, Journal of the American Statistical Association 94 (1999) 1053–1062, as in "
    "MatchIt for R (GPL, version 2 or later). Neither publication states a licence for the figures themselves; no "
    "names or dates are in them."
)

SHOWN = (
    "**What this shows.** On real people, with outcomes that nobody invented, the code leaves a randomised "
    "comparison alone, keeps to its error rate, and turns a comparison of the wrong sign into one of the right "
    "sign and about the right size."
)


def told(about: dict, ways: pd.DataFrame, draws: pd.DataFrame, checks: Iterable[Check]) -> str:
    """The answer in plain words."""
    n_failed = sum(check.holds is False for check in checks)
    best, crude = ways.loc["training"], ways.loc[("training", "Unadjusted")]
    best = best[best["is_chosen"]].iloc[0]
    aid = ways.loc["aid"]
    aid = aid[aid["is_chosen"]].iloc[0]
    lot, kept = draws.loc["by lot"], draws.loc["controls chosen"]
    n_draws = int(lot["n_draws"].min())
    planned = min(about["planned"].values())
    balanced = ways.loc["training"][lambda f: f["passed"].astype(bool)]
    inside = balanced["headline_ci_low"].le(TRIAL_DOLLARS) & balanced["headline_ci_high"].ge(TRIAL_DOLLARS)
    short = f"**This was a short run: {n_draws:,} draws of each kind.** " if about["short"] else ""
    if n_draws < planned:
        short += f"**The run is unfinished: {n_draws:,} of {planned:,} draws.** "
    verdict = "Yes, as far as two trials can tell." if not n_failed else "Not in everything: see the checks that fail."

    def share(x: float) -> str:
        return number(x, 1, factor=100)

    paragraphs = [
        f"{short}{verdict}",
        f"**Aid for released prisoners.** In a trial, 432 men were drawn by lot to get financial aid or none; "
        f"{number(AID['treated'], 1)} and {number(AID['control'], 1)} per cent were arrested within a year, a "
        f"difference of {number(AID['difference'], 1)} points ({number(AID['low'], 1)} to {number(AID['high'], 1)}). "
        f"As they were drawn by lot, there is nothing to remove, and adjusting must change little. The headline says "
        f"{share(aid['headline_estimate'])}, the check {share(aid['check_estimate'])}. When the same men are drawn "
        f"anew {n_draws:,} times, with a treatment that is none, the headline lies "
        f"{number(lot.loc['headline', 'sd_from_crude'], 1)} points from the unadjusted difference in a typical draw "
        f"(standard deviation). It finds an effect where there is none in {number(lot.loc['headline', 'rejected'], 1)} "
        f"per cent of draws, the check in {number(lot.loc['check', 'rejected'], 1)}; 5 is right.",
        f"When half of the others are kept, rather the older ones with few convictions, the unadjusted difference is "
        f"{number(kept.loc['crude', 'bias'], 1)} points off; {number(kept.loc['headline', 'bias'], 1)} are left in the "
        f"headline and {number(kept.loc['check', 'bias'], 1)} in the check (Monte-Carlo error "
        f"{number(kept.loc['headline', 'bias_mcse'], 1)}).",
        f"**A training programme.** Its trial found that it raised earnings by {number(TRIAL_DOLLARS)} dollars "
        f"(standard error {TRIAL_SE:g}). Here its {int(crude['n_treated'])} trainees are compared with "
        f"{int(crude['n_control'])} men of a survey of incomes who were never part of the trial. As they are, the "
        f"trainees earned {number(abs(crude['classic_estimate']))} dollars "
        f"{'less' if crude['classic_estimate'] < 0 else 'more'}. After matching, the headline is "
        f"{number(best['headline_estimate'], sign=True)} dollars ({number(best['headline_ci_low'])} to "
        f"{number(best['headline_ci_high'])}), the check {number(best['check_estimate'], sign=True)}. Of the "
        f"{len(balanced)} ways of comparing that balance, {int(inside.sum())} have an interval that holds the trial's "
        f"answer.",
        *([] if n_failed else [SHOWN]),
        f"**What this cannot show.** Two trials are two cases. The interval of the training trial is so wide that any "
        f"answer from {number(best['headline_ci_low'])} to {number(best['headline_ci_high'])} dollars would pass; the "
        f"ways of comparing share their trainees, so that they are not so many confirmations. The trial's own controls "
        f"are not in the bundled table: its answer is quoted and not recomputed. That matching worked with earnings of "
        f"earlier years known says nothing of a service that chooses people by what no register holds. Nor are "
        f"earnings offending, or the 1970s today.",
        SOURCES,
    ]
    return "\n\n".join(paragraphs)
