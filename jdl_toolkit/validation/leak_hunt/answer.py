"""What the leak hunt found, for a reader: from its small tables alone."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from ...document import Table
from ..part import Answer, Check
from .people import FULL_NAME, IDENTIFIER, KINDS
from .places import SEARCHED

KEY = "leaks"
QUESTION = "Does the name, date of birth or number of anybody get out?"
#: Fixed before anything was searched. A search that overlooks one plant in a hundred proves little by its silence.
LEAST_FOUND = 1.0
#: Of reports held against strangers, the share that the toolkit's leak check may stop by chance.
MOST_BY_CHANCE = 0.05
#: Of what the first upload holds, the share that must be found among the rows that a run of it keeps.
LEAST_HELD = 0.95


def answer(results: Path) -> Answer:
    """The answer of the part from its folder of small tables; see `part.Part.answer`."""
    about = json.loads((results / "about.json").read_text("utf-8"))
    names = ("places", "hits", "scenes", "held", "planted", "chance")
    t = {name: _read(results / f"{name}.csv") for name in names}
    hits = t["hits"].fillna({"reason": ""}) if len(t["hits"]) else t["hits"]
    leaks = hits[(hits["of"] == "people") & (hits["reason"] == "")] if len(hits) else hits
    decoys = hits[hits["of"] == "decoys"] if len(hits) else hits
    checks = (
        *_by_place(t["places"], leaks),
        _found(t["planted"], "hunt", "The hunt finds every person planted in a file"),
        _found(t["planted"], "gate", "The toolkit's own leak check stops every file with a planted person"),
        _held(t["held"]),
        _alarms(decoys),
        _chance(t["chance"]),
    )
    tables = (_places_table(t["places"], leaks, hits), _scenes_table(t["scenes"]), _planted_table(t["planted"]))
    tables += (_reasons_table(hits),) if len(hits) and (hits["reason"] != "").any() else ()
    return Answer(KEY, QUESTION, _words(about, t, leaks), checks, tables)


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path) if path.exists() else pd.DataFrame()


def _by_place(places: pd.DataFrame, leaks: pd.DataFrame) -> list[Check]:
    """One check for each place: no file of it holds anybody, and every file of it could be read."""
    found = []
    for place in SEARCHED:
        rows = places[places["place"] == place]
        n_files, n_unread = int(rows["files"].sum()), int(rows["unread"].sum())
        mine = leaks[leaks["place"] == place] if len(leaks) else leaks
        n = int(mine["n"].sum()) if len(mine) else 0
        said = f"{n:,} in {n_files:,} {'file' if n_files == 1 else 'files'}"
        said += f"; {n_unread} could not be read" if n_unread else ""
        where = "; ".join(f"{r.scene}: {r.file} ({r.kind})" for r in mine.itertuples()) if n else ""
        why = f"found in {where}" if n else "" if n_files else "no scene that was played leaves a file here"
        holds = (n == 0 and n_unread == 0) if n_files else None
        found.append(Check(f"Nobody is found: {place}", said, "0, all read", holds, why))
    return found


def _found(planted: pd.DataFrame, column: str, claim: str) -> Check:
    if not len(planted):
        return Check(claim, "not tried", f"{LEAST_FOUND:.0%}", None, "the run was stopped before")
    tried = planted.dropna(subset=[column])
    n, found = int(tried["tried"].sum()), int(tried[column].sum())
    missed = tried[tried[column] < tried["tried"]]
    why = "overlooked: " + "; ".join(f"{r.writing} in {r.kind}, {r.where}" for r in missed.head(6).itertuples())
    return Check(claim, f"{found:,} of {n:,}", "all", found >= LEAST_FOUND * n, why if len(missed) else "")


def _held(held: pd.DataFrame) -> Check:
    """Names by themselves and dates of birth: how identifiers and full names are written, a run changes."""
    rows = held[~held["kind"].isin([FULL_NAME, IDENTIFIER])]
    share = float((rows["held"] / rows["sent"]).min()) if len(rows) and rows["whole"].all() else None
    claim = "What is sought does lie in the lab's restricted rows"
    if share is None:
        return Check(
            claim, "not tried", f"at least {LEAST_HELD:.0%}", None, "no scene that was played took in the whole upload"
        )
    said = ", ".join(f"{r.kind}: {r.held:,} of {r.sent:,}" for r in rows.itertuples())
    return Check(claim, said, f"at least {LEAST_HELD:.0%} of each", share >= LEAST_HELD)


def _alarms(decoys: pd.DataFrame) -> Check:
    n = int(decoys["n"].sum()) if len(decoys) else 0
    where = "; ".join(sorted({f"{r.place}: {r.kind}" for r in decoys.itertuples()})) if n else ""
    return Check("Nobody invented for comparison is found by chance", f"{n:,}", "0", n == 0, where)


def _chance(chance: pd.DataFrame) -> Check:
    claim = "The toolkit's leak check stops no report for people who cannot be in it"
    if not len(chance):
        return Check(
            claim, "not tried", f"at most {MOST_BY_CHANCE:.0%}", None, "that is done when every scene has been played"
        )
    n, stopped = len(chance), int((chance["n_flagged"] > 0).sum())
    why = "; ".join(sorted(set(chance["what"].dropna())))
    return Check(claim, f"{stopped} of {n}", f"at most {MOST_BY_CHANCE:.0%}", stopped <= MOST_BY_CHANCE * n, why)


def _words(about: dict, t: dict[str, pd.DataFrame], leaks: pd.DataFrame) -> str:
    places, n_played, n_scenes = t["places"], about["n_played"], len(about["scenes"])
    n = int(leaks["n"].sum()) if len(leaks) else 0
    said = (
        f"**{'Nobody got out' if not n else f'{n:,} finds are leaks'}** in {int(places['files'].sum()):,} files of"
        f" {n_played} of {n_scenes} scenes, {int(t['scenes']['commands'].sum()):,} commands."
    )
    said += " The run was short: it shows that the hunt works, not that nothing leaks." if about["short"] else ""
    said += (
        f" **It is not finished: {n_scenes - n_played} scenes are still to be played.**" if n_played < n_scenes else ""
    )
    sought = ", ".join(
        f"{about['sought'][kind]:,} {kind.replace('date', 'dates').replace('name', 'names')}"
        + ("s" if kind == IDENTIFIER else "")
        for kind in KINDS
    )
    return "\n\n".join([said, *(text.format(n_persons=about["n_persons"], sought=sought) for text in _TEXTS)])


#: After the finding: what was done, why its silence can be believed, what it cannot show.
_TEXTS = (
    "Labs were run on a register of {n_persons:,} invented people whose names are no words, with uploads of some of"
    " them; they ended well, were refused, failed, or were killed. In whatever they left that anybody but the lab's own"
    " analysts may see, these were sought: {sought}. Every file is read by its bytes, packed parts too, by code that"
    " shares nothing with the leak check that stands before publication.",
    "That nothing is found proves little by itself. So people were planted in every kind of file; what is sought was"
    " looked for where it has to lie, among the rows about people; and as many people who do not exist were sought as"
    " well: what is found of them is found by chance. The leak check was held to the same plants, and to registers of"
    " strangers with ordinary names, who cannot be in a report.",
    "**What this cannot show:** text that is drawn in a picture point by point is not read; nor is a person described"
    " without name, date or number, which disclosure control is for. Days after 1994 are not sought as dates of birth:"
    " they are those of the data period. Executed notebooks of a stage that failed keep its error as it was, among the"
    " lab's restricted files, and JDL_DEBUG=1 shows errors in the terminal: both are meant to.",
)


def _places_table(places: pd.DataFrame, leaks: pd.DataFrame, hits: pd.DataFrame) -> Table:
    rows = []
    for place in SEARCHED:
        mine = places[places["place"] == place]
        in_place = [frame[frame["place"] == place]["n"].sum() if len(frame) else 0 for frame in (hits, leaks)]
        decoys = mine[[f"decoy {kind}" for kind in KINDS]].to_numpy().sum()
        people = mine[list(KINDS)].to_numpy().sum()
        size = mine["bytes"].sum() / 1e6
        rows.append(
            (place, f"{mine['files'].sum():,}", f"{size:,.1f}", f"{people:,}", f"{in_place[1]:,}", f"{decoys:,}")
        )
    heads = ("Place", "Files", "Megabytes", "Hits", "of them leaks", "Hits by chance")
    note = "A hit that is no leak has a reason, in the table of reasons. By chance: of people who do not exist."
    return Table("leaks_places", "What was searched, and what was found", heads, tuple(rows), "lrrrrr", note)


def _scenes_table(scenes: pd.DataFrame) -> Table:
    known = scenes.fillna({"commit": "–"})
    rows = tuple((r.scene, f"{r.commands:,}", str(r.statuses), str(r.commit)) for r in known.itertuples())
    heads = ("Scene", "Commands", "Exit status: how often", "Commit that played it")
    return Table("leaks_scenes", "What was done with a lab before it was searched", heads, rows, "lrll")


def _planted_table(planted: pd.DataFrame) -> Table:
    rows = []
    for kind, of in planted.groupby("kind") if len(planted) else ():
        gate = of.dropna(subset=["gate"])
        n = int(of["tried"].sum())
        said = f"{int(gate['gate'].sum()):,}" if len(gate) else "never published"
        rows.append((str(kind), f"{of['where'].nunique()}", f"{n:,}", f"{int(of['hunt'].sum()):,}", said))
    heads = ("Kind of file", "Ways of lying in it", "Planted", "Found by the hunt", "Stopped by the leak check")
    return Table("leaks_planted", "People planted, and found, by kind of file", heads, tuple(rows), "lrrrr")


def _reasons_table(hits: pd.DataFrame) -> Table:
    known = hits[hits["reason"] != ""].groupby(["scene", "place", "reason"], sort=False)["n"].sum().reset_index()
    rows = tuple((r.scene, r.place, f"{r.n:,}", r.reason) for r in known.itertuples())
    return Table("leaks_reasons", "Hits that are no leak, and why", ("Scene", "Place", "Hits", "Why"), rows, "llrl")
