"""What the panel says: looks in few words, counts beside the request's, and boxes, as small pieces of HTML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from html import escape
from importlib import resources

from ..document import Figure
from ..errors import JDLError, Problem
from ..markup import parse_words, to_html
from ..matching.match import WITH_CALIPER
from ..numbers import MINUS, date, number, shown_count
from ..spec import CommonSupport, Method, RequestSpec
from .looks import NOT_ALIKE, Effect, Look
from .opening import BY_HAND

#: How a method is called in the label of a look.
NAMES = {
    Method.radius: "radius",
    Method.nearest: "nearest",
    Method.ipw: "inverse-odds weights",
    Method.overlap: "overlap weights",
    Method.ebal: "entropy balancing",
}

STYLE = f"<style>\n{resources.files(__package__).joinpath('panel.css').read_text()}</style>"

#: So many covariates are named in a label; of more only the number.
_NAMED = 2


def label_of(
    requested: RequestSpec, spec: RequestSpec, subgroup: str | None, labels: Mapping[str, str], fell_back: bool = False
) -> str:
    """What a look does otherwise than the request, in few words.

    Parameters
    ----------
    requested, spec : RequestSpec
    subgroup : str or None
        Its label.
    labels : mapping
        Covariate, or column to agree in, -> label.
    fell_back : bool
        Entropy balancing took the place of the method.
    """
    own, set_ = requested.matching, spec.matching
    said = [subgroup] if subgroup else []
    if fell_back:
        said.append(f"{NAMES[Method.ebal]}, in place of {method_name(spec)}")
    elif set_.method is not own.method or (set_.ratio, set_.replace) != (own.ratio, own.replace):
        said.append(method_name(spec))
    if set_.calipers != own.calipers:
        said.append("caliper " + ", ".join(f"{c:g}" for c in set_.calipers))
    if set_.exact != own.exact:
        names = ", ".join(_lower(labels.get(n, n)) for n in set_.exact)
        said.append(f"exact on {names}" if names else "exact on nothing")
    if set_.trim != own.trim:
        said.append(f"trimmed at {set_.trim:g}" if set_.trim else "not trimmed")
    if set_.common_support is not own.common_support:
        said.append("common support" if set_.common_support is CommonSupport.range else "beyond common support")
    before, after = requested.covariates.use, spec.covariates.use
    said += _named("without", [c for c in before if c not in after], labels, "fewer")
    said += _named("with", [c for c in after if c not in before], labels, "more")
    words = "; ".join(said)
    return words[:1].upper() + words[1:] if words else "As requested"


def method_name(spec: RequestSpec) -> str:
    """The method that is asked for, in few words."""
    own = spec.matching
    each = f", {own.ratio} each{', with replacement' if own.replace else ''}"
    return NAMES[own.method] + (each if own.method is Method.nearest else "")


def _named(what: str, names: list[str], labels: Mapping[str, str], side: str) -> list[str]:
    if not names:
        return []
    if len(names) > _NAMED:
        return [f"{len(names)} {side} covariates than requested"]
    return [f"{what} {', '.join(_lower(labels.get(n, str(n))) for n in names)}"]


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def not_offered(lacking: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """Why some covariates cannot be ticked, in a sentence; "" if all can be."""
    if not lacking:
        return ""
    by_reason = {why: [labels.get(name, name) for name in lacking if lacking[name] == why] for why in lacking.values()}
    told = "; ".join(f"{', '.join(names)} ({why})" for why, names in by_reason.items())
    return f"Not offered, as this register says nothing by them of these people: {told}."


def counts_html(requested: Look, look: Look, seconds: float) -> str:
    """How many are compared and how alike they are, the request's own above what is looked at now."""
    heads = ("", "Treated", "Controls", "Worth", "Caliper", "Worst", "Red")
    rows = [("As requested", requested)] + ([("This look", look)] if look is not requested else [])
    rows = [(f"{name}: {NAMES[Method.ebal]}, in its place" if one.fell_back else name, one) for name, one in rows]
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in _counts(one))}</tr>'
        for name, one in rows
    )
    limit = f"{100 * look.spec.balance.amber_up_to:g}%"
    note = (
        "Treated: those with a comparable control. Worth: as many controls of equal weight. Caliper: in standard "
        "deviations of the score. Worst: the largest difference, in per cent of a standard deviation; red: how many "
        f"lie above {limit}. This look took {number(seconds, 1)} seconds."
    )
    caption = "<caption>Who is compared, and how alike they are</caption>"
    table = f'<table class="jdl-counts jdl-now">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'{table}<p class="jdl-small">{note}</p>'


def _counts(look: Look) -> tuple[str, ...]:
    """The cells of one look; small counts are not shown."""
    least, found = look.spec.disclosure.minimum_cell, look.counts
    names = ("n_treatment", "n_treatment_matched", "n_control", "ess_control")
    n, n_matched, n_control, worth = (shown_count(round(found[name]), least) for name in names)
    used = look.matched.caliper_sd
    caliper = "none" if used is None else f"{used:g}"
    return (f"{n_matched} of {n}", n_control, worth, caliper, f"{number(look.worst, 1, factor=100)}%", str(look.n_red))


