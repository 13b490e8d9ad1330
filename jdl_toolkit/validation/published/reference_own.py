"""What the toolkit itself makes of the two tables that R was given: every figure by the path under which R's stands.

Where the toolkit offers R's way of matching and no scores are tied, its own match is used from the score on; elsewhere
R's weights, so that balance and estimators are still held against R's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ...balance.measures import measure_balance, spread_of
from ...hidden_bias import discordant_pairs, rosenbaum_mcnemar, rosenbaum_signed_rank
from ...inference import compare_times, estimate_all
from ...inference.abadie_imbens import nearest_neighbours
from ...inference.sandwich import difference_of_means
from ...inference.survival import kaplan_meier
from ...inference.time_to_event import log_hazard_ratio
from ...inference.weighted_t import Group, psmatch2
from ...matching import MatchedSample, nearest_pairs
from ...matching.design import expand_levels
from ...matching.overlap import concordance
from ...matching.propensity import fit_propensity
from ...prepared import Asked, PreparedTable, TableSpec, match_table, read_table, table_spec
from .line import DATA

TABLES = ("lalonde", "syn_small")
_EXACT = {"lalonde": "race", "syn_small": "sex"}
_KIND = {"lalonde": "mean", "syn_small": "share"}
_NEAREST = {"method": "nearest"}

#: Block of the reference -> settings of the toolkit's own match; None for its exact covariate, filled in by table.
OWN: dict[str, dict[str, Any]] = {
    "radius_logit_02sd": {"calipers": [0.2]},
    "radius_logit_005sd": {"calipers": [0.05]},
    "radius_odds_01": {"scale": "odds", "calipers": [0.01], "caliper_unit": "raw"},
    "radius_ps_01": {"scale": "probability", "calipers": [0.01], "caliper_unit": "raw"},
    "radius_ps_001": {"scale": "probability", "calipers": [0.001], "caliper_unit": "raw"},
    "radius_logit_02sd_exact": {"calipers": [0.2], "exact": None},
    "ipw_att": {"method": "ipw"},
    "ebal_att": {"method": "ebal"},
    "matchit_nn11": _NEAREST,
    "matchit_nn11_replace": _NEAREST | {"replace": True},
    "matchit_nn11_cal02": _NEAREST | {"calipers": [0.2]},
    "matchit_nn11_cal02_replace": _NEAREST | {"calipers": [0.2], "replace": True},
    "matchit_nn13": _NEAREST | {"ratio": 3},
    "matchit_nn15_cal02_replace": _NEAREST | {"ratio": 5, "calipers": [0.2], "replace": True},
    "matchit_nn11_exact": _NEAREST | {"exact": None},
    "matchit_nn11_closest": _NEAREST | {"order": "closest"},
}
#: R's name of a balance statistic -> ours.
BALANCE = {
    "mean_t": "mean_treatment", "mean_c": "mean_control", "smd_sd_treated": "smd_treated",
    "smd_sd_pooled": "smd_pooled", "var_ratio": "var_ratio", "ecdf_max": "ecdf_max", "ecdf_mean": "ecdf_mean",
}  # fmt: skip
_SUMMARY = {
    "Means Treated": "mean_treatment", "Means Control": "mean_control", "Std. Mean Diff.": "smd_treated",
    "Var. Ratio": "var_ratio", "eCDF Mean": "ecdf_mean", "eCDF Max": "ecdf_max",
}  # fmt: skip
#: R's name of an estimate -> estimator and part of it.
ESTIMATES = {
    "att": ("lm_HC0", "estimate"),
    "psmatch2_se_matched_controls": ("psmatch2", "se"),
    "svyglm_se": ("svyglm", "se"),
    "svyttest/p": ("svyglm", "p_value"),
    "svyttest/df": ("svyglm", "df"),
    "lm_se_cluster_HC1": ("lm_cluster", "se"),
    "lm_adj_att": ("lm_adj_HC1", "estimate"),
    "lm_adj_se_HC1": ("lm_adj_HC1", "se"),
    "lm_adj_se_HC3": ("lm_adj_HC3", "se"),
    "lm_lin_att": ("lm_lin_HC1", "estimate"),
    "lm_lin_se_HC3": ("lm_lin_HC3", "se"),
    "gcomp_logit_att": ("gcomp", "estimate"),
    "gcomp_logit_se_HC0": ("gcomp", "se"),
    "gcomp_logit_se_HC3": ("gcomp_HC3", "se"),
    "gcomp_logit_rr": ("gcomp_ratio", "estimate"),
    **{f"lm_se_{form}": (f"lm_{form}", "se") for form in ("HC0", "HC1", "HC2", "HC3")},
    **{
        f"t_{size}_{test}/{theirs}": (f"t_{size}_{test}", ours)
        for size in ("classic", "ess")
        for test in ("student", "welch")
        for theirs, ours in (("se", "se"), ("df", "df"), ("lo", "ci_low"), ("hi", "ci_high"), ("p", "p_value"))
    },
}
_ESTIMATORS = tuple(dict.fromkeys(name for name, _ in ESTIMATES.values()))

Found = Iterator[tuple[str, float | None]]


def reference(name: str) -> dict[str, Any]:
    """R's results for a table."""
    return json.loads((DATA / f"ref_{name}.json").read_text(encoding="utf-8"))


