"""The bulletin in words: each sentence chosen by a named rule from `portfolio.Bulletin`, never typed."""

from .about import cannot_tell, contact, made, next_publication, pre_release, what_this_is, words_used
from .answers import feedback
from .chance import by_chance
from .check import check_bulletin
from .lists import frequency_only, key_findings
from .new import corrections, new_results, what_is_new
from .pictures import by_need, by_sector, by_size, conclusive_by_size, figure_rows
from .pooled import pooled, pooled_rows
from .summary import about_imported, about_requests, counts, summary

__all__ = [
    "about_imported",
    "about_requests",
    "by_chance",
    "by_need",
    "by_sector",
    "by_size",
    "cannot_tell",
    "check_bulletin",
    "conclusive_by_size",
    "contact",
    "corrections",
    "counts",
    "feedback",
    "figure_rows",
    "frequency_only",
    "key_findings",
    "made",
    "new_results",
    "next_publication",
    "pooled",
    "pooled_rows",
    "pre_release",
    "summary",
    "what_is_new",
    "what_this_is",
    "words_used",
]
