"""What IAB's schema of VAST 4.2 (vast_4.2.xsd) asks of the elements that we use, written down by hand.

The schema is in no package of npm's or PyPI's, and isn't ours to keep here. Elements and attributes beyond these tables
are refused, though the schema knows more of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

NAMESPACE = "{http://www.iab.com/VAST}"
_CLOCK = re.compile(r"(\d{2}:[0-5]\d:[0-5]\d(\.\d\d\d)?|1?\d?\d(\.?\d)*%)")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?")
_EVENTS = "start|firstQuartile|midpoint|thirdQuartile|complete|progress|skip|pause|resume|mute|unmute"
_MANY = 10**6


@dataclass(frozen=True)
class Rule:
    """An element: its children as (name, at least, at most), its attributes as patterns, and what its text is.

    A `*` after an attribute's name says that it must be there.
    """

    children: tuple[tuple[str, int, int], ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    text: str = ""
    in_any_order: bool = False


_TABLE = {
    "VAST": Rule((("Ad", 0, _MANY),), (("version*", r"4\.2"),)),
    "Ad": Rule((("InLine", 1, 1),), (("id", ".*"),)),
    "InLine": Rule(
        (
            ("AdSystem", 1, 1),
            ("Error", 0, _MANY),
            ("Impression", 1, _MANY),
            ("ViewableImpression", 0, 1),
            ("AdServingId", 1, 1),
            ("AdTitle", 1, 1),
            ("Advertiser", 0, 1),
            ("Creatives", 1, 1),
        )
    ),
    "AdSystem": Rule(text="words"),
    "Error": Rule(text="uri"),
    "Impression": Rule(text="uri"),
    "ViewableImpression": Rule((("Viewable", 0, _MANY),)),
    "Viewable": Rule(text="uri"),
    "AdServingId": Rule(text="words"),
    "AdTitle": Rule(text="words"),
    "Advertiser": Rule(text="words"),
    "Creatives": Rule((("Creative", 1, _MANY),)),
    "Creative": Rule((("UniversalAdId", 1, _MANY), ("Linear", 0, 1)), (("id", ".*"),), in_any_order=True),
    "UniversalAdId": Rule((), (("idRegistry*", ".+"),), "words"),
    "Linear": Rule(
        (("TrackingEvents", 0, 1), ("Duration", 1, 1), ("MediaFiles", 1, 1), ("VideoClicks", 0, 1)),
        (("skipoffset", _CLOCK.pattern),),
    ),
    "TrackingEvents": Rule((("Tracking", 0, _MANY),)),
    "Tracking": Rule((), (("event*", _EVENTS), ("offset", _CLOCK.pattern)), "uri"),
    "Duration": Rule(text="time"),
    "MediaFiles": Rule((("MediaFile", 1, _MANY),)),
    "MediaFile": Rule(
        (),
        (("delivery*", "streaming|progressive"), ("type*", ".+"), ("width*", r"-?\d+"), ("height*", r"-?\d+")),
        "uri",
    ),
    "VideoClicks": Rule((("ClickTracking", 0, _MANY), ("ClickThrough", 0, 1))),
    "ClickTracking": Rule((), (("id", ".*"),), "uri"),
    "ClickThrough": Rule((), (("id", ".*"),), "uri"),
}


def violations(document: str) -> list[str]:
    """What the schema would say against a document; nothing when it is valid."""
    root = ET.fromstring(document)
    if root.tag != f"{NAMESPACE}VAST":
        return [f"{root.tag} is no VAST"]
    return list(_against(root))


def _against(element: ET.Element) -> Iterator[str]:
    name = _name(element)
    rule = _TABLE.get(name)
    if rule is None:
        yield f"{name} is unknown"
        return
    yield from _children(name, element, rule)
    yield from _attributes(name, element, rule)
    yield from _text(name, (element.text or "").strip(), rule)
    for child in element:
        yield from _against(child)


def _name(element: ET.Element) -> str:
    return element.tag.removeprefix(NAMESPACE)


def _children(name: str, element: ET.Element, rule: Rule) -> Iterator[str]:
    found = [_name(child) for child in element]
    order = [child for child, _least, _most in rule.children]
    for child, least, most in rule.children:
        if not least <= found.count(child) <= most:
            yield f"{name} has {child} {found.count(child)} times"
    known = [child for child in found if child in order]
    if known != found:
        yield f"{name} has {sorted(set(found) - set(known))}"
    if not rule.in_any_order and known != sorted(known, key=order.index):
        yield f"{name} has its children in another order: {known}"


def _attributes(name: str, element: ET.Element, rule: Rule) -> Iterator[str]:
    patterns = {attribute.rstrip("*"): pattern for attribute, pattern in rule.attributes}
    for attribute, _pattern in rule.attributes:
        if attribute.endswith("*") and attribute.rstrip("*") not in element.attrib:
            yield f"{name} lacks {attribute.rstrip('*')}"
    for attribute, value in element.attrib.items():
        if attribute not in patterns or not re.fullmatch(patterns[attribute], value):
            yield f"{name} has {attribute}={value}"


def _text(name: str, text: str, rule: Rule) -> Iterator[str]:
    fits = {
        "": text == "",
        "words": text != "",
        "uri": bool(urlsplit(text).scheme and urlsplit(text).netloc) and re.search(r"[\s\[\]<>]", text) is None,
        "time": _TIME.fullmatch(text) is not None,
    }
    if not fits[rule.text]:
        yield f"{name} says {text!r}"
