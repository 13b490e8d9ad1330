"""The study as a reader sees it: in short, part by part, every check, how it was made.

The notebook, the HTML report and the page of the documentation are drawn from these sections.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..document import Block, Inset, Table, Words
from ..wording import capital
from .lights import checks_picture
from .part import Answer, Check
from .whole import FAILED, NOT_RUN, RUNNING, STOPPED, PartRun, Validation

TITLE = "Can these numbers be trusted?"

_NO_ANSWER = {NOT_RUN: "not run yet", RUNNING: "still running", STOPPED: "stopped before its end"}
_HOLDS = {True: "Holds", False: "Does not hold", None: "Not tried"}
#: By part: what of a report a reader can trust no further than its answer goes.
RESTS_ON_IT = {
    "matching": "The difference that a report states, its range, whether it is called conclusive, and how many people "
    "a service would need.",
    "whole-line": "Everything from the upload on: above all, what it does to the difference that some people are not "
    "found on the records, or are taken for somebody else.",
    "trials": "That a matched comparison comes near to what drawing lots would have shown.",
    "drawing-rules": "That people who received a service and people who did not are followed from comparable days, so "
    "that no service looks good because its people had to stay out of trouble until it began.",
    "published": "That the same counts give the figures that were published, and other people's software the same "
    "answers.",
    "faults": "That no figure is half made, or made of spoilt or exchanged files, without anybody noticing.",
    "workbooks": "That what an organisation sends is read as it was meant, or refused with a reason.",
    "hostile-text": "That no text from outside can break a page, run as code, or change what a report says.",
    "leaks": "That nobody who was analysed can be found in anything that is published or shown.",
}
_TONES = {"green": "can", "amber": "warning", "red": "cannot"}

HOW_TO_READ = """The people of this study are invented, or their story is known. So there is a right answer to \
hold the toolkit's answer against. Real requests have none: that is why they need a method that was tried where there \
is one.

A **check** is one claim that can fail. What is allowed was fixed before the result was looked at. \
Where something was changed afterwards, the part says so.

- **Green**: every check of the part holds.
- **Amber**: nothing failed, but not everything was tried, or it was tried too briefly to be proof.
- **Red**: a check does not hold. Its reason, and what it means for the toolkit's numbers, stand beside it.

Words that come back:

- **Effect**: the difference that the service made, in percentage points. Minus means less reoffending.
- **Bias**: by how much the estimates miss the true effect on average. Chance cancels out; bias does not.
- **Confidence interval** and **coverage**: an interval of 95 per cent should hold the true effect in 95 of 100 \
repetitions. The share that do is its coverage. Much below 95, reports promise more than they know.
- **Type I error**: the share of repetitions that find an effect where there is none. It should be 5 per cent.
- **Power**: the share of repetitions that find an effect which is there.
- **Monte-Carlo error**: a study of so many repetitions is itself a sample, so its figures move a little by chance. \
A bound says how far they may move before we stop calling it chance."""

CANNOT = """- That a particular service worked. The study tries the method, not any service.
- That two real groups were alike in what no record holds. The study shows how strong such a thing would have to be to \
mislead, not whether it is there.
- That real records are as faulty as those invented here. Faults were planted at stated levels.
- That nothing else can go wrong. A fault that nobody thought of was not planted."""


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it.

    Parameters
    ----------
    level : int
        2 or 3.
    title : str
    blocks : tuple of Block
    """

    level: int
    title: str
    blocks: tuple[Block, ...] = ()


def sections(study: Validation, every_check: bool = True) -> list[Section]:
    """The whole account.

    Parameters
    ----------
    study : Validation
    every_check : bool
        With a table of all checks; without, those alone that do not hold or could not be tried.
    """
    found = [Section(2, "What did the study find?", in_short(study))]
    found += [Section(2, "How is this to be read?", (Words(HOW_TO_READ),))]
    found += [Section(3, "What can no such study show?", (Inset("cannot", "What this cannot tell", CANNOT),))]
    found += [Section(2, run.part.question, of_part(run)) for run in study.runs if run.state != NOT_RUN]
    if every_check and study.checks:
        found += [Section(2, "What was checked, one by one?")]
        found += [Section(3, answer.question, (checks_table(answer),)) for answer in study.answers if answer.checks]
    return [*found, Section(2, "How was this made, and how is it made again?", made(study))]


