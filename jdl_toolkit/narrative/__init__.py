"""The result in words: each sentence chosen by a named rule from interval, counts and gates, never typed."""

from .alike import how_alike
from .analyses import other_analyses
from .caveats import caveats, technical_notes
from .certainty import three_estimates, what_could_be_detected
from .check import check_numbers
from .claims import can_say, cannot_say
from .drafts import draft_mark, draft_words
from .finding import finding, headline_sentence
from .follow_up import follow_up, survival
from .hidden_bias import hidden_bias, placebo
from .method import method_in_short, provenance, synthetic_notice
from .people import what_was_done, who_is_in
from .robustness import other_ways
from .seen import for_every_100, range_in_words
from .subgroups import subgroups, subgroups_caution
from .terms import GLOSSARY, glossary

__all__ = [
    "GLOSSARY",
    "can_say",
    "cannot_say",
    "caveats",
    "check_numbers",
    "draft_mark",
    "draft_words",
    "finding",
    "follow_up",
    "for_every_100",
    "glossary",
    "headline_sentence",
    "hidden_bias",
    "how_alike",
    "method_in_short",
    "other_analyses",
    "other_ways",
    "placebo",
    "provenance",
    "range_in_words",
    "subgroups",
    "subgroups_caution",
    "survival",
    "synthetic_notice",
    "technical_notes",
    "three_estimates",
    "what_could_be_detected",
    "what_was_done",
    "who_is_in",
]
