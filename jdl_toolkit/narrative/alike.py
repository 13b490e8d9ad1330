"""How alike the two groups are in what the records tell, in words."""

from __future__ import annotations

import math
import re
from collections import Counter

from .. import numbers
from ..document import Words
from ..findings import Analysis, BalanceRow, BalanceSummary, Findings, ProfileRow
from ..wording import Passage, capital, ended, listed, plain, small_number
from .design import making, was_blind

#: How many of the least alike characteristics are named.
NAMED = 3


def how_alike(findings: Findings, analysis: Analysis | None = None) -> Words:
    """How alike the two groups are in what the records tell, before and after matching; the least alike named."""
    analysis = analysis if analysis is not None else next(iter(findings.analyses), None)
    passage = Passage()
    balance = analysis.balance if analysis else None
    if balance is None:
        return passage.say(
            "no_balance", "No comparison group was made, so there is nothing to compare it with."
        ).words()
    green, amber = (numbers.number(findings.setting("balance", k), factor=100) for k in ("green_up_to", "amber_up_to"))
    n_rows = len(balance.rows) + balance.n_withheld
    passage.say(
        "ruler",
        f"The two groups were compared on {numbers.plural(n_rows, 'point', 'points')} (each level of each"
        f" characteristic is one){' before any outcome was compared' if was_blind(findings) else ''}.",
        "Each difference is measured in per cent of a standard deviation, which is the usual spread among"
        f" {_whom(balance)}.",
        f"Up to {green} is close (green), up to {amber} is acceptable (amber), and more is too far apart (red).",
    )
    before = max((abs(r.smd_before) for r in balance.rows), default=None)
    if before is not None:
        passage.say(
            "before",
            f"Before {making(analysis)}, the largest difference was {_smd(before)}. After {making(analysis)}, it is"
            f" {_smd(abs(balance.worst))}{_not_listed(balance)}.",
            new=True,
        )
    passage.say(*_lights(n_rows, balance.n_amber, balance.n_red))
    worst = [r for r in _without_mirrors(balance.rows)[:NAMED] if _smd(abs(r.smd_after)) != _smd(0)]
    if balance.rows and not worst:
        passage.say("none_left", "No difference is left that one decimal place would show.")
    elif worst:
        names = [f"{_name(r)} ({_smd(abs(r.smd_after))})" for r in worst]
        of_listed = " of those that can be named" if _not_listed(balance) else ""
        passage.say("least_alike", f"The least alike{of_listed} {'is' if len(names) == 1 else 'are'} {listed(names)}.")
    if balance.squares:
        apart = max(abs(r.smd_after) for r in balance.squares)
        passage.say(
            "squares",
            "The squares of the numbers among them were compared as well, which shows whether not only the averages but"
            f" the highest values agree; there the largest difference is {_smd(apart)}, which would be"
            f" {_colour(apart, findings)}. They do not decide whether the groups are alike enough.",
        )
    in_detail(passage, findings, analysis)
    if balance.accepted_reason:
        by = f" by {plain(balance.accepted_by)}" if balance.accepted_by else ""
        passage.say(
            "accepted",
            f"**The balance is outside the limit and was accepted{by}**, for this reason:"
            f" {ended(plain(balance.accepted_reason))}",
            new=True,
        )
    elif not balance.passed:
        passage.say("not_accepted", "**The groups are not alike enough for a fair comparison.**", new=True)
    passage.say(
        "only_recorded", "Being alike in what is on record does not make two groups alike in everything.", new=True
    )
    return passage.words()


def _not_listed(balance: BalanceSummary) -> str:
    """Behind the largest difference: that the row it is of may not be named; empty where it is."""
    listed_worst = max((abs(r.smd_after) for r in balance.rows), default=0.0)
    if not balance.n_withheld or _smd(listed_worst) == _smd(abs(balance.worst)):
        return ""
    return ", of a characteristic that too few people have to be named"


def _colour(smd: float, findings: Findings) -> str:
    green, amber = (findings.setting("balance", key) for key in ("green_up_to", "amber_up_to"))
    return "green" if smd <= green else "amber" if smd <= amber else "red"


#: How far apart two shares that are printed in whole per cent may be by rounding alone: half a point each.
_ROUNDING = 0.01


def apart_in_profile(findings: Findings, analysis: Analysis) -> list[ProfileRow]:
    """Levels of the profile that differ by more than what is acceptable, the furthest apart first.

    What is compared before outcomes are looked at may be coarser: levels of few people joined, numbers by their mean.
    A difference counts as far as it cannot come from rounding, in standard deviations of the two shares (pooled).
    """
    limit = findings.setting("balance", "amber_up_to")
    apart = [(_apart(row), row) for row in analysis.profile]
    return [row for size, row in sorted(apart, key=lambda pair: -pair[0]) if size > limit]


