"""Proof that the match was chosen before outcomes were opened, and a trace where it was not.

Three things hold together: the digest of the matched sample in the matching stage's record, the digest of the sample
that outcomes were opened with, and a log to which lines are only ever added: every try of a way of matching, by
`jdl run` or by hand, every match and every opening of outcomes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from .errors import JDLError
from .manifest import UPLOAD, Manifest, digests_of_inputs, now
from .spec import RequestSpec, differences, of_results, read_yaml
from .wording import listed

#: Name of the log in a request's restricted folder.
LOG = "matching_log.jsonl"

TRIED, MATCHED, OPENED = "tried", "matched", "outcomes opened"
MATCHED_AGAIN = "matched again after outcomes were opened"
OPENED_ELSEWHERE = "outcomes of the same upload were open in"
SAME, ANOTHER = "the same sample", "another sample"

_OF_SAMPLE = ["unit_id", "is_treated", "weight"]


def sample_digest(*units: pd.DataFrame) -> str:
    """SHA-256 of who is compared with what weight, in one or several samples; the order of rows plays no part.

    Parameters
    ----------
    *units : DataFrame
        `MatchedSample.units`: unit_id, is_treated, weight. People without a weight are not counted.
    """
    digest = hashlib.sha256()
    for frame in units:
        compared = frame[frame["weight"] > 0].sort_values("unit_id", kind="stable")
        digest.update(f"{len(compared)} people:".encode())
        digest.update("\0".join(map(str, compared["unit_id"].tolist())).encode())
        digest.update(compared["is_treated"].to_numpy(bool).tobytes())
        digest.update(compared["weight"].to_numpy("<f8").tobytes())
    return digest.hexdigest()


def saved_digest(place: Path) -> str:
    """`sample_digest` of the matched sample and of the subgroups' samples saved in a folder."""
    of_subgroups = (place / "subgroupsamples" / "samples").glob("*/units.parquet")
    files = [place / "matchedsample" / "units.parquet", *sorted(of_subgroups, key=lambda file: int(file.parent.name))]
    return sample_digest(*(pd.read_parquet(file, columns=_OF_SAMPLE) for file in files))


class MatchingLog:
    """What was tried, matched and opened of one request, in the order in which it happened.

    Parameters
    ----------
    restricted : Path
        The request's restricted folder.
    """

    def __init__(self, restricted: Path) -> None:
        self.path = restricted / LOG

    def add(self, what: str, analysis: str, by: str, **values: Any) -> None:
        """Add a line in one write, so that a run and somebody by hand do not overwrite each other."""
        entry = {"at": now(), "what": what, "analysis": analysis, "by": by} | values
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(line, (json.dumps(entry, default=str) + "\n").encode())
            os.fsync(line)
        finally:
            os.close(line)

    def add_tries(self, rows: pd.DataFrame, analysis: str, by: str, asked: RequestSpec, spec: RequestSpec) -> None:
        """Add what was tried under `spec`, with what that sets otherwise than the request (`asked`)."""
        changed = [c for c in differences(asked.to_dict(), spec.to_dict()) if not c.startswith("exploratory")]
        is_open = bool(self.entries(OPENED, analysis))
        self.add(TRIED, analysis, by, outcomes_were_open=is_open, changed=changed, tries=plain_rows(rows))

    def entries(self, what: str | None = None, analysis: str | None = None) -> list[dict[str, Any]]:
        """Lines of one kind and one analysis, or all; a line that was cut short is passed over."""
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        found = [entry for entry in map(_read, lines) if entry]
        return [e for e in found if what in (None, e.get("what")) and analysis in (None, e.get("analysis"))]


@dataclass(frozen=True)
class Opening:
    """Outcomes of an analysis that were opened before it was matched.

    Parameters
    ----------
    sample : str or None
        Digest of the sample they were opened with; None if it is not known.
    changed : tuple of str
        Settings and inputs that are not what they were then.
    archived : bool
        It was in a folder that has since been archived.
    """

    sample: str | None
    changed: tuple[str, ...] = ()
    archived: bool = False


def last_opening(root: Path, analysis: str) -> Opening | None:
    """The latest opening of an analysis's outcomes, in a request's folder or in those of it that were archived."""
    own = MatchingLog(root / "restricted").entries(OPENED, analysis)
    if own:
        return Opening(own[-1].get("sample"))
    for old in archived_folders(root):
        opened = MatchingLog(old / "restricted").entries(OPENED, analysis)
        try:
            stages = Manifest.read(old / "manifest.json")
            if opened or stages.stage(record_name("outcomes", analysis)):
                sample = opened[-1].get("sample") if opened else None
                return Opening(sample, tuple(_changed_since(old, root)), archived=True)
        except Exception:  # a spoilt archive tells nothing, and hides no other
            continue
    return None


