"""The controls of the panel: one widget for each choice, and the specification that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets

from ..balance.changes import setting_of
from ..errors import JDLError
from ..matching.match import WITH_CALIPER
from ..spec import CaliperUnit, CommonSupport, Covariate, Fallback, Method, RequestSpec

#: Ways of matching, as they stand in the list.
METHODS = {
    "Radius matching": Method.radius,
    "Nearest neighbours": Method.nearest,
    "Inverse-odds weights": Method.ipw,
    "Overlap weights": Method.overlap,
    "Entropy balancing": Method.ebal,
}

#: Covariates under the headings that they stand under.
GROUPS: dict[str, tuple[Covariate, ...]] = {
    "Who they are": (
        Covariate.age,
        Covariate.age_squared,
        Covariate.sex,
        Covariate.ethnicity,
        Covariate.nationality,
        Covariate.region,
    ),
    "Offending before": (
        Covariate.age_first_offence,
        Covariate.copas_rate,
        Covariate.previous_offences,
        Covariate.previous_convictions,
        Covariate.previous_custody,
        Covariate.previous_by_group,
        Covariate.previous_by_each_group,
        Covariate.offences_last_two_years,
        Covariate.years_since_last_offence,
    ),
    "Index offence and disposal": (
        Covariate.index_offence_group,
        Covariate.index_severity,
        Covariate.index_disposal,
        Covariate.release_type,
        Covariate.sentence_band,
        Covariate.index_year,
        Covariate.index_quarter,
    ),
    "Work, benefits and needs": (
        Covariate.employed,
        Covariate.employed_share,
        Covariate.on_benefit,
        Covariate.benefit_share,
        Covariate.needs,
        Covariate.extra,
    ),
}

#: Where the hand was last: what cannot be made is said there.
MATCHING, COVARIATES, EXACT, COMPARED = "matching", "covariates", "exact", "compared"

FALLBACK_OFF = (
    "As soon as anything about matching is changed here, that is shown as it is, balanced or not: the request's "
    "fallback to entropy balancing is off. It stays on for other covariates and for subgroups."
)

#: Instead of a subgroup: a list with None in it shows nothing.
EVERYBODY = ""

_BESIDE = {"description_width": "72px"}


def two_digits(value: float) -> float:
    """A caliper as it is set by hand: at two significant digits."""
    return float(f"{value:.2g}")


class Controls:
    """Every choice as a widget, in the state that the request asks for.

    Parameters
    ----------
    requested : RequestSpec
        Of the analysis.
    covariates : mapping
        Covariates that the register can give -> label.
    exact : mapping
        Columns that people can be made to agree in -> label.
    subgroups : mapping
        Name -> label.
    not_offered : str
        A sentence on covariates that the register cannot give.
    """

    def __init__(
        self,
        requested: RequestSpec,
        covariates: Mapping[str, str],
        exact: Mapping[str, str],
        subgroups: Mapping[str, str],
        not_offered: str = "",
    ) -> None:
        self.requested = requested
        own, rungs = requested.matching, ", ".join(f"{c:g}" for c in requested.matching.calipers)
        self.caliper = widgets.FloatLogSlider(
            value=0.1, base=10, min=-2, max=0, step=0.1, description="Caliper", readout_format=".2g",
            continuous_update=False, layout=_full(), style=_BESIDE,
            tooltip="How far apart two propensity scores may lie, in standard deviations, for people to be compared.",
        )  # fmt: skip
        unit = "" if own.caliper_unit is CaliperUnit.sd else f" on the {own.scale}"
        asked = f"as requested: the widest of {rungs}{unit} that balances" if rungs else "as requested: none"
        self.caliper_as_requested = _box(asked, "Use the request's own calipers, from the widest down.")
        self.method = widgets.Dropdown(
            options=METHODS, description="Method", layout=_full(), style=_BESIDE,
            tooltip="How treated people and the control pool are made comparable.",
        )  # fmt: skip
        self.ratio = widgets.BoundedIntText(
            min=1, max=50, description="Controls for each", style={"description_width": "initial"},
            tooltip="Nearest matching: how many controls each treated person gets.",
        )  # fmt: skip
        self.replace = _box("a control may serve several", "Nearest matching with replacement.")
        self.common_support = _box(
            "common support only", "Leave out people whose score lies beyond all of the other group."
        )
        self.trim = widgets.FloatSlider(
            min=0, max=0.1, step=0.005, description="Trimming", readout_format=".3f", continuous_update=False,
            layout=_full(), style=_BESIDE,
            tooltip="Leave out people whose probability is below this, or above one less this. 0: nobody.",
        )  # fmt: skip
        self.covariates = {name: _box(label, f"Whether the score knows: {label}") for name, label in covariates.items()}
        self.exact = {name: _box(label, f"Compare only people who agree in: {label}") for name, label in exact.items()}
        self.subgroup = widgets.Dropdown(
            options=[("Everybody", EVERYBODY), *((label, name) for name, label in subgroups.items())],
            description="Subgroup", layout=_full(), style=_BESIDE, tooltip="Match these people within themselves.",
        )  # fmt: skip
        self.measure, self.estimator = (
            widgets.Dropdown(
                options=[("once the outcomes are open", "")],
                description=name,
                layout=_full(),
                style=_BESIDE,
                disabled=True,
                tooltip=tooltip,
            )  # fmt: skip
            for name, tooltip in (
                ("Measure", "Which outcome is compared. Can be chosen once the outcomes are open."),
                ("Estimator", "How the difference is estimated. Can be chosen once the outcomes are open."),
            )
        )
        self.all_covariates = _button("All", "Tick every covariate that the register can give.")
        self.own_covariates = _button("As requested", "Tick the covariates that the request asks for.")
        self.fit = _button("Fit again", "Fit the propensity score with the covariates that are ticked.", "primary")
        self.all_covariates.on_click(lambda _: self._tick(self.covariates))
        self.own_covariates.on_click(lambda _: self._tick(requested.covariates.use))
        self.caliper.observe(self._by_hand, "value")
        self.method.observe(self._offer, "value")
        self.used, self.hand = widgets.HTML(), MATCHING
        self.faults = {place: widgets.HTML() for place in (MATCHING, COVARIATES, EXACT, COMPARED)}
        self.not_offered = widgets.HTML(f'<p class="jdl-small">{escape(not_offered)}</p>' if not_offered else "")
        self._is_showing = False
        self.show(requested, None)

    def show(self, spec: RequestSpec, subgroup: str | None) -> None:
        """Set every control to what a specification says."""
        self._is_showing = True
        try:
            own = spec.matching
            self.caliper_as_requested.value = own.calipers == self.requested.matching.calipers
            if own.calipers and own.caliper_unit is CaliperUnit.sd:
                self.caliper.value = min(max(max(own.calipers), 0.01), 1)
            self.method.value, self.ratio.value, self.replace.value = own.method, own.ratio, own.replace
            self.common_support.value, self.trim.value = own.common_support is CommonSupport.range, own.trim
            for name, box in self.exact.items():
                box.value = name in own.exact
            self._tick(spec.covariates.use)
            self.subgroup.value = subgroup or EVERYBODY
            self._offer()
        finally:
            self._is_showing = False

    def offer_outcomes(self, measures: Mapping[str, str], estimators: Mapping[str, str]) -> None:
        """Let measure and estimator be chosen, now that the outcomes are open; each is key -> label."""
        self._is_showing = True
        for control, found in ((self.measure, measures), (self.estimator, estimators)):
            control.options = [(label, key) for key, label in found.items()]
            control.index, control.disabled = 0, False
        self._is_showing = False

    def watch(self, changed: Callable[[], None], ticked: Callable[[], None]) -> None:
        """Call `changed` after a change that is shown at once, and `ticked` after one that asks for a new fit."""
        places = {box: EXACT for box in self.exact.values()} | dict.fromkeys((self.measure, self.estimator), COMPARED)

        def moved(change: Any) -> None:
            if not self._is_showing:
                self.hand = places.get(change["owner"], MATCHING)
                changed()

        for one in self._at_once():
            one.observe(moved, "value")
        for one in self.covariates.values():
            one.observe(lambda _: None if self._is_showing else ticked(), "value")

    def tell_caliper(self, matched: Any, fell_back: bool) -> None:
        """Say which caliper a look came to; where the request's own are used, the slider stands at it."""
        used = matched.caliper_sd
        told = "no caliper: entropy balancing took the place" if fell_back else f"caliper {used:g}" if used else ""
        as_requested = self.caliper_as_requested.value and self.method.value in WITH_CALIPER
        self.used.value = f'<p class="jdl-small">This look uses {told}.</p>' if told and as_requested else ""
        if used and as_requested:
            self._is_showing, before = True, self._is_showing
            self.caliper.value = min(max(used, 0.01), 1)
            self._is_showing = before

    def tell_fault(self, html: str) -> None:
        """Say beside the control that was moved last what cannot be made; "" takes it back everywhere."""
        for place, note in self.faults.items():
            note.value = html if place == self.hand else ""

    @property
    def use(self) -> tuple[str, ...]:
        """Covariates that are ticked, in the request's order; beside them, those that are not offered as requested."""
        if not any(box.value for box in self.covariates.values()):
            return ()
        own = [str(c) for c in self.requested.covariates.use]
        kept = [name for name in own if name not in self.covariates or self.covariates[name].value]
        return (*kept, *(name for name, box in self.covariates.items() if box.value and name not in own))

    def spec(self, use: Iterable[str]) -> RequestSpec:
        """What is set, with these covariates; the request's own specification if nothing is set otherwise.

        Raises
        ------
        JDLError
            If it cannot be: no covariate is ticked, say.
        """
        if not list(use):
            raise JDLError("no covariate is ticked", "Covariates", "tick at least one covariate, then press Fit again")
        changes = {"matching": self._matching(), "covariates": self._covariates(list(use))}
        changes = {section: keys for section, keys in changes.items() if keys}
        return self.requested.with_(**changes) if changes else self.requested

    def boxes(self) -> list[widgets.Widget]:
        """The controls in the order in which they are reached by the tab key."""
        self.of_nearest = widgets.VBox([self.ratio, self.replace])
        chosen = widgets.HBox([self.all_covariates, self.own_covariates])
        ticked = [_heading(one) if isinstance(one, str) else one for one in self._grouped()]
        inside = [chosen, *ticked, self.not_offered, self.fit, self.faults[COVARIATES]]
        fit = _of_list("Covariates", inside, "What the propensity score knows of people.")
        exact = _of_list(
            "Exact agreement", [*self.exact.values(), self.faults[EXACT]], "Compare only people who agree in these."
        )
        is_on = self.requested.matching.fallback is Fallback.ebal
        fallback = [widgets.HTML(f'<p class="jdl-small">{FALLBACK_OFF}</p>')] if is_on else []
        self._offer()
        return [
            _heading("Who is compared"),
            self.method,
            self.caliper,
            self.caliper_as_requested,
            self.used,
            self.of_nearest,
            self.trim,
            self.common_support,
            self.subgroup,
            self.faults[MATCHING],
            *fallback,
            *fit,
            *exact,
            _heading("What is compared"),
            self.measure,
            self.estimator,
            self.faults[COMPARED],
        ]

    def _grouped(self) -> Iterator[str | widgets.Widget]:
        for title, members in GROUPS.items():
            shown = [self.covariates[name] for name in members if name in self.covariates]
            if shown:
                yield title
                yield from shown

    def _at_once(self) -> list[widgets.ValueWidget]:
        own = [self.caliper, self.caliper_as_requested, self.method, self.ratio, self.replace, self.common_support]
        return [*own, self.trim, self.subgroup, self.measure, self.estimator, *self.exact.values()]

    def _matching(self) -> dict[str, Any]:
        own = self.requested.matching
        support = CommonSupport.range if self.common_support.value else CommonSupport.none
        exact = [name for name, box in self.exact.items() if box.value]
        said: dict[str, Any] = {
            "method": self.method.value,
            "trim": round(self.trim.value, 4),
            "common_support": support,
        }
        if set(exact) != set(own.exact):
            said["exact"] = exact
        if self.method.value is Method.nearest:
            said |= {"ratio": self.ratio.value, "replace": self.replace.value}
        if self.method.value in WITH_CALIPER and not self._keeps_calipers():
            said |= {"calipers": [two_digits(self.caliper.value)], "caliper_unit": CaliperUnit.sd}
        changed = {key: value for key, value in said.items() if key == "exact" or value != getattr(own, key)}
        return {key: str(value) if isinstance(value, (Method, CommonSupport, CaliperUnit)) else value
                for key, value in changed.items()}  # fmt: skip

    def _keeps_calipers(self) -> bool:
        return self.caliper_as_requested.value and (
            bool(self.requested.matching.calipers) or self.method.value is not Method.radius
        )

    def _covariates(self, use: list[str]) -> dict[str, Any]:
        """`use` where it is another, without curves and products of what is left out."""
        own = self.requested.covariates
        if use == [str(c) for c in own.use]:
            return {}

        def is_in(column: str) -> bool:
            return setting_of(column) in ("", *use)

        curves = [name for name in own.splines if is_in(name)]
        pairs = [list(pair) for pair in own.interactions if all(map(is_in, pair))]
        changed = {"use": use}
        changed |= {"splines": curves} if len(curves) < len(own.splines) else {}
        return changed | ({"interactions": pairs} if len(pairs) < len(own.interactions) else {})

    def _by_hand(self, _: Any) -> None:
        if not self._is_showing:
            self.caliper_as_requested.value = False

    def _offer(self, _: Any = None) -> None:
        """Show what the chosen method has use for."""
        self.caliper.disabled = self.caliper_as_requested.disabled = self.method.value not in WITH_CALIPER
        if hasattr(self, "of_nearest"):
            self.of_nearest.layout.display = None if self.method.value is Method.nearest else "none"

    def _tick(self, names: Iterable[str]) -> None:
        wanted = set(map(str, names))
        for name, box in self.covariates.items():
            box.value = name in wanted


