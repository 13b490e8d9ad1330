"""What the trials say of the estimates, for a reader."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from ...document import Figure, Table
from ...numbers import number
from ...plots import forest_plot
from ..chance import level_of, share_bounds, z_of
from ..part import Answer, Check
from .data import AID, TRIAL_DOLLARS, TRIAL_SE, TRIALS
from .words import told

KEY = "trials"
QUESTION = "Do the estimates find what randomised trials found?"

NAMES = {"crude": "Unadjusted", "headline": "Headline", "classic": "Classic", "check": "Check"}
#: Checks of this part that rest on draws, and so share the chance of a false alarm.
N_OF_CHANCE = 9
#: Of the bias that choosing the controls brings, the share that may be left.
MAY_REMAIN = 0.25


def answer(results: Path) -> Answer:
    """The part's answer, from its folder of small tables."""
    about = json.loads((results / "about.json").read_text("utf-8"))
    ways, draws, estimators = (pd.read_csv(results / f"{name}.csv") for name in ("ways", "draws", "estimators"))
    ways = ways.assign(why_not=ways["why_not"].fillna("")).set_index(["trial", "way"])
    draws = draws.set_index(["cell", "estimator"])
    checks = (*_of_aid(ways, draws), *_of_draws(draws), *_of_training(ways))
    tables = (*(_ways_table(key, ways) for key in ("aid", "training")), _draws_table(draws), _all_table(estimators))
    figures = tuple(_picture(key, ways) for key in ("aid", "training"))
    return Answer(KEY, QUESTION, told(about, ways, draws, checks), checks, tables, figures)


def points(x: float, decimals: int = 1) -> str:
    """A share in percentage points."""
    return number(x, decimals, factor=100)


def spoken(row: pd.Series, name: str, unit: str) -> str:
    """``−8.8 (−17.1 to −0.4)``, percentage points or dollars."""
    values = [row[f"{name}_{k}"] for k in ("estimate", "ci_low", "ci_high")]
    first, low, high = (points(x) if unit == "share" else number(x) for x in values)
    return f"{first} ({low} to {high})"


def chosen(ways: pd.DataFrame, key: str) -> pd.Series:
    """The way that the ladder would publish."""
    of = ways.loc[key]
    return of[of["is_chosen"]].iloc[0]


def _of_aid(ways: pd.DataFrame, draws: pd.DataFrame) -> list[Check]:
    crude, best = ways.loc[("aid", "Unadjusted")], chosen(ways, "aid")
    shares = [crude["mean_treated"], crude["mean_control"]]
    se = (sum(p * (1 - p) / n for p, n in zip(shares, (crude["n_treated"], crude["n_control"]), strict=True))) ** 0.5
    low, high = (crude["classic_estimate"] + side * 1.959964 * se for side in (-1, 1))
    found = [round(100 * x, 1) for x in (*shares, crude["classic_estimate"], low, high)]
    agrees = found == list(AID.values())
    what = "{}% and {}%, {} ({} to {})"
    checks = [
        Check(
            "The trial of aid as published: the two shares of men arrested, the difference and its interval",
            what.format(*(number(x, 1) for x in found)),
            what.format(*(number(x, 1) for x in AID.values())),
            agrees,
            "" if agrees else "The bundled table is not the trial's.",
        )
    ]
    for name in ("headline", "classic", "check"):
        apart = best[f"{name}_estimate"] - crude["classic_estimate"]
        most = z_of(N_OF_CHANCE) * draws.loc[("by lot", name), "sd_from_crude"]
        holds = bool(abs(100 * apart) <= most)
        checks.append(
            Check(
                f"The trial of aid: {NAMES[name].lower()} less unadjusted, percentage points",
                points(apart),
                f"within ±{number(most, 1)}, as draws by lot vary",
                holds,
                "" if holds else "Adjustment moved a randomised comparison by more than chance does.",
            )
        )
    return [*checks, _holds_nothing(ways, "aid, before", "convictions before prison")]


