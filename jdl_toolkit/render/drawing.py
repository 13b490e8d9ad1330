"""A figure's SVG made fit to stand in a report: shapes and text alone, ids of its own, a name, a description."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ..errors import JDLError
from ..markup import isolated

_SHAPES = frozenset(
    "svg g path rect circle ellipse line polyline polygon text tspan defs use clipPath symbol marker pattern "
    "linearGradient radialGradient stop title desc".split()
)
_REFERENCE = re.compile(r"url\(\s*(['\"]?)#([^'\")]+)\1\s*\)")


def parse(svg: str, name: str) -> ElementTree.Element:
    """The drawing without namespaces, if it holds only shapes, text and references into itself.

    Raises
    ------
    JDLError
        If it is no SVG, or holds a script, a style sheet, an image, an event handler or an outside reference.
    """
    fault = JDLError(f"the drawing of the figure “{name}” holds more than shapes and text", "", "draw it with plots")
    if "<!" in svg:  # no document type, so no entities; no comments
        raise fault
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError:
        raise fault from None
    for element in root.iter():
        if not isinstance(element.tag, str):
            raise fault
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        if element.tag not in _SHAPES or not all(_harmless(key, value) for key, value in element.attrib.items()):
            raise fault
    if root.tag != "svg" or not re.fullmatch(r"[\d.eE+\- ]+", root.get("viewBox", "")):
        raise fault
    return root


def size(root: ElementTree.Element) -> tuple[float, float]:
    """Width and height of the drawing, in points."""
    return tuple(float(number) for number in root.get("viewBox").split()[2:4])


def for_html(svg: str, key: str, title: str, description: str) -> str:
    """The drawing as inline SVG that a screen reader meets as one image, its ids beginning with `key`."""
    root = parse(svg, key)
    for element in root.iter():
        element.text, element.tail = (text and isolated(text) for text in (element.text, element.tail))
        for name, value in element.attrib.items():
            if name == "id":
                element.set(name, f"{key}-{value}")
            elif name == "href":
                element.set(name, f"#{key}-{value[1:]}")
            else:
                element.set(name, _REFERENCE.sub(lambda m: f"url(#{key}-{m[2]})", value))
    for name in ("width", "height", "version", "style"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-labelledby": f"{key}-title", "aria-describedby": f"{key}-desc"}
    for place, (tag, text) in enumerate({"title": title, "desc": description}.items()):
        element = ElementTree.Element(tag, {"id": f"{key}-{tag}"})
        element.text, element.tail = isolated(text), "\n"
        root.insert(place, element)
    return _markup(root)


def for_pdf(svg: str, key: str) -> tuple[str, tuple[float, float]]:
    """The drawing with printable text only, and its size in points."""
    from ..typeface import printable  # loads matplotlib, which no page needs

    root = parse(svg, key)
    for element in root.iter():
        element.text, element.tail = (t and printable(t) for t in (element.text, element.tail))
    return _markup(root), size(root)


def _harmless(name: str, value: str) -> bool:
    if name == "href":
        return value.startswith("#")
    plain = _REFERENCE.sub("", value)
    return not name.lower().startswith("on") and not re.search(r"url\(|@import|expression\(|javascript:", plain, re.I)


def _markup(root: ElementTree.Element) -> str:
    root.set("xmlns", "http://www.w3.org/2000/svg")
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)
