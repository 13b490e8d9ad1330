"""Requests with several analyses, at random: which record leaves where, and whom each analysis takes."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from jdl_toolkit.attrition import Ledger
from jdl_toolkit.findings.shared_counts import Flow

CODES = range(1, 14)


def request(rng, n_records=300, n_parts=2, *, with_whole=True, by_provider=False, other_rules=False, leaving=0.7):
    """Flows of a whole and its parts, and the linkage.

    A few records name no region or provider, a few are repeats; by other rules, some more are kept and some less.
    """
    reason = np.where(rng.random(n_records) < leaving, rng.choice([1, 2, 5, 6, 9, 10, 11, 12], n_records), 0)
    person = np.where(reason > 2, np.arange(n_records), np.where(reason == 0, np.arange(n_records), -1))
    repeats = np.flatnonzero(reason > 2)[: max(1, n_records // 40)]
    person[repeats] = repeats[0]
    kind = rng.choice(["fine", "caution", "custody"], n_records, p=[0.6, 0.3, 0.1])
    region = rng.integers(-1, n_parts, n_records) if n_parts else np.full(n_records, -1)
    provider = rng.integers(0, 3, n_records)
    frame = pd.DataFrame({"row": np.arange(n_records), "first_reason": reason, "kind": kind, "person": person})
    takes = [np.ones(n_records, bool)] if with_whole else []
    takes += [region == part for part in range(n_parts)]
    takes += [provider == part for part in range(3)] if by_provider else []
    rules = [reason] * len(takes)
    if other_rules:
        takes.append(np.ones(n_records, bool))
        rules.append(np.where((reason == 10) & (rng.random(n_records) < 0.7), 0, reason))
    flows = [flow(frame, take, rule) for take, rule in zip(takes, rules, strict=True)]
    return flows, linkage(reason)


def flow(frame, take, reason):
    """The flow of one analysis: of several records of a person that are in it, the first stays."""
    person = frame["person"].where(frame["person"] >= 0)
    left = pd.Series(np.where(take, reason, -1), index=frame.index)
    known = take & ~np.isin(left, [1, 2]) & person.notna()
    left = left.mask(known & person.where(known).duplicated(), 4).replace(0, np.nan)
    left = left.replace(-1, 0)
    records = pd.DataFrame({"row": frame["row"], "person_id": person.astype("Int64"), "reason": left.astype("Int64")})
    records["detail"] = frame["kind"].where(left == 6)
    records["disposal_id"] = frame["row"]
    ledger = Ledger.start("submission", "records received", len(frame))
    if not take.all():
        ledger = ledger.exclude(0, int((~take).sum()))
    for code in CODES:
        gone, stay = records[left == code], records[(left > code) | left.isna()]
        details = {k: int(n) for k, n in gone["detail"].value_counts().items()} if code == 6 else {}
        people = stay["person_id"].nunique() if code > 2 else None
        ledger = ledger.exclude(code, len(gone), people, details=details)
    return Flow(ledger, records=records, n_matched=int(left.isna().sum()))


def linkage(reason):
    words = np.select([reason == 1, reason == 2], ["unusable identifiers", "no match"], "matched")
    links = pd.DataFrame({"row": np.arange(len(reason)), "status": words})
    status = {word: int((words == word).sum()) for word in ("matched", "ambiguous", "no match", "unusable identifiers")}
    tiers = pd.DataFrame({"tier": ["exact"], "n_records": [status["matched"]]})
    return SimpleNamespace(links=links, by_status=lambda: status, by_tier=lambda: tiers, expected_wrong_links=0.5)