def _holds_nothing(ways: pd.DataFrame, key: str, what: str) -> Check:
    best = chosen(ways, key)
    holds = bool(best["headline_ci_low"] <= 0 <= best["headline_ci_high"])
    values = [number(best[f"headline_{k}"], 2 if abs(best["headline_se"]) < 10 else 0) for k in ("ci_low", "ci_high")]
    trial = key.split(",")[0]
    why = "" if holds else "The groups differ in what came before: something is left that matching did not remove."
    claim = f"The trial of {trial}: the headline finds no difference in {what}, left out of the model"
    return Check(claim, f"{values[0]} to {values[1]}", "an interval that holds 0", holds, why)


def _of_draws(draws: pd.DataFrame) -> list[Check]:
    """Type I error on draws by lot; the bias left where controls were chosen."""
    checks = []
    for name in ("crude", "headline", "check"):
        row = draws.loc[("by lot", name)]
        low, high = share_bounds(int(row["n_draws"]), 0.05, level_of(N_OF_CHANCE))
        holds = bool(low <= row["rejected"] / 100 + 1e-9 and row["rejected"] / 100 - 1e-9 <= high)
        claim = (
            f"Men of the trial, a treatment that is none, by lot: false findings of the {NAMES[name].lower()} estimate"
        )
        why = "" if holds else "Its intervals are not what they say, among few and real people."
        allowed = f"{number(low, 1, factor=100)}% to {number(high, 1, factor=100)}%"
        checks.append(Check(claim, f"{number(row['rejected'], 1)}%", allowed, holds, why))
    crude, z = draws.loc[("controls chosen", "crude")], z_of(N_OF_CHANCE)
    seen = bool(abs(crude["bias"]) > z * crude["bias_mcse"])
    why = "" if seen else "With so few draws the test below would prove nothing."
    found = f"{number(crude['bias'], 1)} points"
    least = f"more than {number(z * crude['bias_mcse'], 1)} away from 0"
    checks.append(
        Check("Controls chosen by age and record: the unadjusted difference shows it", found, least, seen, why)
    )
    for name in ("headline", "check"):
        row = draws.loc[("controls chosen", name)]
        most = MAY_REMAIN * abs(crude["bias"]) + z * row["bias_mcse"]
        holds = bool(abs(row["bias"]) <= most)
        claim = f"Controls chosen by age and record: bias left in the {NAMES[name].lower()} estimate, points"
        allowed = f"within ±{number(most, 1)}: a quarter of the unadjusted one, and chance"
        why = "" if holds else "The estimate does not remove a bias whose causes it was given."
        checks.append(Check(claim, number(row["bias"], 1), allowed, holds, why))
    return checks


def _of_training(ways: pd.DataFrame) -> list[Check]:
    crude, best = ways.loc[("training", "Unadjusted")], chosen(ways, "training")
    misses = bool(not crude["classic_ci_low"] <= TRIAL_DOLLARS <= crude["classic_ci_high"])
    asked = f"an interval {{}} the trial's own {number(TRIAL_DOLLARS)}"
    why = "" if misses else "With nothing to remove, the comparison proves nothing."
    claim = "The trial of training: men who were not randomised are no comparison as they are"
    checks = [Check(claim, spoken(crude, "classic", "mean"), asked.format("without"), misses, why)]
    for name in ("headline", "check"):
        holds = bool(best[f"{name}_ci_low"] <= TRIAL_DOLLARS <= best[f"{name}_ci_high"])
        claim = f"The trial of training: the {NAMES[name].lower()} estimate of what would be published, dollars"
        why = "" if holds else "The trial's answer is missed."
        checks.append(Check(claim, spoken(best, name, "mean"), asked.format("with"), holds, why))
    return [*checks, _holds_nothing(ways, "training, before", "earnings in 1975")]


