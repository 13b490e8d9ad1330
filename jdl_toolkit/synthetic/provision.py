"""The parts of an invented service: who provides it, which part people receive, how many hours; and what it does."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Provider -> shares of people on court orders, and of people in prison.
PROVIDERS: dict[str, tuple[float, float]] = {
    "Harbour Trust": (0.30, 0.40),
    "Northgate Partnership": (0.23, 0.25),
    "Step Forward": (0.18, 0.20),
    "Fairway Enterprise": (0.14, 0.0),
    "Second Chance Network": (0.11, 0.15),
    "Lantern House": (0.03, 0.0),
    "Kestrel Works": (0.04, 0.0),
}
#: Who serves most of those who start late and many whose last disposal was another: few of its people can be analysed.
OUTREACH, OUTREACH_SHARES = "Lantern House", {"started late": 0.8, "other disposal": 0.4}
#: Part of the service -> share, by route.
INTERVENTIONS: dict[str, dict[str, float]] = {
    "community": {"Mentoring": 0.45, "Employment support": 0.35, "Housing advice": 0.20},
    "custody": {"Through the gate": 0.65, "Prison workshop": 0.35},
}
#: Hours received: log-normal, whole, at least one; missing on some records, written with their unit on others.
MEDIAN_HOURS, HOURS_SPREAD, SHARE_WITHOUT_HOURS, SHARE_WITH_UNIT = 19.0, 0.7, 0.05, 0.08
#: Records on which a value is written in capitals, or with stray spaces.
SHARE_CAPITALS, SHARE_SPACES = 0.03, 0.02

HIGH_INTENSITY = 20
#: True effect, in percentage points, by route and intensity; nothing where it is not listed.
EFFECT_PP = (("custody", "high", -12.0), ("custody", "low", -4.0))


def add_parts(rng: np.random.Generator, served: pd.DataFrame) -> pd.DataFrame:
    """Add provider, intervention_type, intensity (hours) and band (high, low; on orders also not given) to each record.

    None of them depends on what people did afterwards. Records of one person have the same.
    """
    first = served.drop_duplicates("person_id").reset_index(drop=True)
    inside = first["route"].eq("custody").to_numpy()
    names, shares = np.array(list(PROVIDERS), dtype=object), np.array(list(PROVIDERS.values()))
    on_orders, in_prison = (_pick(rng, names, share, len(first)) for share in shares.T)
    outreach = rng.random(len(first)) < first["verdict"].map(OUTREACH_SHARES).fillna(0)
    kinds = {
        route: _pick(rng, np.array(list(parts), dtype=object), np.array(list(parts.values())), len(first))
        for route, parts in INTERVENTIONS.items()
    }
    hours = np.maximum(np.rint(MEDIAN_HOURS * np.exp(rng.normal(0, HOURS_SPREAD, len(first)))), 1)
    # Prisons keep attendance. Where hours were missing, no band of few remaining people could be shown.
    hours[(rng.random(len(first)) < SHARE_WITHOUT_HOURS) & ~inside] = np.nan
    parts = pd.DataFrame(
        {
            "person_id": first["person_id"],
            "provider": np.where(outreach, OUTREACH, np.where(inside, in_prison, on_orders)),
            "intervention_type": np.where(inside, kinds["custody"], kinds["community"]),
            "intensity": hours,
            "band": np.select([np.isnan(hours), hours >= HIGH_INTENSITY], ["not given", "high"], "low"),
        }
    )
    return served.merge(parts, on="person_id", how="left")


def vary_spelling(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """Ways of writing that change no value: capitals and stray spaces, hours with their unit."""
    written, n = rows.copy(), len(rows)
    for column in ("provider", "intervention_type", "region"):
        text = rows[column].astype(object)
        text = text.mask(rng.random(n) < SHARE_CAPITALS, text.str.upper())
        written[column] = text.mask(rng.random(n) < SHARE_SPACES, " " + text + "  ")
    hours = rows["intensity"].astype(object).where(rows["intensity"].notna(), None)
    with_unit = hours.map(lambda number: f"{number:.0f} hrs", na_action="ignore")
    return written.assign(intensity=hours.mask(rng.random(n) < SHARE_WITH_UNIT, with_unit))


def _pick(rng: np.random.Generator, names: np.ndarray, shares: np.ndarray, n: int) -> np.ndarray:
    return rng.choice(names, n, p=shares / shares.sum())