def _apart(row: ProfileRow) -> float:
    if row.treatment is None or row.control is None:
        return 0.0
    shares = row.treatment, row.control
    spread = math.sqrt(sum(share * (1 - share) for share in shares) / 2)
    return max(0.0, abs(shares[0] - shares[1]) - _ROUNDING) / spread if spread else 0.0


def level_in_profile(row: ProfileRow) -> str:
    """A level with its shares: ``Region: Wales (15%, against 5%)``."""
    shares = [numbers.value(share, "share") for share in (row.treatment, row.control)]
    return f"{name_in_profile(row)} ({shares[0]}, against {shares[1]})"


def name_in_profile(row: ProfileRow) -> str:
    """``Region: Wales``; of levels that share a row their names: ``Region: London, North West or Wales``."""
    together = re.fullmatch(r"other \((.+)\)", plain(row.level))
    level = listed(together[1].split("; "), "or") if together else plain(row.level)
    return f"{plain(row.characteristic)}: {level}"


def in_detail(passage: Passage, findings: Findings, analysis: Analysis) -> None:
    """That the profile shows larger differences than what was compared, and the largest of them."""
    apart = apart_in_profile(findings, analysis)
    if not apart:
        return
    rows = "level of it differs" if len(apart) == 1 else "levels of it differ"
    named = "; ".join(map(level_in_profile, apart[:NAMED]))
    limit = numbers.number(findings.setting("balance", "amber_up_to"), factor=100)
    passage.say(
        "apart_in_detail",
        "**The table of who was compared with whom is finer than what was compared here**: levels of few people were"
        " joined, and numbers such as age compared by their averages.",
        f"{capital(small_number(len(apart)))} {rows} by more than {limit}% of a standard deviation, which is too far"
        f" apart: {named}{' and others' if len(apart) > NAMED else ''}.",
        new=True,
    )


def _whom(balance: BalanceSummary) -> str:
    """Whose standard deviation differences are measured by."""
    return "the people who received the service" if balance.denominator == "treated" else "people of both groups"


def is_outside_the_limit(balance: BalanceSummary | None) -> bool:
    """Whether the groups differ by more than the limit, which somebody accepted."""
    return balance is not None and bool(balance.n_red or balance.accepted_reason or not balance.passed)


def least_alike(balance: BalanceSummary) -> str:
    """The points that are too far apart, the worst first, with how far; their number where none may be named."""
    red = _without_mirrors(tuple(r for r in balance.rows if r.light == "red"))
    if not red:
        return small_number(balance.n_red) + (" point" if balance.n_red == 1 else " points")
    more = ["others"] if len(red) > NAMED else []
    return listed([f"{_name(r)} ({_smd(abs(r.smd_after))})" for r in red[:NAMED]] + more)


def accepted_imbalance(passage: Passage, balance: BalanceSummary | None) -> None:
    """In the finding: that the groups differ by more than the limit, in what, and who accepted it."""
    if not is_outside_the_limit(balance):
        return
    by = f" by {plain(balance.accepted_by)}" if balance.accepted_by else ""
    accepted = f", which was accepted{by}" if balance.accepted_reason else ""
    passage.say(
        "outside_the_limit",
        f"**The two groups are not as alike as the limit asks**: they are too far apart in {least_alike(balance)}"
        f"{accepted}. Part of the difference may come from that.",
        new=True,
    )


def _without_mirrors(rows: tuple[BalanceRow, ...]) -> list[BalanceRow]:
    """The rows, the least alike first; of a characteristic with two levels, which mirror each other, only one."""
    levels = Counter(r.covariate for r in rows if r.level)
    kept, seen = [], set()
    for row in sorted(rows, key=lambda r: (-round(abs(r.smd_after), 9), r.covariate, r.level)):
        if row.level and levels[row.covariate] == 2 and row.covariate in seen:
            continue
        seen.add(row.covariate)
        kept.append(row)
    return kept


def _lights(n_rows: int, n_amber: int, n_red: int) -> tuple[str, str]:
    if n_amber == n_red == 0:
        return "all_green", f"All {n_rows} are green." if n_rows != 1 else "It is green."
    verb = {n: "is" if n == 1 else "are" for n in (n_amber, n_red)}
    amber = f"{small_number(n_amber)} {verb[n_amber]} amber" if n_amber else ""
    red = f"{small_number(n_red)} {verb[n_red]} red" if n_red else ""
    rule = "some_red" if n_red else "some_amber"
    return rule, f"Of the {n_rows}, {listed([x for x in (amber, red) if x])}; the rest are green."


def _name(row: BalanceRow) -> str:
    name = plain(row.covariate).replace(" (log of 1 + number)", "").replace(" (years)", "")
    return f"{name}: {plain(row.level)}" if row.level else name


def _smd(value: float) -> str:
    return f"{numbers.number(value, 1, factor=100)}%"
