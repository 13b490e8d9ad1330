"""The page docs/cases.md: every table of cases in tests/cases, in the order in which a reader wants them.

Renew it with ``python tests/cases_page.py``; tests/test_cases.py says when it is out of date.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "cases.md"
#: Files named here come first; whatever else there is follows by name.
ORDER = (
    "lives", "calendar", "index_disposal", "at_liberty", "custody_route", "release_types", "cohort_dates", "episodes",
    "reoffended_first", "observed", "resubmission", "control_pool", "follow_up", "measures", "previous",
    "published-results", "words-range", "words-finding", "words-measures", "words-claims", "words-power", "words-flow",
    "words-groups",
)  # fmt: skip

INTRODUCTION = """# Cases: the rules, date by date

Invented people and what becomes of them, one day to this side and one to the other of every boundary. Each row is run
as a test of the toolkit: if a rule changes, its cases fail. The reasons are those of the ledger (0: analysed; 3: no
conviction; 5: no sentence before the service; 6: another kind of disposal, or not at liberty; 7: still in custody; 8:
release uncertain; 9: too late to be followed; 10: started too late; 11: sexual offence; 12: reoffended before the
service started; 13: not observed to the end). `–` means that there is none. Why the rules are as they are:
[decision 6](decisions/0006-cohort-rules.md) and [decision 16](decisions/0016-cohort-rules.md).

One table is of results published elsewhere and the rule that finds them at fault, if any
([decision 48](decisions/0048-imported-results-and-feedback.md)).

The last tables are of words: each sentence of a report that states a result, with the estimate, the interval and
whatever else it follows from ([decision 35](decisions/0035-numbers-and-words.md)).

This page is made from `tests/cases` by `python tests/cases_page.py`.
"""


def page(folder: Path = ROOT / "tests" / "cases") -> str:
    """The text of the page: each file's headings one level down, its tables in even columns."""
    names = {path.stem: path for path in folder.glob("*.md")}
    order = [name for name in ORDER if name in names] + sorted(set(names) - set(ORDER))
    parts = [INTRODUCTION, *(_section(names[name].read_text(encoding="utf-8")) for name in order)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _section(text: str) -> str:
    lines = [re.sub(r"^#", "##", line) for line in text.splitlines()]
    return "\n".join(re.sub(r" {2,}", " ", re.sub(r"-{3,}", "---", x)) if x.startswith("|") else x for x in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} is up to date")