def _full() -> widgets.Layout:
    """The width of the column. A layout is a widget, too: none is made when this is imported."""
    return widgets.Layout(width="auto", margin="2px 0")


def _box(label: str, tooltip: str) -> widgets.Checkbox:
    return widgets.Checkbox(description=label, indent=False, tooltip=tooltip, layout=_full())


def _button(label: str, tooltip: str, style: str = "") -> widgets.Button:
    return widgets.Button(description=label, tooltip=tooltip, button_style=style, layout=widgets.Layout(width="auto"))


def _of_list(title: str, content: list[widgets.Widget], tooltip: str) -> tuple[widgets.ToggleButton, widgets.VBox]:
    """A button that opens and closes a list; a button, as an accordion cannot be opened by a key."""
    button = widgets.ToggleButton(
        description=title, icon="caret-right", tooltip=tooltip, layout=widgets.Layout(width="auto", margin="6px 0 2px")
    )
    inside = widgets.VBox(content, layout=widgets.Layout(display="none"))
    inside.add_class("jdl-list")

    def turn(change: dict[str, Any]) -> None:
        button.icon = "caret-down" if change["new"] else "caret-right"
        inside.layout.display = None if change["new"] else "none"

    button.observe(turn, "value")
    return button, inside


def _heading(text: str) -> widgets.HTML:
    return widgets.HTML(f"<h4>{text}</h4>")