def in_short(study: Validation) -> tuple[Block, ...]:
    """The finding, a row for each part, a mark for each check, and all that does not hold or was not tried."""
    tables = (
        parts_table(study.runs),
        checks_picture(study.answers),
        exceptions_table(study.answers, False, "Checks that do not hold"),
        exceptions_table(study.answers, None, "Checks that could not be tried"),
    )
    return (verdict(study), *(block for block in tables if block is not None))


def verdict(study: Validation) -> Inset:
    """The finding: how many checks hold, and of what."""
    n_failed, n_untried = len(study.failed), len(study.not_tried)
    n_tried = len(study.checks) - n_untried
    failures = [run for run in study.runs if run.state == FAILED]
    if n_failed:
        title = f"{n_failed:,} of {n_tried:,} checks {'does' if n_failed == 1 else 'do'} not hold"
    elif not n_tried:
        title = "Nothing has been checked yet"
    elif study.unfinished:
        n_answers = len(study.runs) - len(study.unfinished)
        hold = "the one check tried holds" if n_tried == 1 else f"all {n_tried:,} checks tried hold"
        title = (
            f"{n_answers:,} of {len(study.runs):,} questions {'has' if n_answers == 1 else 'have'} an answer; {hold}"
        )
    else:
        title = f"All {n_tried:,} checks{' that were tried' if n_untried else ''} hold"
    said = [
        "The toolkit was tried where the right answer is known: on invented people whose true effect was planted, on "
        "trials in which chance decided who was treated, and on figures that were published before. It was also "
        "attacked, to see whether anything is lost, broken or given away."
    ]
    if n_tried and (n_failed or n_untried):
        hold = f"{n_tried - n_failed:,} {'check holds' if n_tried - n_failed == 1 else 'checks hold'}"
        said += [f"{hold}, {n_failed:,} {'does' if n_failed == 1 else 'do'} not, {n_untried:,} could not be tried."]
    if any(run.is_short for run in study.runs if run.answer):
        said += ["**This is a short run, a first look. It is no proof**: few repetitions make wide bounds."]
    if failures:
        said += [f"The study is not whole. These did not come to an end: {_names(failures)}."]
    if waiting := [run for run in study.unfinished if run.state != FAILED]:
        said += [f"No answer yet to {len(waiting)} of {len(study.runs)} questions: the table says why."]
    return Inset("finding", title, "\n\n".join(said))


def _names(runs: Iterable[PartRun]) -> str:
    return ", ".join(f"“{run.part.question}”" for run in runs)


def parts_table(runs: Iterable[PartRun]) -> Table:
    """A row for each part: the question, and the light with its reason."""
    rows = tuple((run.part.question, light_words(run)) for run in runs)
    return Table("parts", "The questions, and what became of each", ("Question", "Light, and why"), rows, "ll")


def light_words(run: PartRun) -> str:
    """The light of a part, with its reason: ``Green: all 22 checks hold``."""
    light = capital(run.light)
    if run.state == FAILED:
        return f"{light}: it failed, and has no answer"
    if run.answer is None:
        return f"{light}: {_NO_ANSWER[run.state]}" + (f"; takes {run.part.takes}" if run.state == NOT_RUN else "")
    n, n_failed, n_untried = (len(c) for c in (run.answer.checks, run.answer.failed, run.answer.not_tried))
    if n_failed:
        return f"{light}: {n_failed:,} of {n:,} checks {'does' if n_failed == 1 else 'do'} not hold"
    if n_untried:
        return f"{light}: {n_untried:,} of {n:,} checks could not be tried; the others hold"
    if not n:
        return f"{light}: nothing is checked"
    held = f"all {n:,} checks hold" if n > 1 else "its one check holds"
    return f"{light}: {held}{', in a short run' if run.is_short else ''}"


