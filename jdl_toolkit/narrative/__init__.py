"""The result in words: each sentence chosen by a named rule from interval, counts and gates, never typed."""

from .alike import how_alike
from .analyses import other_analyses
from .caveats import caveats, technical_notes
from .certainty import three_estimates
from .check import check_blocks, check_numbers
from .claims import can_say, cannot_say
from .drafts import draft_mark, draft_words, published_words, version_words
from .finding import finding, headline_sentence
from .flow import what_would_help, who_is_in, who_left, who_was_sent
from .follow_up import follow_up, survival
from .guide import for_reviewers, how_to_read
from .hidden_bias import hidden_bias, placebo
from .method import method_in_short, provenance, synthetic_notice
from .people import what_was_done
from .power import power_method, what_could_be_detected
from .response import organisation_response
from .robustness import other_ways
from .seen import for_every_100, not_shown_measures, range_in_words
from .subgroups import subgroups, subgroups_caution
from .terms import GLOSSARY, glossary

__all__ = [
    "GLOSSARY",
    "can_say",
    "cannot_say",
    "caveats",
    "check_blocks",
    "check_numbers",
    "draft_mark",
    "draft_words",
    "finding",
    "follow_up",
    "for_every_100",
    "for_reviewers",
    "glossary",
    "headline_sentence",
    "hidden_bias",
    "how_alike",
    "how_to_read",
    "method_in_short",
    "not_shown_measures",
    "organisation_response",
    "other_analyses",
    "other_ways",
    "placebo",
    "power_method",
    "provenance",
    "published_words",
    "range_in_words",
    "subgroups",
    "subgroups_caution",
    "survival",
    "synthetic_notice",
    "technical_notes",
    "three_estimates",
    "version_words",
    "what_could_be_detected",
    "what_was_done",
    "what_would_help",
    "who_is_in",
    "who_left",
    "who_was_sent",
]
