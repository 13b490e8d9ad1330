"""The panel: live controls over one analysis, and beside them what each choice gives.

Every change is shown at once, but for other covariates: these need a new fit of the propensity score, which waits for a
button. Nothing here computes; `Workbench` does.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import ipywidgets as widgets

from ..covariates import read_codebook
from ..document import Inset, show
from ..errors import JDLError
from ..exploratory import MARK
from . import variant, words
from .controls import COVARIATES, Controls
from .looks import Effect, Look
from .workbench import Workbench

#: Seconds that a change waits for the next one, so that a key held down asks for one look, not for ten.
PAUSE = 0.12

NO_CONTROLS = (
    "The controls of this page need a running kernel and somebody to move them: open the notebook with jdl lab and "
    "run this cell. What is shown here without them is what the request asks for."
)
OPENED_ELSEWHERE = (
    "The outcomes of this analysis were {opened}; they are not shown here yet. Looks made since then are marked as "
    "made after opening, as the matching log has it. To see effects here, say who looks and why, and press the button: "
    "name, reason and day go into the manifest of the request."
)
CLOSED = (
    "The outcomes are closed, so that the way of matching is chosen without knowing what it gives. To see effects "
    "here, say who opens them and why, and press the button. Name, reason and day go into the manifest of the request, "
    "and looks made afterwards are marked as such. The request's own matching must have passed its gate."
)
TABS = ("How alike?", "Overlap", "Effects", "Kept looks", "Variant")
LOVE, OVERLAP, EFFECTS, KEPT, VARIANT = range(5)


class Kept(NamedTuple):
    """A look that was kept, and whether outcomes were open, here or elsewhere, when it was made."""

    look: Look
    was_open: bool


class ExplorePanel:
    """Live controls over a workbench.

    Parameters
    ----------
    bench : Workbench

    Notes
    -----
    Shown by a cell that ends in it. Where nobody can answer, as when a notebook is executed unattended, the look that
    the request asks for is shown as words, a table and pictures instead.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.explore import ExplorePanel, Workbench
    >>> found = examples.foundation()
    >>> panel = ExplorePanel(Workbench(found.covariates, found.spec))
    >>> panel.controls.caliper.value = 0.05
    >>> panel.look.spec.matching.calipers
    (0.05,)
    """

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.kept: list[Kept] = []
        self.seconds = 0.0
        self._requested: Look | None = None
        self._look: Look | None = None
        self._was_open = False
        self._use = tuple(str(c) for c in bench.spec.covariates.use)
        self._effects: dict[tuple[int, str, str], tuple[Look, Effect]] = {}
        self._stale: set[int] = set()
        self._waiting: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"controls over the {self.bench!r}"

    # What code can ask for ------------------------------------------------------------------------------------------

    @property
    def look(self) -> Look:
        """The look that the controls ask for; made first, if a change of theirs still waits."""
        if self._look is None or self._waiting is not None:
            self.refresh()
        return self._look

    @property
    def effect(self) -> Effect | None:
        """The effect of that look on the chosen measure; None while the outcomes are closed."""
        return self._effect_of(self.look) if self.bench.is_open else None

    @property
    def name(self) -> str:
        """What that look does otherwise than the request, in few words."""
        return self._name_of(self.look)

    # The widgets, made when they are first needed: who executes a notebook unattended saves none ---------------------

    @cached_property
    def labels(self) -> dict[str, str]:
        """Covariate, or column, -> label for readers."""
        book = self.bench.codebook or read_codebook()
        own = {str(name): entry.label for name, entry in book.covariates.items()}
        return self.bench.labels | own

    @cached_property
    def groups(self) -> dict[str, str]:
        """Subgroups that can be matched within themselves -> label."""
        return self.bench.subgroups

    @cached_property
    def controls(self) -> Controls:
        def labelled(names: list[str]) -> dict[str, str]:
            return {name: self.labels.get(name, name) for name in names}

        available, exact = self.bench.covariates_available, self.bench.exact_available
        not_offered = words.not_offered(self.bench.covariates_lacking, self.labels)
        controls = Controls(self.bench.spec, labelled(available), labelled(exact), self.groups, not_offered)
        controls.watch(self._wait, self._ticked)
        controls.fit.on_click(lambda _: self.fit_again())
        return controls

    @cached_property
    def widget(self) -> widgets.VBox:
        """The whole panel as one widget."""
        self.status = widgets.HTML()
        self.bar = widgets.IntProgress(max=1, layout=widgets.Layout(width="120px"))
        self.doing = widgets.HBox(
            [self.bar, self.status], layout=widgets.Layout(min_height="28px", align_items="center")
        )
        self.box, self.counts, self.said = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.keep = _button(
            "Keep this look", "Add this look to the forest plot and to the list of looks.", self.keep_look
        )
        self.back = _button("Back to what was requested", "Set every control as the request asks.", self.go_back)
        self.make = _button(
            "Make this a variant", "Show this change as YAML to paste into the request.", self.as_variant
        )
        self.pictures = {tab: widgets.HTML() for tab in (LOVE, OVERLAP, EFFECTS, KEPT)}
        pages = [
            self.pictures[LOVE],
            self.pictures[OVERLAP],
            widgets.VBox([self._opening(), self.pictures[EFFECTS]]),
            widgets.VBox([self.pictures[KEPT], self._again()]),
            self._variant_page(),
        ]
        self.tabs = widgets.Tab(pages, titles=TABS, selected_index=LOVE)
        self.tabs.observe(lambda _: self._draw(), "selected_index")
        actions = _of_class(widgets.HBox([self.keep, self.back, self.make, self.doing]), "jdl-actions")
        results = [self.box, self.said, self.counts, actions, self.tabs]
        columns = [
            _of_class(widgets.VBox(self.controls.boxes()), "jdl-controls"),
            _of_class(widgets.VBox(results), "jdl-results"),
        ]
        self.mark = widgets.HTML()
        whole = [widgets.HTML(words.STYLE), self.mark, _of_class(widgets.HBox(columns), "jdl-columns")]
        self._idle()
        return _of_class(widgets.VBox(whole), "jdl-explore")

    def _opening(self) -> widgets.VBox:
        wide = widgets.Layout(width="420px", max_width="100%")
        self.by = widgets.Text(description="Your name", placeholder="who opens them", layout=wide)
        self.reason = widgets.Text(
            description="Reason", placeholder="why, in a sentence without personal data", layout=wide
        )
        self.open = _button(
            "Open the outcomes", "Put name and reason on record and measure the outcomes.", self.open_outcomes
        )
        self.closed, self.stays_closed = widgets.HTML(), widgets.HTML()
        self.opening = widgets.VBox([self.closed, self.by, self.reason, self.open, self.stays_closed])
        return self.opening

    def _again(self) -> widgets.HBox:
        self.choice = widgets.Dropdown(description="Look", options=[], layout=widgets.Layout(width="420px"))
        self.again = _button("Show it again", "Set the controls as they were for that look.", self._show_again)
        return widgets.HBox([self.choice, self.again], layout=widgets.Layout(flex_flow="row wrap"))

    def _variant_page(self) -> widgets.VBox:
        self.about = widgets.HTML()
        self.beside, self.instead, self.whole = (_yaml(name) for name in ("Beside", "Instead", "Whole request"))
        self.variants = widgets.VBox(layout=widgets.Layout(display="none"))
        self._forget_variant()
        return widgets.VBox([self.about, self.variants])

    def _forget_variant(self) -> None:
        self.variants.layout.display = "none"
        self.about.value = "<p>Press <strong>Make this a variant</strong> to see this look as lines of the request.</p>"

    # What the controls do ---------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        """Make the look after a short pause, or at once where no kernel listens meanwhile (a script, a test)."""
        if self._waiting is not None:
            self._waiting.cancel()
        try:
            self._waiting = asyncio.get_running_loop().call_later(PAUSE, self.refresh)
        except RuntimeError:
            self.refresh()

    def _ticked(self) -> None:
        is_other = self.controls.use != self._use
        self.controls.fit.button_style = "warning" if is_other else "primary"
        self.controls.fit.description = "Fit again (covariates were changed)" if is_other else "Fit again"

    def fit_again(self) -> None:
        """Fit the score with the covariates that are ticked, and match anew."""
        self._use, before, self.controls.hand = self.controls.use, self._use, COVARIATES
        if not self.refresh():
            self._use = before
        self._ticked()

    def refresh(self) -> bool:
        """Make the look that the controls ask for and show it; whether it could be made.

        If it cannot be, a box says why, and the last look that could stays.
        """
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        began, controls = time.perf_counter(), self.controls
        shown = self.widget

        def make() -> None:
            if self._requested is None:
                self._requested = self._look = self.bench.look(self.bench.spec, progress=self._progress)
            spec, subgroup = self.bench.as_shown(controls.spec(self._use)), controls.subgroup.value or None
            known = [Kept(self._look, self._was_open), Kept(self._requested, False), *self.kept]
            same = (k for k in known if k.look.subgroup == subgroup and not variant.changes_of(k.look.spec, spec))
            found = next(same, None)
            if found is None:
                found = Kept(self.bench.look(spec, subgroup, progress=self._progress), bool(self.bench.openings))
            if found.look is not self._look:
                self._look, self._was_open = found
                self._forget_variant()
            if self.bench.is_open:
                self._effect_of(self._look)

        if not self._try(make):
            self.controls.tell_fault(self.box.value)
            return False
        self.box.value = ""
        self.controls.tell_fault("")
        self.controls.tell_caliper(self._look.matched, self._look.fell_back)
        self._stale = {LOVE, OVERLAP, EFFECTS, KEPT}
        self._draw()
        self.seconds = time.perf_counter() - began
        self._tell()
        return shown is not None

    def open_outcomes(self) -> None:
        """Open the outcomes by the name and for the reason that were typed in, and show effects."""

        def make() -> None:
            if not (self.by.value.strip() and self.reason.value.strip()):
                raise JDLError("name or reason is missing", "Your name, Reason", "fill in both; they are put on record")
            self.bench.open_outcomes(self.by.value, self.reason.value, progress=self._progress)
            self.controls.offer_outcomes(self.bench.measures, self.bench.estimators)
            self.by.value = self.reason.value = ""  # what is saved of the panel names nobody
            self.opening.layout.display = "none"

        self.open.disabled = True
        stay = "Effects are not shown" if self.bench.openings else "The outcomes stay closed"
        if self._try(make, stay):
            self.stays_closed.value = ""
            self.refresh()
        else:
            self.stays_closed.value = self.box.value
        self.open.disabled = self.bench.is_open

    def keep_look(self) -> None:
        """Add the look to the forest plot and to the list of looks; one that is there already is not added again."""
        look = self.look
        if not any(kept.look is look for kept in self.kept) and look is not self._requested:
            self.kept.append(Kept(look, self._was_open))
            self.choice.options = [(self._name_of(k.look, k.was_open), i) for i, k in enumerate(self.kept)]
            self.choice.index = len(self.kept) - 1
        self._stale |= {EFFECTS, KEPT}
        self._draw()
        self._tell()

    def go_back(self) -> None:
        """Set every control as the request asks, and show that look."""
        self._show(self.bench.spec, None)

    def _show_again(self) -> None:
        if self.choice.value is not None:
            look = self.kept[self.choice.value].look
            self._show(look.spec, look.subgroup)

    def _show(self, spec: Any, subgroup: str | None) -> None:
        self.controls.show(spec, subgroup)
        self._use = self.controls.use
        self._ticked()
        self.refresh()

    def as_variant(self) -> None:
        """Show the look as lines to paste into the request, and what it means to declare it."""

        def make() -> None:
            said = variant.explained(self.bench, self.look)
            self.about.value = words.box_html(self.name, said.meaning)
            parts: list[widgets.Widget] = []
            for area, title, text in zip(
                (self.beside, self.instead, self.whole), said.titles, said.texts, strict=False
            ):
                area.value, area.rows = text, min(max(text.count("\n") + 2, 2), 30)
                under = [area] if text else [widgets.HTML(words.to_html(words.parse_words(said.note)))]
                parts += [widgets.HTML(f"<h4>{title}</h4>"), *under]
            self.variants.children, self.variants.layout.display = parts, None
            self.tabs.selected_index = VARIANT

        if self._try(make, "This cannot be made a variant"):
            self.box.value = ""

    # What is shown ----------------------------------------------------------------------------------------------------

    def _try(self, make: Callable[[], None], title: str = "This look cannot be made") -> bool:
        """Do something that may take a while or fail, with the bar shown and one fit at a time."""
        shown = self.widget
        self.controls.fit.disabled = True
        self.status.value, self.bar.layout.visibility = "<p>Working …</p>", "visible"
        try:
            make()
        except (Exception, KeyboardInterrupt) as fault:  # whatever it is, the panel stays usable
            self.box.value = words.fault_html(fault, title, has_last=self._look is not None)
            return False
        else:
            return shown is not None
        finally:
            self.controls.fit.disabled = False
            self._idle()

    def _progress(self, step: str, done: int, total: int) -> None:
        self.bar.max, self.bar.value = max(total, 1), done
        self.bar.bar_style = "info"
        self.status.value = f"<p>{step[:1].upper()}{step[1:]} …</p>"

    def _idle(self) -> None:
        self.bar.layout.visibility = "hidden"
        self.status.value = ""
        openings = self.bench.openings
        opened = words.opened_words(openings) if openings else ""
        shown = "shown here" if self.bench.is_open else "not shown here yet"
        state = f"{opened}; {shown}" if openings else "closed"
        about = OPENED_ELSEWHERE.format(opened=opened) if openings else CLOSED
        self.closed.value = words.box_html("Effects are not shown yet", about)
        self.mark.value = (
            f'<p class="jdl-mark">{MARK} <span>Request {self.bench.spec.request}; outcomes {state}.</span></p>'
        )

    def _tell(self) -> None:
        look = self._look
        told = words.said_of(look, self._name_of(look, self._was_open), look.spec.balance.amber_up_to)
        if self.bench.is_open:
            told += "\n\n" + words.said_of_effect(self._effect_of(look), self._effect_of(self._requested))
        self.said.value = words.to_html(words.parse_words(told))
        self.counts.value = words.counts_html(self._requested, look, self.seconds)

    def _draw(self) -> None:
        """Draw the page that is looked at, if it is not drawn yet."""
        tab = self.tabs.selected_index
        if tab not in self._stale or self._look is None:
            return
        self._stale.discard(tab)
        draw = {LOVE: self._love, OVERLAP: self._overlap, EFFECTS: self._forest, KEPT: self._list}[tab]

        def make() -> None:
            self.pictures[tab].value = draw()

        self._try(make, "This cannot be drawn")

    def _love(self) -> str:
        return words.figure_html(self._look.plot())

    def _overlap(self) -> str:
        few = "Too few people are in this look for their scores to be shown."
        return words.figure_html(self._look.overlap_plot(), few)

    def _forest(self) -> str:
        if not self.bench.is_open:
            return ""
        found = [self._effect_of(self._requested)]
        shown = [Kept(self._look, self._was_open), *self.kept]
        for kept in {id(k.look): k for k in shown if k.look is not self._requested}.values():
            name = self._name_of(kept.look, kept.was_open)
            found.append(dataclasses.replace(self._effect_of(kept.look), label=name, is_requested=False))
        own = self._name_of(self._requested)
        own = own if own == "As requested" else f"As requested: {own[:1].lower()}{own[1:]}"
        found[0] = dataclasses.replace(found[0], label=own, is_requested=True)
        why = [f"{e.label}: {e.why_not}." for e in found if e.why_not]
        picture = self.bench.forest(found)
        ratios = [f"{e.label}: {e.in_words()}." for e in found if e.scale == "ratio" and not e.why_not]
        told = "".join(f"<p>{words.escape(text)}</p>" for text in (*ratios, *why))
        return words.figure_html(picture) + told if picture else told

    def _list(self) -> str:
        rows = [
            (self._name_of(k.look), k.look, k.was_open, self._effect_of(k.look) if self.bench.is_open else None)
            for k in self.kept
        ]
        return words.kept_html(rows)

    def _effect_of(self, look: Look) -> Effect:
        measure, estimator = self.controls.measure.value, self.controls.estimator.value
        key = (id(look), measure, estimator)
        if key not in self._effects:
            self._effects[key] = look, self.bench.effect(look, measure, estimator)
        return self._effects[key][1]

    def _name_of(self, look: Look, was_open: bool = False) -> str:
        group = self.groups[look.subgroup] if look.subgroup else None
        name = words.label_of(self.bench.spec, look.spec, group, self.labels, look.fell_back)
        return f"{name} (after outcomes were opened)" if was_open and look is not self._requested else name

    # How a cell shows it ----------------------------------------------------------------------------------------------

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if not _is_attended():
            look = self.bench.look(self.bench.spec)
            show(Inset("note", "Controls", NO_CONTROLS), *look.blocks(), look.overlap_plot())
            return
        live = self.widget._repr_mimebundle_()
        display(live | {"text/plain": NO_CONTROLS, "text/html": f"<p>{MARK} {NO_CONTROLS}</p>"}, raw=True)
        self.refresh()


def _is_attended() -> bool:
    """Whether somebody sits before this kernel: who executes notebooks unattended allows no input."""
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False))


def _button(label: str, tooltip: str, do: Callable[[], None]) -> widgets.Button:
    button = widgets.Button(description=label, tooltip=tooltip, layout=widgets.Layout(width="auto"))
    button.on_click(lambda _: do())
    return button


def _yaml(name: str) -> widgets.Textarea:
    area = widgets.Textarea(tooltip=f"{name}: YAML to copy", layout=widgets.Layout(width="100%", height="auto"))
    return _of_class(area, "jdl-yaml")


def _of_class(widget: Any, name: str) -> Any:
    widget.add_class(name)
    return widget
