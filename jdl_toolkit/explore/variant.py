"""What was changed while exploring, as lines of YAML to paste into the request, and where in it they belong.

A change can be declared in two ways. Some are variants that the section `robustness` knows: they are then shown beside
the headline, which stays as it is. Any change can take the place of what the request asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from ..spec import OF_ANALYSIS, Method, RequestSpec, merge, validate
from ..wording import listed
from .words import opened_words

if TYPE_CHECKING:
    from .looks import Look
    from .workbench import Workbench

Values = dict[str, Any]

#: What `robustness` tells of a method that weights everybody: it has no other settings of its own.
_WEIGHTS = (Method.ipw, Method.overlap, Method.ebal)


NOT_BESIDE = (
    "The section robustness knows calipers, nearest neighbours with replacement, weights, and covariates left out "
    "one at a time. Any other change can only take the place of what is requested, as below."
)


def changes_of(requested: RequestSpec, changed: RequestSpec) -> Values:
    """What one specification sets otherwise than another: section -> key -> value, and `subgroups`."""
    before, after = requested.to_dict(), changed.to_dict()
    found = {
        section: {key: value for key, value in after[section].items() if before[section].get(key) != value}
        for section in OF_ANALYSIS
    }
    found = {section: keys for section, keys in found.items() if keys}
    return found | ({"subgroups": after["subgroups"]} if before["subgroups"] != after["subgroups"] else {})


def as_yaml(requested: RequestSpec, changed: RequestSpec, stated: Values | None = None) -> str:
    """What differs, as lines to paste into the request; empty if nothing does.

    Sections are written whole, with what the request states in them now, as YAML may state each only once. Of a request
    with several analyses the whole entry of the analysis is written, below `analyses`.

    Parameters
    ----------
    requested : RequestSpec
        Of the analysis as it was asked for.
    changed : RequestSpec
    stated : dict, optional
        The request's own file, as plain values. Default: it states none of the sections that change.

    Examples
    --------
    >>> from jdl_toolkit import examples
    >>> from jdl_toolkit.explore.variant import as_yaml
    >>> spec = examples.foundation().spec
    >>> print(as_yaml(spec, spec.with_(matching={"calipers": [0.05], "trim": 0.01})))
    matching:
      calipers: [0.05]
      trim: 0.01
    """
    return written(changes_of(requested, changed), requested, stated)


def as_declared(requested: RequestSpec, changed: RequestSpec) -> Values | None:
    """The same change as a variant beside the headline: what `robustness` has to say of it.

    Returns
    -------
    dict or None
        Section `robustness` with what must be added; empty if it is declared there already; None if `robustness` has
        no word for such a change.
    """
    changes = changes_of(requested, changed)
    if len(changes) != 1:
        return None
    [(section, keys)] = changes.items()
    keys = {key: value for key, value in keys.items() if key != "fallback"}  # variants beside the headline have none
    known, own, ask = requested.robustness, requested.matching, changed.matching
    if section == "covariates" and set(keys) == {"use"}:
        gone = set(requested.covariates.use) - set(changed.covariates.use)
        if len(gone) == 1 and len(changed.covariates.use) == len(requested.covariates.use) - 1:
            return {} if known.leave_one_out else {"robustness": {"leave_one_out": True}}
    if section != "matching":
        return None
    is_radius = own.method is Method.radius
    if set(keys) == {"calipers"} and is_radius and len(ask.calipers) == 1:
        return _with(known.calipers, ask.calipers[0], "calipers")
    if set(keys) <= {"method", "ratio", "replace"} and ask.method is Method.nearest and ask.replace:
        return _with(known.nearest_ratios, ask.ratio, "nearest_ratios")
    if "method" in keys and ask.method in _WEIGHTS and set(keys) <= {"method", "calipers", "ratio", "replace"}:
        return _with(known.methods, ask.method, "methods")
    return None


def _with(known: tuple, value: Any, key: str) -> Values:
    if value in known:
        return {}
    more = [*map(str, known), str(value)] if key == "methods" else sorted({*known, value})
    return {"robustness": {key: more}}


def written(changes: Values, requested: RequestSpec, stated: Values | None = None) -> str:
    """Changes as lines of the request, see `as_yaml`."""
    return dumped(_whole(changes, requested, stated or {})) if changes else ""


def dumped(values: Values) -> str:
    """Plain values as YAML for people: a section a paragraph, lists in brackets."""
    text = yaml.dump(values, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=88)
    return text.removesuffix("\n")


def entry_of(requested: RequestSpec) -> str | None:
    """The entry of `analyses` that an analysis comes from; None if the request lists none.

    One that was made by `each` is named after its entry and a value.
    """
    own = requested.analysis.id
    if own in requested.analyses:
        return own
    made = [name for name, choice in requested.analyses.items() if choice.each and own.startswith(f"{name}-")]
    return max(made, key=len, default=None)


def _whole(changes: Values, requested: RequestSpec, stated: Values) -> Values:
    """The parts of the request that change, whole."""
    entry = entry_of(requested)
    if entry is None:
        return {key: merge(stated, {key: value})[key] for key, value in changes.items()}
    listed = (stated.get("analyses") or {}).get(entry)
    if listed is None:
        listed = requested.analyses[entry].model_dump(mode="json", exclude_defaults=True)
    return {"analyses": {entry: merge(listed, changes)}}


def paste(text: str, changes: Values, requested: RequestSpec) -> str:
    """The text of a request with changes in their place; comments and all else stay as they are.

    Parameters
    ----------
    text : str
        The request's YAML file.
    changes : dict
        As `changes_of` and `as_declared` give them.
    requested : RequestSpec
        Of the analysis that they are for.
    """
    text = f"{text.rstrip()}\n"
    if not changes:
        return text
    root, stated = yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text)
    whole, entry = _whole(changes, requested, stated), entry_of(requested)
    analyses = _node(root, "analyses")
    if entry is not None and analyses is not None and not analyses[1].flow_style:
        found = _node(analyses[1], entry)
        if found is not None:
            lines = {entry: whole["analyses"][entry]}
            return _replaced(text, found, _indented(dumped(lines), found[0].start_mark.column))
    if entry is not None:
        whole = {"analyses": (stated.get("analyses") or {}) | whole["analyses"]}
    for section, value in whole.items():
        found, lines = _node(yaml.compose(text, yaml.SafeLoader), section), dumped({section: value})
        text = f"{text.rstrip()}\n{lines}\n" if found is None else _replaced(text, found, lines)
    return text


def _node(mapping: yaml.MappingNode, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    return next((pair for pair in mapping.value if pair[0].value == key), None)


def _replaced(text: str, found: tuple[yaml.Node, yaml.Node], lines: str) -> str:
    """The text with other lines in place of a key and its value; what is remarked below them stays."""
    every = text.splitlines()
    first, value = found[0].start_mark.line, found[1]
    is_block = isinstance(value, yaml.CollectionNode) and not value.flow_style  # it ends where the next thing begins
    last = value.end_mark.line + (not is_block)
    while last > first + 1 and (not every[last - 1].strip() or every[last - 1].lstrip().startswith("#")):
        last -= 1
    return "\n".join([*every[:first], *lines.splitlines(), *every[last:]]) + "\n"


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())


class Explained(NamedTuple):
    """A change as lines to paste, and what it means to declare it.

    Parameters
    ----------
    meaning : str
        Words in Markdown.
    titles, texts : tuple of str
        The ways of declaring it; a text is empty where there is nothing to paste.
    note : str
        Below the first title, why there is nothing to paste, if so.
    """

    meaning: str
    titles: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    note: str = ""


def explained(bench: Workbench, look: Look) -> Explained:
    """A look as a variant to declare: the lines, where they go, whether they would be declared ahead.

    Parameters
    ----------
    bench : Workbench
    look : Look
        A look within a subgroup declares that subgroup.

    Raises
    ------
    JDLError
        If the request with these lines in it would not be valid.
    """
    requested, changed = bench.spec, look.spec
    by = look.subgroup.partition(": ")[0] if look.subgroup else None
    if by and by not in requested.subgroups:
        changed = changed.with_(subgroups=[*map(str, requested.subgroups), by])
    changes, declared = changes_of(requested, changed), as_declared(requested, changed)
    if not changes:
        return Explained("This is what the request asks for already: there is nothing to declare.")
    stage = bench.stage
    file = stage.lab.request_file(requested.request) if stage is not None else None
    text = file.read_text(encoding="utf-8") if file is not None and file.is_file() else ""
    stated = yaml.safe_load(text) if text else {}
    titles, texts, notes = [], [], []
    if declared is None:
        titles.append("This change cannot stand beside the headline")
        texts.append("")
        notes.append(NOT_BESIDE)
    elif not declared:
        titles.append("It stands beside the headline already")
        texts.append("")
        notes.append("The section robustness declares it, so the report has it.")
    else:
        titles.append(f"Beside the headline, which stays as it is: {_where(declared, requested, stated)}")
        texts.append(written(declared, requested, stated))
    titles.append(f"Instead of what is requested now: {_where(changes, requested, stated)}")
    texts.append(written(changes, requested, stated))
    if text:
        whole = paste(text, declared or changes, requested)
        which = "beside the headline" if declared else "instead"
        validate(merge(stage.defaults, {"register": "main"} | yaml.safe_load(whole)), f"{requested.request}.yml")
        titles.append(f"The whole file {requested.request}.yml with these lines in place ({which})")
        texts.append(whole)
    return Explained(_meaning(bench), tuple(titles), tuple(texts), notes[0] if notes else "")


def _where(changes: Values, requested: RequestSpec, stated: Values) -> str:
    entry = entry_of(requested)
    if entry is not None:
        return f"in place of the entry {entry} below analyses"
    there = [section for section in changes if section in stated]
    new = [section for section in changes if section not in stated]
    said = [f"in place of its {listed(there)}"] if there else []
    return " and ".join(said + (["at the end of the request" if not there else "the rest at its end"] if new else []))


def _meaning(bench: Workbench) -> str:
    if not bench.openings:
        ahead = "The outcomes of this analysis have not been opened: what you paste now is **declared ahead**."
    else:
        ahead = (
            f"The outcomes of this analysis were {opened_words(bench.openings)}, so this is **not declared ahead**: "
            "it was chosen when effects could be known. If other people are matched by it, the next run puts on record "
            "that they were matched again after outcomes were opened, and the report says so."
        )
    return (
        f"{ahead}\n\nCopy the lines into the request and run it again with --fresh: its folder was made under the "
        "settings as they were, and is archived."
    )


class _Plain(yaml.SafeDumper):
    """Mappings one key a line, lists in brackets, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Plain.add_representer(
    dict, lambda dumper, values: dumper.represent_mapping("tag:yaml.org,2002:map", values, flow_style=False)
)
_Plain.add_representer(
    list, lambda dumper, values: dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=True)
)