def units_of(name: str) -> pd.DataFrame:
    """R's score and weights, a row per person."""
    return pd.read_csv(DATA / f"units_{name}.csv.gz")


@dataclass(frozen=True)
class Recomputed:
    """A table of the reference, read and matched by the toolkit."""

    name: str

    @cached_property
    def r(self) -> dict[str, Any]:
        return reference(self.name)

    @cached_property
    def r_units(self) -> pd.DataFrame:
        return units_of(self.name)

    @cached_property
    def people(self) -> pd.DataFrame:
        return pd.read_csv(DATA / f"{self.name}.csv")

    @cached_property
    def table(self) -> PreparedTable:
        info = self.r["info"]
        return read_table(
            DATA / f"{self.name}.csv", Asked("treat", tuple(info["covariates"]), (info["outcome"],)), table_spec()
        )

    @cached_property
    def y(self) -> np.ndarray:
        return self.people[self.r["info"]["outcome"]].to_numpy(float)

    @cached_property
    def is_treated(self) -> np.ndarray:
        return self.people["treat"].to_numpy() == 1

    @cached_property
    def is_tied(self) -> bool:
        return self.r["info"]["n_unique_logit"] < len(self.people)

    @cached_property
    def spec(self) -> TableSpec:
        return table_spec().renamed(self.table.place_of)

    @cached_property
    def score(self):
        return fit_propensity(self.table.covariates, self.spec)

    @cached_property
    def columns(self) -> pd.DataFrame:
        """A column per number and per level, named as in R's balance."""
        columns, _ = expand_levels(self.table.covariates.units, {})
        names = self.table.names
        return columns.rename(
            columns=lambda c: "=".join([names[c.partition("=")[0]], *c.partition("=")[2:]]).rstrip("=")
        )

    def is_own(self, block: str) -> bool:
        """Whether the weights of a block are those of the toolkit's own match."""
        return block in OWN and not (self.is_tied and block.startswith("matchit_"))

    def settings(self, block: str) -> TableSpec:
        """The settings that ask for R's way of matching."""
        changes = OWN[block] | ({"exact": [_EXACT[self.name]]} if "exact" in OWN[block] else {})
        return table_spec(matching=changes)

    def sample(self, block: str) -> MatchedSample:
        """The toolkit's own match, or R's weights on the toolkit's score."""
        if self.is_own(block):
            return match_table(self.table, self.settings(block)).matched
        plain = self._radius
        weight = np.ones(len(self.y)) if block == "unadjusted" else self.r_units[block].to_numpy(float)
        return replace(plain, units=plain.units.assign(weight=weight), caliper_sd=None, caliper_raw=None)

    @cached_property
    def _radius(self) -> MatchedSample:
        return match_table(self.table, self.settings("radius_logit_02sd")).matched

    # --- by section of R's results -----------------------------------------------------------------------------------

    def figures(self, blocks: tuple[str, ...] | None = None) -> Found:
        """Every figure that the toolkit has, by R's path; `blocks`: of these alone."""
        for block, held in self.r.items():
            if not isinstance(held, dict) or (blocks is not None and block not in blocks):
                continue
            if "estimates" in held:
                yield from ((f"{block}/{path}", value) for path, value in self._block(block))
            elif block.startswith("ai_match"):
                yield from ((f"{block}/{path}", value) for path, value in self._neighbours(block))
        if blocks is None:
            yield from self._score()
            yield from self._others()

    def weights(self, blocks: tuple[str, ...] | None = None) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
        """Name of a column of R's file by person, ours, R's; scores, weights and numbers of comparable controls."""
        yield "ps", self.score.score, self.r_units["ps"].to_numpy(float)
        yield "logit_ps", self.score.logit, self.r_units["logit_ps"].to_numpy(float)
        for block in OWN:
            if not self.is_own(block) or (blocks is not None and block not in blocks):
                continue
            units = self.sample(block).units
            yield block, units["weight"].to_numpy(float), self.r_units[block].to_numpy(float)
            if f"{block}_k" in self.r_units:
                t = self.is_treated
                counted = self.r_units[f"{block}_k"].fillna(0).to_numpy(float)
                yield f"{block}_k", units["n_matches"].to_numpy(float)[t], counted[t]

    def _block(self, block: str) -> Found:
        held, matched = self.r[block], self.sample(block)
        weight = matched.units["weight"].to_numpy(float)
        yield from self._balance(block, weight)
        yield from self._estimates(block, matched)
        served = weight > 0
        if "sum_w2" in held:
            k = matched.units["n_matches"].to_numpy()[self.is_treated & served]
            yield from (("k_min", k.min()), ("k_median", np.median(k)), ("k_max", k.max()))
            w = weight[~self.is_treated]
            yield from (("sum_w", w.sum()), ("sum_w2", (w**2).sum()), ("caliper", matched.caliper_raw))
            yield "n_treated_matched", matched.n_treatment_matched
            yield "n_treated_unmatched", len(matched.unmatched_treated)
            yield "n_control_used", matched.n_control
            everybody = Group(self.y[~self.is_treated], w)
            treated = Group(self.y[self.is_treated & served], weight[self.is_treated & served])
            yield "psmatch2_se_all_controls", psmatch2(treated, everybody, 0.95)["se"]
        if block in OWN and block.startswith("matchit_"):
            yield from self._pairs(block)

    def _balance(self, block: str, weight: np.ndarray) -> Found:
        held = self.r[block]
        columns = self.columns
        if "balance" in held:
            (found,) = measure_balance(columns, self.is_treated, weight)
            for name, row in zip(columns.columns, found.to_dict("records"), strict=True):
                yield from ((f"balance/{name}/{theirs}", row[ours]) for theirs, ours in BALANCE.items())
        if held.get("matchit_summary"):
            wide = columns.rename(columns=lambda c: c.replace("=", "")).assign(distance=self.score.logit)
            (found,) = measure_balance(wide, self.is_treated, weight)
            for name, row in zip(wide.columns, found.to_dict("records"), strict=True):
                yield from ((f"matchit_summary/{name}/{theirs}", row[ours]) for theirs, ours in _SUMMARY.items())

    def _estimates(self, block: str, matched: MatchedSample) -> Found:
        units = self.r_units
        sets = units[f"{block}_subclass"].to_numpy() if f"{block}_subclass" in units else None
        names = [n for n in _ESTIMATORS if (n != "lm_cluster" or sets is not None) and self._is_wanted(block, n)]
        rows = estimate_all(self.y, matched.design, matched, _KIND[self.name], self.spec, names, sets=sets)
        rows = rows.set_index("name")
        for path, (name, part) in ESTIMATES.items():
            if name in rows.index:
                value = rows.loc[name, part]
                yield f"estimates/{path}", None if pd.isna(value) else float(value)
        weight, t = matched.units["weight"].to_numpy(float), self.is_treated
        groups = [Group(self.y[who & (weight > 0)], weight[who & (weight > 0)]) for who in (t, ~t)]
        yield from ((f"estimates/mean_{n}", g.mean) for n, g in zip(("treated", "control"), groups, strict=True))
        yield from ((f"estimates/ess_{n}", g.effective_n) for n, g in zip(("treated", "control"), groups, strict=True))
        yield from ((f"estimates/n_{n}", g.n) for n, g in zip(("treated", "control"), groups, strict=True))
        yield "estimates/sum_w0", weight[~t].sum()
        yield "estimates/svyttest/t", float(rows.loc["svyglm", "estimate"] / rows.loc["svyglm", "se"])
        if sets is not None and "lm_se_cluster_HC0_nocadjust" in self.r[block]["estimates"]:
            ordered = np.concatenate([sets[t & (weight > 0)], sets[~t & (weight > 0)]])
            se, _ = difference_of_means(*groups).clustered(ordered, adjust=False)
            yield "estimates/lm_se_cluster_HC0_nocadjust", se

    def _is_wanted(self, block: str, name: str) -> bool:
        """Standardisation is slow, and R's are not there for every block."""
        return not name.startswith("gcomp") or "gcomp_logit_att" in self.r[block]["estimates"]

    def _pairs(self, block: str) -> Found:
        matching = self.settings(block).matching
        exact = pd.factorize(self.people[_EXACT[self.name]])[0] if matching.exact else None
        caliper = match_table(self.table, self.settings(block)).matched.caliper_raw
        order = str(matching.order)
        how = (self.is_treated, matching.ratio, matching.replace, caliper, exact, order)
        t, c, share = nearest_pairs(self.score.logit, *how)
        distance = np.abs(self.score.logit[t] - self.score.logit[c])
        if matching.calipers:
            yield "caliper_raw/distance", caliper
        if matching.ratio == 1 or not self.is_tied:
            yield "pairs/max_abs_logit", distance.max()
            total = distance @ share if matching.ratio == 1 else distance.sum()
            n = share.sum() if matching.ratio == 1 else len(t)
            yield from (("pairs/total_abs_logit", total), ("pairs/mean_abs_logit", total / n), ("pairs/n_pairs", n))
        if not self.is_tied:
            yield "pairs/n_distinct_controls", len(np.unique(c))

    def _neighbours(self, block: str) -> Found:
        held = self.r[block]
        choices: dict[str, Any] = {}
        if "caliper_raw" in held:
            choices = {"caliper": held["caliper_raw"]}
            yield "caliper_raw", self._radius.caliper_raw
        if "Z" in held:
            parts = [name.partition("=") for name in held["Z"]]
            x = [self.people[c] == level if level else self.people[c] for c, _, level in parts]
            choices = {"x": np.column_stack(x) * 1.0}
        n = int(block.split("_M")[1][0])
        found = nearest_neighbours(self.y, self.is_treated, self.score.logit, n, dropped_count=True, **choices)
        yield from (("est", found.value), ("se", found.se), ("ndrops", found.n_dropped))
        yield from (("nobs_unweighted_pairs", found.n_pairs), ("wnobs", self.is_treated.sum() - found.n_dropped))

    def _score(self) -> Found:
        logit, score, t = self.score.logit, self.score.score, self.is_treated
        yield from (("info/n_treated", t.sum()), ("info/n_control", (~t).sum()))
        # equal rows have equal scores but for the last digit
        yield "info/n_unique_logit", len(np.unique(logit.round(9)))
        yield "info/n_unique_logit_control", len(np.unique(logit[~t].round(9)))
        beta = self.score.coefficients
        names = [self.table.in_names(term).replace("=", "") for term in beta["term"]]
        yield from ((f"propensity/coef/{n}", b) for n, b in zip(names, beta["estimate"], strict=True))
        z = np.column_stack([np.ones(len(t)), self.score.matrix])
        information = z.T @ (z * (score * (1 - score))[:, None])
        yield from (
            (f"propensity/se/{n}", e) for n, e in zip(names, np.sqrt(np.diag(np.linalg.inv(information))), strict=True)
        )
        share = t.mean()
        yield "propensity/null_deviance", -2 * len(t) * (share * np.log(share) + (1 - share) * np.log(1 - share))
        likelihood = float(np.log(np.where(t, score, 1 - score)).sum())
        yield from (("propensity/logLik", likelihood), ("propensity/deviance", -2 * likelihood))
        yield "propensity/auc", concordance(logit[t], logit[~t])
        yield "propensity/sd_logit_all", self._radius.caliper_raw / self._radius.caliper_sd
        by_score = match_table(self.table, table_spec(matching={"scale": "probability", "calipers": [0.2]})).matched
        yield "propensity/sd_ps_all", by_score.caliper_raw / by_score.caliper_sd
        pooled = spread_of(pd.DataFrame({"logit": logit, "ps": score}), t).pooled
        yield from (("propensity/sd_logit_pooled", pooled[0]), ("propensity/sd_ps_pooled", pooled[1]))

    def _others(self) -> Found:
        rows = estimate_all(
            self.y, self._radius.design, self._radius, _KIND[self.name], self.spec, ["aipw", "aipw_plain"]
        ).set_index("name")
        for name, (value, se) in {"aipw": ("att_hajek", "se_if_hajek"), "aipw_plain": ("att", "se_if")}.items():
            yield f"aipw_att/{value}", rows.loc[name, "estimate"]
            yield f"aipw_att/{se}", rows.loc[name, "se"]
        yield from self._cobalt()
        yield from self._hidden_bias()
        if "survival_radius_logit_02sd" in self.r:
            yield from ((f"survival_radius_logit_02sd/{k}", v) for k, v in self._survival())

    def _cobalt(self) -> Found:
        weights = np.ones(len(self.y)), self._radius.units["weight"].to_numpy(float)
        columns, is_binary = self.columns, spread_of(self.columns, self.is_treated).binary
        for suffix, found in zip(("Un", "Adj"), measure_balance(columns, self.is_treated, *weights), strict=True):
            for name, row, binary in zip(columns.columns, found.to_dict("records"), is_binary, strict=True):
                at = f"cobalt_radius_logit_02sd/{name.replace('=', '_')}"
                yield f"{at}/Diff.{suffix}", row["smd_treated"]
                yield f"{at}/V.Ratio.{suffix}", row["var_ratio"]
                yield f"{at}/KS.{suffix}", row["ecdf_max"]
                if binary:  # two shares overlap in all but their difference, as their distributions are apart
                    yield f"{at}/OVL.{suffix}", row["ecdf_max"]

    def _r_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Outcomes of both sides of R's pairs within the caliper."""
        units = pd.DataFrame({"t": self.is_treated, "y": self.y, "pair": self.r_units["matchit_nn11_cal02_subclass"]})
        sides = units.dropna(subset="pair").pivot(index="pair", columns="t", values="y")
        return sides[True].to_numpy(), sides[False].to_numpy()

    def _hidden_bias(self) -> Found:
        treated, control = self._r_pairs()
        if held := self.r.get("rosenbaum_mcnemar"):
            up, down = discordant_pairs(treated, control)
            yield from (("rosenbaum_mcnemar/treated_only", up), ("rosenbaum_mcnemar/control_only", down))
            found = rosenbaum_mcnemar(up, down, held["gamma"]).table
            for name in ("p_upper_increase", "p_lower_increase", "p_upper_decrease", "p_lower_decrease"):
                yield from ((f"rosenbaum_mcnemar/{name}/{i}", p) for i, p in enumerate(found[name]))
        if held := self.r.get("rosenbaum_wilcoxon"):
            yield "rosenbaum_wilcoxon/pairs", len(treated)
            found = rosenbaum_signed_rank(treated - control, [row["Gamma"] for row in held["psens"]]).table
            for i, row in enumerate(found.itertuples()):
                yield f"rosenbaum_wilcoxon/psens/{i}/Upper bound", row.p_upper_increase
                yield f"rosenbaum_wilcoxon/psens/{i}/Lower bound", row.p_lower_increase

    def _survival(self) -> Found:
        matched, people = self._radius, self.people
        weight, t = matched.units["weight"].to_numpy(float), self.is_treated
        time, event = people["time"].to_numpy(float), people["event"].to_numpy() == 1
        groups = [(time[who], event[who], weight[who]) for who in (t & (weight > 0), ~t & (weight > 0))]
        cox = log_hazard_ratio(*groups)
        yield from (("cox_loghr", cox.value), ("cox_robust_se", cox.robust_se), ("cox_naive_se", cox.naive_se))
        held = self.r["survival_radius_logit_02sd"]["km"]
        days = np.array(sorted({row["time"] for row in held}))
        curves = {f"t={i}": kaplan_meier(*groups[1 - i], days, 0.95).set_index("day") for i in (0, 1)}
        for i, row in enumerate(held):
            yield f"km/{i}/surv", curves[row["stratum"]].loc[row["time"], "survival"]
            yield f"km/{i}/se", curves[row["stratum"]].loc[row["time"], "se"]
        means = compare_times(time, event, matched, self.spec, 365.0).set_index("measure")
        yield "rmst365_diff", means.loc["rmst", "estimate"]
        counts = people["nreoff"].to_numpy(float)
        rates = estimate_all(
            counts, matched.design, matched, "count", self.spec, ["rate_ratio", "rate_ratio_HC3"]
        ).set_index("name")
        yield "quasipoisson_log_rr", np.log(rates.loc["rate_ratio", "estimate"])
        yield "quasipoisson_se_HC0", rates.loc["rate_ratio", "se"]
        yield "quasipoisson_se_HC3", rates.loc["rate_ratio_HC3", "se"]
        for suffix, who in (("t", t & (weight > 0)), ("c", ~t & (weight > 0))):
            yield f"mean_count_{suffix}", Group(counts[who], weight[who]).mean