def said_of(look: Look, name: str, limit: float) -> str:
    """A look in a sentence or two."""
    found, worst = look.counts, number(look.worst, 1, factor=100)
    n, n_matched = round(found["n_treatment"]), round(found["n_treatment_matched"])
    least = look.spec.disclosure.minimum_cell
    whom = "All" if n_matched == n else f"{shown_count(n_matched, least)} of {shown_count(n, least)}"
    alike = (
        f"no difference is above the limit of {100 * limit:g}%, so the groups are alike enough"
        if look.passed
        else f"{look.n_red} {'difference is' if look.n_red == 1 else 'differences are'} above the limit of "
        f"{100 * limit:g}%, so the groups are not alike enough"
    )
    return (
        f"**{name}.** {_way_of(look)}{whom} treated people have a comparable control. The worst difference is {worst}% "
        f"of a standard deviation: {alike}."
    )


def _way_of(look: Look) -> str:
    """What became of calipers that do not balance; empty where one does, or a single one is shown as it is."""
    has_calipers = look.spec.matching.method in WITH_CALIPER and bool(look.spec.matching.calipers)
    if look.fell_back:
        none = "No caliper balances" if has_calipers else "The requested method does not balance"
        return f"{none}; entropy balancing took its place. "
    if len(look.tried) > 1 and not look.passed:
        return "No caliper balances; the one that comes nearest is shown. "
    return ""


def said_of_effect(effect: Effect, own: Effect | None) -> str:
    """An effect in a sentence, with the requested result beside it."""
    clear = ""
    if effect.why_not is None:
        zero = 1 if effect.scale == "ratio" else 0
        crosses = effect.ci_low <= zero <= effect.ci_high
        side = "within" if crosses else "outside"
        clear = f" {'A ratio of 1' if zero else 'Zero'} lies {side} the interval."
    beside = f" As requested: {own.in_words()}." if own is not None and own is not effect else ""
    unlike = "" if effect.are_alike else f" **{NOT_ALIKE.capitalize()}**: this is not the effect of the service alone."
    return f"**{effect.measure_label}:** {effect.in_words()}.{unlike}{clear}{beside}"


def kept_html(kept: Iterable[tuple[str, Look, bool, Effect | None]]) -> str:
    """The looks that were kept: name, look, whether outcomes were open, and the effect once they are."""
    rows = [
        (
            name,
            "after opening" if was_open else "before opening",
            f"{number(look.worst, 1, factor=100)}%",
            str(look.n_red),
            _effect_cell(effect),
        )
        for name, look, was_open, effect in kept
    ]
    if not rows:
        return "<p>No look is kept yet. Press <strong>Keep this look</strong> to lay it beside others.</p>"
    heads = ("Look", "Made", "Worst", "Red", "Effect")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    top = f"<caption>Looks that were kept</caption><thead><tr>{head}</tr></thead>"
    return f'<div class="jdl-wide"><table class="jdl-counts jdl-kept">{top}<tbody>{body}</tbody></table></div>'


def _effect_cell(effect: Effect | None) -> str:
    if effect is None:
        return "not shown"
    return effect.in_words() if effect.are_alike else f"{effect.in_words()}; {NOT_ALIKE}"


def opened_words(openings: list[dict[str, str]]) -> str:
    """Since when outcomes are open, and by whom, as the matching log has it; nobody is named outside the manifest."""
    first = openings[0]
    by = "by hand (in the manifest, if a name was asked for)" if first["by"] == BY_HAND else f"by {first['by']}"
    return f"opened on {date(dt.datetime.fromisoformat(first['at']).date())} {by}"


def figure_html(figure: Figure | None, otherwise: str = "") -> str:
    """A picture on paper of its own, with its alternative text; or why there is none."""
    if figure is None:
        return f"<p>{escape(otherwise)}</p>"
    note = f'<p class="jdl-small">{escape(figure.note)}</p>' if figure.note else ""
    return (
        f'<figure class="jdl-figure"><div class="jdl-paper" role="img" aria-label="{escape(figure.alt)}">{figure.svg}'
        f"</div><figcaption>{escape(figure.caption)}</figcaption>{note}</figure>"
    )


def box_html(title: str, text: str, is_warning: bool = False) -> str:
    """A plain box: a title and words in Markdown."""
    role = ' role="alert"' if is_warning else ""
    kind = " jdl-warning" if is_warning else ""
    return f'<div class="jdl-box{kind}"{role}><strong>{escape(title)}</strong>{to_html(parse_words(text))}</div>'


def fault_html(fault: BaseException, title: str = "This look cannot be made", has_last: bool = True) -> str:
    """What went wrong, where, and what to do; never a traceback, never a row about a person."""
    if isinstance(fault, JDLError):
        problems = fault.problems
    elif isinstance(fault, KeyboardInterrupt):
        problems = (Problem("it was stopped", fix="change something and it is tried again"),)
    elif isinstance(fault, (ArithmeticError, ValueError)):  # LinAlgError is a ValueError
        what = "the calculation has no answer for these people and settings"
        problems = (Problem(what, fix="take back the last change, or choose another method"),)
    else:
        what = f"this is a fault of the toolkit ({type(fault).__name__})"
        problems = (Problem(what, fix="take back the last change, and tell whoever looks after the toolkit"),)
    told = "".join(
        f"<p>{escape(_sentence(p.what))}</p>"
        + (f"<p>Where: {escape(p.where)}</p>" if p.where else "")
        + (f"<p>What to do: {escape(p.fix)}</p>" if p.fix else "")
        for p in problems
    )
    last = "<p>What is shown is the last look that could be made.</p>" if has_last else ""
    return f'<div class="jdl-box jdl-warning" role="alert"><strong>{escape(title)}</strong>{told}{last}</div>'


def _sentence(text: str) -> str:
    text = text.replace(" -", f" {MINUS}")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"