def _ways_table(key: str, ways: pd.DataFrame) -> Table:
    trial, rows = TRIALS[key], []
    for way, row in ways.loc[key].iterrows():
        is_crude = way == "Unadjusted"
        balance = "–" if is_crude else number(row["worst_smd"], 1, factor=100)
        people = f"{int(row['n_treated'])} / {int(row['n_control'])}" if not row["why_not"] else "–"
        had = () if row["why_not"] else ("classic",) if is_crude else ("headline", "classic", "check")
        cells = (spoken(row, name, trial.unit) if name in had else "–" for name in ("headline", "classic", "check"))
        rows.append((f"{way} (chosen)" if row["is_chosen"] else way, people, balance, *cells))
    what = "percentage points" if trial.unit == "share" else "dollars"
    caption = f"The trial of {key}: {trial.label.lower()}, in every way of comparing ({what}, 95% intervals)"
    columns = ("Way", "People compared", "Worst difference, per cent of an SD", "Headline", "Classic", "Check")
    note = "Chosen: the widest caliper that balances, as a request's would be. Above 10 per cent balance is red, and "
    note += "nothing is published. Overlap weights concern people who might be in either group, all others the treated."
    return Table(f"trial_of_{key}", caption, columns, tuple(rows), "lrrlll", note)


def _draws_table(draws: pd.DataFrame) -> Table:
    rows, groups = [], []
    titles = {"by lot": "The treated drawn by lot", "controls chosen": "Half of the others kept, by age and record"}
    for (cell, name), row in draws.iterrows():
        cells = (number(row[k], 1) for k in ("bias", "bias_mcse", "sd", "mean_se", "rejected"))
        rows.append((NAMES[name], f"{int(row['n_draws']):,}", *cells))
        groups.append(titles[cell])
    caption = "Men of the trial of aid with a treatment that is none: every difference found is false"
    columns = ("Estimate", "Draws", "Bias, points", "± Monte-Carlo error", "SD of estimates", "Mean SE")
    columns += ("False findings, per cent",)
    note = "False findings: p below 0.05; five per cent are right."
    return Table("trial_draws", caption, columns, tuple(rows), "lrrrrrr", note, tuple(groups))


def _all_table(estimators: pd.DataFrame) -> Table:
    """Every estimator of a difference, for both trials, on the way that would be published."""
    frame = estimators[(estimators["scale"] == "difference") & estimators["estimate"].notna()]
    by = {key: frame[frame["trial"] == key].set_index("name") for key in ("aid", "training")}
    rows = []
    for name, label in frame.drop_duplicates("name").set_index("name")["label"].items():
        cells = []
        for key in by:
            has = name in by[key].index
            row = by[key].loc[[name]].add_prefix("x_").iloc[0] if has else None
            cells.append(spoken(row, "x", TRIALS[key].unit) if has else "–")
        rows.append((str(label), *cells))
    caption = "Every estimator on the way that would be published, with 95% intervals"
    columns = ("Estimator", "Aid: arrests, points", "Training: earnings in 1978, dollars")
    note = f"The trials: {number(AID['difference'], 1)} points; {number(TRIAL_DOLLARS)} dollars (SE {TRIAL_SE:g})."
    return Table("trial_estimators", caption, columns, tuple(rows), "lrr", note)


def _picture(key: str, ways: pd.DataFrame) -> Figure:
    trial, crude = TRIALS[key], ways.loc[(key, "Unadjusted")]
    rows = []
    for way, row in ways.loc[key].iterrows():
        name = "classic" if way == "Unadjusted" else "headline"
        if not row["why_not"]:
            values = {k: row[f"{name}_{k}"] for k in ("estimate", "ci_low", "ci_high")}
            rows.append({"label": way, "is_headline": bool(row["is_chosen"])} | values)
    is_aid = key == "aid"
    of_trial = f"the trial's own {number(TRIAL_DOLLARS)} dollars"
    dotted = "the unadjusted difference of the randomised groups" if is_aid else of_trial
    return forest_plot(
        rows,
        unit=trial.unit,
        unit_words="" if is_aid else "dollars",
        reference=crude["classic_estimate"] if is_aid else TRIAL_DOLLARS,
        is_dense=is_aid,
        decimals=None if is_aid else 0,
        key=f"trial_of_{key}_ways",
        caption=f"The trial of {key}: {trial.label.lower()}, by way of comparing",
        note=f"Dotted: {dotted}. Filled: what would be published, the widest caliper that balances.",
        directions=("fewer arrests with aid", "more") if is_aid else ("lower earnings with training", "higher"),
    )