def archived_folders(root: Path) -> list[Path]:
    """The archived folders of a request, the latest first."""
    stamped = re.compile(re.escape(root.name) + r"-\d{8}T\d+")
    return sorted((p for p in (root.parent / "archive").glob("*") if stamped.fullmatch(p.name)), reverse=True)


def opened_elsewhere(root: Path, manifest: Manifest) -> list[str]:
    """Other requests in the same outputs folder, archived ones too, that opened outcomes of the same upload."""
    own, found = _upload(manifest), set()
    for path in [*root.parent.glob("*/manifest.json"), *root.parent.glob("archive/*/manifest.json")]:
        try:
            other = Manifest.read(path)
            opened = any(name.partition("/")[0] == "outcomes" for name in other.values["stages"])
            if own is None or _upload(other) != own or other.values["request"] == manifest.values["request"]:
                continue
            if opened or MatchingLog(path.parent / "restricted").entries(OPENED):
                found.add(other.values["request"])
        except (JDLError, KeyError, TypeError, AttributeError):  # a spoilt manifest tells nothing
            continue
    return sorted(found)


def note_match(root: Path, manifest: Manifest, analysis: str, sample: str) -> None:
    """Log a match, and record in the manifest if outcomes had been opened before it.

    Those of the same upload may have been opened under the name of another request, too.
    """
    others = opened_elsewhere(root, manifest)
    if others:
        manifest.record_event(f"{OPENED_ELSEWHERE} {listed(others)}", "jdl run", analysis=analysis)
    before = last_opening(root, analysis)
    MatchingLog(root / "restricted").add(MATCHED, analysis, "jdl run", sample=sample)
    if before is not None:
        reason = SAME if before.sample == sample else ANOTHER
        reason += " as was opened" if reason == SAME else " than was opened"
        where = " in a run that was archived" if before.archived else ""
        changed = f"; changed since: {', '.join(before.changed)}" if before.changed else ""
        manifest.record_event(MATCHED_AGAIN, "jdl run", f"{reason}{where}{changed}", analysis=analysis)


def matched_again(manifest: Manifest, analyses: Iterable[str] | None = None) -> list[dict[str, str]]:
    """Events that tell of another sample being matched after outcomes had been opened."""
    return [
        event
        for event in manifest.values["events"]
        if event["event"] == MATCHED_AGAIN
        and event["reason"].startswith(ANOTHER)
        and (analyses is None or event.get("analysis", "main") in analyses)
    ]


def order_of_stages(manifest: Manifest) -> dict[str, str]:
    """For each analysis whose outcomes were opened, whether the manifest proves that it was matched before."""
    opened = [name for name in manifest.values["stages"] if name.partition("/")[0] == "outcomes"]
    found = {name.partition("/")[2] or "main": "" for name in opened}
    return {analysis: words for analysis in found if (words := _order(manifest, analysis))}


def _order(manifest: Manifest, analysis: str) -> str:
    matched, opened = (manifest.stage(record_name(stage, analysis)) for stage in ("matching", "outcomes"))
    if not opened.get("opened"):
        return ""
    if matched_again(manifest, [analysis]):
        return MATCHED_AGAIN
    is_proved = matched.get("sample") == opened.get("sample") and matched.get("matched", "~") <= opened["opened"]
    words = "matched before outcomes were opened"
    told = [words if is_proved else f"not proved to be {words}"]
    for event in manifest.values["events"]:
        if event["event"].startswith(OPENED_ELSEWHERE) and event.get("analysis", "main") == analysis:
            told[1:] = [event["event"]]
    return "; but ".join(told)


def record_name(stage: str, analysis: str) -> str:
    """The key of a stage's record in the manifest."""
    return stage if analysis == "main" else f"{stage}/{analysis}"


def plain_rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as JSON can hold them; what is missing is null."""
    return json.loads(rows.to_json(orient="records", double_precision=15))


def _changed_since(old: Path, root: Path) -> list[str]:
    settings = differences(*(of_results(read_yaml(place / "spec.yml")) for place in (old, root)))
    before, after = (digests_of_inputs(Manifest.read(folder / "manifest.json").values) for folder in (old, root))
    inputs = [f"the content of the {name}" for name in after if before.get(name) != after[name]]
    return [change.partition(" (")[0] for change in settings] + inputs


def _upload(manifest: Manifest) -> str | None:
    """Digest of the upload that a request was made from."""
    return digests_of_inputs(manifest.values).get(UPLOAD)


def _read(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