def of_part(run: PartRun) -> tuple[Block, ...]:
    """What rests on a part and its light with its reasons, then its answer."""
    rests = Words(f"**What rests on it.** {RESTS_ON_IT[run.part.key]}") if run.part.key in RESTS_ON_IT else None
    lead = () if rests is None else (rests,)
    if run.answer is None:
        text = run.why or "Run the study again: it goes on where it stopped."
        return (*lead, Inset(_TONES[run.light], light_words(run), text))
    answer, said = run.answer, [_claim(check) for check in (*run.answer.failed, *run.answer.not_tried)[:_MOST]]
    n_more = len(answer.failed) + len(answer.not_tried) - len(said)
    said += [f"- and {n_more:,} more, in the tables above"] if n_more else []
    text = "\n".join(said) or "Every claim is listed with all other checks: what was found, and what had been allowed."
    return (
        *lead,
        Inset(_TONES[run.light], light_words(run), text),
        Words(answer.text),
        *answer.figures,
        *answer.tables,
    )


#: Checks named in the box of a part; the others stand in the table of those that do not hold.
_MOST = 5


def _claim(check: Check) -> str:
    found = f"found {check.found}, allowed {check.allowed}" if check.holds is False else "not tried"
    return f"- {check.claim}: {found}. {check.why}".strip()


def checks_table(answer: Answer) -> Table:
    """Every check of a part, those first that do not hold."""
    ordered = sorted(answer.checks, key=lambda check: [False, None, True].index(check.holds))
    rows = tuple((check.claim, check.found or "–", check.allowed or "–", _HOLDS[check.holds]) for check in ordered)
    columns = ("Claim", "Found", "Allowed", "Verdict")
    return Table(f"checks-{answer.key}", f"Checks: {answer.question}", columns, rows, "llll")


def exceptions_table(answers: Iterable[Answer], holds: bool | None, caption: str) -> Table | None:
    """The checks with this verdict, by part, with their reasons; None if there are none."""
    found = [(answer, check) for answer in answers for check in answer.checks if check.holds is holds]
    if not found:
        return None
    rows = tuple((c.claim, c.found or "–", c.allowed or "–", c.why or "No reason is on record.") for _, c in found)
    columns = ("Claim", "Found", "Allowed", "Why, and what it means")
    groups = tuple(answer.question for answer, _ in found)
    return Table("failed" if holds is False else "not-tried", caption, columns, rows, "llll", groups=groups)


def made(study: Validation) -> tuple[Block, ...]:
    """With what, how often, how long; and how to do it again."""
    rows = tuple(
        (run.part.question, run.part.key, _version(run), f"{run.about.get('seed', '–')}", _tried(run) or "–")
        for run in study.runs
        if run.about
    )
    columns = ("Question", "Part", "Toolkit", "Seed", "Tried")
    table = Table("made", "What the answers rest on", columns, rows, "lllrl")
    return (Words(AGAIN), *([table] if rows else []))


AGAIN = """Everything is drawn from a seed, so the same version with the same seed gives the same figures, on any \
number of processors. Another seed is another study, and should say the same within the bounds.

- The whole study: jdl validate --out FOLDER. It takes hours, can be stopped, and goes on where it stopped; with \
--background it runs by itself, and jdl validate --out FOLDER --status tells how far it is.
- A first look, in minutes: jdl validate --short.
- One question: jdl validate PART, with the part's name from the table.
- With a seed of your own: jdl validate --seed 12345.

The command ends with status 4 if a check does not hold."""


def _version(run: PartRun) -> str:
    version = _first(run.about, "toolkit_version", "toolkit", "version") or "not known"
    commit = _first(run.about, "toolkit_commit", "commit")
    return f"{version}, commit {commit}" if commit else f"{version}"


def _first(about: dict, *names: str) -> object:
    return next((about[name] for name in names if about.get(name)), None)


def _tried(run: PartRun) -> str:
    """What was counted: ``20,000 replications, 20 cells``; and whether the run was short."""
    about = run.about
    counts = about["tried"] if isinstance(about.get("tried"), dict) else about.get("planned")
    if isinstance(counts, dict) and counts is about.get("planned"):
        counts = {"replications": sum(counts.values()), "cells": len(counts)}
    if not isinstance(counts, dict):
        counts = {name: n for name, n in about.items() if name.startswith("n_")}
    words = [f"{n:,} {name.removeprefix('n_').replace('_', ' ')}" for name, n in counts.items() if isinstance(n, int)]
    return ", ".join([*words, *(["a short run"] if run.is_short else [])])
