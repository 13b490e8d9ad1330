"""The settings of a match on a prepared table: the toolkit's defaults, but for what R does otherwise.

A `TableSpec` has the sections of a request's specification that matching and what follows it read, by the same names,
so that the stages' own functions run on it as they do in a notebook.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import JDLError
from ..spec import (
    Balance,
    Count,
    Disclosure,
    Inference,
    Matching,
    Method,
    Model,
    Power,
    PropensityModel,
    Robustness,
    lab_resources,
    merge,
    read_yaml,
    validate,
)
from .files import is_there, shown

#: A prepared table says itself which levels its covariates have, and R joins none: every one enters as it is. What may
#: be published of it is for its owner to know. The placebo of a register is a column of the register.
AS_PREPARED = {
    "covariates": {"merge_levels_below": 0},
    "matching": {"calipers": [], "fallback": "none"},
    "robustness": {"placebo": None},
    "disclosure": {"minimum_group": 2},
}

#: Options that only some methods use.
_OF_METHODS = {
    "caliper": (Method.radius, Method.nearest),
    "caliper_unit": (Method.radius, Method.nearest),
    "ratio": (Method.nearest,),
    "replace": (Method.nearest,),
    "order": (Method.nearest,),
}


class TableSpec(Model):
    """Every choice that applies to a match on a prepared table; sections as in `spec.RequestSpec`."""

    seed: Count
    covariates: PropensityModel
    matching: Matching
    balance: Balance
    inference: Inference
    power: Power
    robustness: Robustness
    disclosure: Disclosure

    def to_dict(self) -> dict[str, Any]:
        """The specification as plain values."""
        return self.model_dump(mode="json")

    def variant(self, **changes: Any) -> TableSpec:
        """A copy with other choices, section by section."""
        return validate(merge(self.to_dict(), changes), "a variant", TableSpec)

    with_ = variant

    def renamed(self, name_of: Callable[[str], str]) -> TableSpec:
        """A copy in which covariates go by the names that `name_of` gives them."""

        def all_of(names: tuple[str, ...]) -> list[str]:
            return [name_of(name) for name in names]

        model, matching, balance = self.covariates, self.matching, self.balance
        return self.variant(
            covariates={
                "splines": all_of(model.splines),
                "interactions": [all_of(pair) for pair in model.interactions],
            },
            matching={"exact": all_of(matching.exact)},
            balance={"interactions": [all_of(pair) for pair in balance.interactions]},
        )

    @property
    def covariates_named(self) -> dict[str, tuple[str, ...]]:
        """The covariates that settings name, by the setting."""
        return {
            "splines": self.covariates.splines,
            "interactions": tuple(name for pair in self.covariates.interactions for name in pair),
            "exact": self.matching.exact,
            "balance.interactions": tuple(name for pair in self.balance.interactions for name in pair),
        }


def table_spec(settings: Path | None = None, **changes: dict[str, Any]) -> TableSpec:
    """The toolkit's defaults for a prepared table, a file of settings laid over them, and `changes` over both.

    A lab's own defaults play no part: a table gives the same results wherever the command is run.

    Parameters
    ----------
    settings : Path, optional
        A YAML file with any of the sections of a `TableSpec`.
    **changes
        Sections and the keys to change in them.

    Raises
    ------
    JDLError
        With every setting that is unknown or wrong.
    """
    shipped = read_yaml(lab_resources() / "parameters" / "defaults.yml")
    base = {name: shipped[name] for name in TableSpec.model_fields}
    known = PropensityModel.model_fields
    base["covariates"] = {k: v for k, v in base["covariates"].items() if k in known}
    base = merge(base, AS_PREPARED)
    where = "jdl match"
    if settings is not None:
        where = settings.name
        if not is_there(settings, "--settings") and not settings.parent.is_dir():
            raise JDLError("there is no such folder", f"--settings, {shown(settings.parent)}", "check the path")
        base = merge(base, read_yaml(settings))
    values = merge(base, changes)
    if values["matching"].get("method") == Method.radius and not values["matching"].get("calipers"):
        usual = shipped["matching"]  # the widest rung of the ladder that a request would climb
        values["matching"] |= {"calipers": [max(usual["calipers"])], "caliper_unit": usual["caliper_unit"]}
    return validate(values, where, TableSpec)


def without_use(method: str, given: dict[str, Any]) -> list[str]:
    """A message for each option that was given and that the method does not use.

    Parameters
    ----------
    given : dict
        Option -> value; None or False where it was not given.
    """
    usual = table_spec().matching  # who names the default asks for nothing that could be missed
    return [
        f"--{name.replace('_', '-')} has no use with {method} and was ignored."
        for name, methods in _OF_METHODS.items()
        if given.get(name) not in (None, False, getattr(usual, name, None)) and method not in methods
    ]
