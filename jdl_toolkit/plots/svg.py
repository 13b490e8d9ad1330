"""From a matplotlib drawing to a small SVG: shapes and text alone, the same bytes for the same drawing.

Matplotlib writes label text into comments, a style rule that would reach out of an inlined drawing, a style of its own
for each of a hundred people, and a group with a name around everything.
"""

from __future__ import annotations

import io
import re
import warnings
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure as Sheet

from ..typeface import FAMILY

#: Verdana has the metrics of DejaVu Sans; all others are narrower.
_FONTS = f"'{FAMILY}', Verdana, Arial, sans-serif"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_TICK = re.compile(r"[xy]tick_\d+")
_NUMBER = re.compile(r"-?\d+\.\d+")
_NO_TURN = re.compile(r"rotate\(-?0 [^)]*\)")
_NUMERIC = ("d", "x", "y", "width", "height", "transform", "viewBox")


def to_svg(drawing: Sheet, salt: str) -> str:
    """The drawing as SVG without comment, date, style sheet or outside reference; its text is text.

    Parameters
    ----------
    drawing : matplotlib.figure.Figure
        Measured in points.
    salt : str
        Makes ids differ from those of another drawing.
    """
    file = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context({"svg.hashsalt": salt}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a browser has other typefaces; a PDF replaces what its own lacks
        drawing.savefig(file, format="svg", metadata=nothing, transparent=False, facecolor="white")
    root = ElementTree.fromstring(file.getvalue())
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    _tidy(root, _referred_to(root))
    root.attrib |= {"xmlns": "http://www.w3.org/2000/svg", "font-family": _FONTS}
    root.attrib |= {"stroke-linejoin": "round", "stroke-linecap": "butt"}
    return ElementTree.tostring(root, encoding="unicode")


def _referred_to(root: ElementTree.Element) -> set[str]:
    """Ids that something in the drawing points to."""
    values = [value for element in root.iter() for value in element.attrib.values()]
    return {name for value in values for name in _REFERENCE.findall(value)} | {v[1:] for v in values if v[:1] == "#"}


def _tidy(element: ElementTree.Element, needed: set[str]) -> None:
    """Keep what draws: no groups without meaning, no ids that nothing points to, two decimals, each style said once."""
    children: list[ElementTree.Element] = []
    if _TICK.fullmatch(element.get("id", "")):  # numbers of an axis are no results: who checks those passes them over
        for text in element.iter("text"):
            text.set("class", "tick")
    for child in element:
        if child.tag in ("metadata", "style"):
            continue
        _tidy(child, needed)
        if child.tag == "g" and not child.attrib:
            children += list(child)
        elif len(child) or child.tag not in ("g", "defs"):
            children.append(child)
    element[:] = children
    if element.tag != "text":
        element.text = "\n" if children else None
    element.tail = "\n"
    _plain_attributes(element, needed)
    if element.tag == "g" and children and {child.tag for child in children} == {"use"}:
        _say_once(element)


def _plain_attributes(element: ElementTree.Element, needed: set[str]) -> None:
    attributes = element.attrib
    if attributes.get("id") not in needed:
        attributes.pop("id", None)
    style = attributes.pop("style", "")
    for name, value in (part.split(":", 1) for part in style.split(";") if ":" in part):
        if name.strip() != "font-family":
            attributes[name.strip()] = value.strip()
    for name in _NUMERIC:
        if name in attributes:
            attributes[name] = " ".join(_NUMBER.sub(_two_decimals, attributes[name]).split())
    if _NO_TURN.fullmatch(attributes.get("transform", "")):
        del attributes["transform"]


def _two_decimals(found: re.Match[str]) -> str:
    return f"{round(float(found[0]), 2) + 0.0:.2f}".rstrip("0").rstrip(".")  # + 0.0: no -0


def _say_once(group: ElementTree.Element) -> None:
    """What all marks of a group share is said of the group."""
    first = dict(group[0].attrib)
    for name in ("fill", "stroke", "stroke-width"):
        if name in first and all(mark.get(name) == first[name] for mark in group):
            group.set(name, first[name])
            for mark in group:
                del mark.attrib[name]
