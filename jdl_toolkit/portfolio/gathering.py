"""Make a bulletin from tables: requests, reports of every version, results published elsewhere."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from ..errors import JDLError, Problem
from ..findings import Verdict
from ..spec import Model
from .answers import FeedbackSummary
from .bulletin import Bulletin, PreRelease
from .counts import UNDER_WAY, RequestCounts, RequestStatus, as_of
from .multiplicity import multiplicity, p_from_interval, with_adjusted
from .period import Period
from .pooling import left_out, pooled_effects, se_from_interval
from .published import Correction, PublishedResult, Source
from .received import NO_CRITERION, Counts, Criterion, RequestRow
from .settings import BulletinSettings

#: What a table of reports states beyond `RESULT_COLUMNS`, each row's version of its request's report.
OF_VERSION = ("version", "released", "reason")


def gather(
    period: Period,
    settings: BulletinSettings,
    requests: pd.DataFrame,
    reports: pd.DataFrame,
    *,
    imported: pd.DataFrame | None = None,
    earlier_until: dt.date | None = None,
    earlier_requests: pd.DataFrame | None = None,
    feedback: FeedbackSummary | None = None,
    version: int = 1,
    reissue_reason: str = "",
) -> Bulletin:
    """The bulletin of a period.

    Parameters
    ----------
    period : Period
    settings : BulletinSettings
    requests : DataFrame
        A row for each request: request, organisation, service, need, sector, setting, received, status, ended,
        criterion, version, invented.
    reports : DataFrame
        A row for each analysis of every version released: as `portfolio.results`, with version, released (date) and
        reason (of a correction).
    imported : DataFrame, optional
        Results published elsewhere: columns of `PublishedResult`.
    earlier_until : date, optional
        Last day that the bulletin before covers; None if there was none, so that everything is new.
    earlier_requests : DataFrame, optional
        The requests as they stood at the end of that day. Default: by the dates in `requests`.
    feedback : FeedbackSummary, optional
    version, reissue_reason
        Of the bulletin itself.

    Raises
    ------
    JDLError
        If counts do not balance: a published request without a report, a report of a request that is not published.
    """
    published, following = _days(period, settings)
    reports = reports.assign(released=pd.to_datetime(reports["released"]))
    earlier = _first_published(requests if earlier_requests is None else earlier_requests, reports)
    requests = _first_published(requests, reports)
    standing = as_of(requests, period.until, with_verdict=False)
    own = _own_results(standing, reports, period.until)
    counts = RequestCounts.of(requests, period.until, own)
    results = _completed(own, imported, period.until, earlier_until)
    results = with_adjusted(results.assign(left_out=left_out(results)))
    shown = results[results["difference_pp"].notna()]
    rows = _records(PublishedResult, results)
    return Bulletin(
        period=str(period),
        version=version,
        reissue_reason=reissue_reason,
        title=settings.title,
        contact=settings.contact,
        base_address=settings.base_address,
        start=_day(standing["received"].min()) or period.until.replace(day=1),
        until=period.until,
        earlier_until=earlier_until,
        published=published,
        next_publication=following,
        synthetic=bool(standing["invented"].astype(bool).any() or results["invented"].any()),
        counts=Counts(**dataclasses.asdict(counts)),
        earlier_counts=Counts(**dataclasses.asdict(_earlier(earlier, reports, earlier_until))),
        n_imported=int((results["source"] == Source.imported).sum()),
        requests=_request_rows(standing, own, earlier_until, settings.name_unpublished),
        criteria=_criteria(standing),
        results=rows,
        corrections=_corrections(rows, earlier_until),
        pooled=pooled_effects(results, settings.minimum_pooled, settings.minimum_predicted),
        pooling={
            "minimum": settings.minimum_pooled,
            "minimum_predicted": settings.minimum_predicted,
            "n_results": len(shown),
            "n_pooled": int((shown["left_out"] == "").sum()),
            "n_left_out": int((shown["left_out"] != "").sum()),
            "n_se_from_interval": int(shown["se_from_interval"].sum()),
        },
        multiplicity=multiplicity(results),
        pre_release=PreRelease(**settings.pre_release.model_dump()),
        feedback=feedback,
        remarks=_remarks(results, shown),
    )


def _days(period: Period, settings: BulletinSettings) -> tuple[dt.date, dt.date]:
    published, following = settings.days(period)
    where, problems = f"bulletins, {period}", []
    if published <= period.until:
        problems.append(
            Problem(f"it would be published on {published}, before its period is over", where, "correct it")
        )
    if following <= published:
        problems.append(Problem(f"the next one ({following}) is no later than this ({published})", where, "correct it"))
    if problems:
        raise JDLError(problems)
    return published, following


def _first_published(requests: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """The requests with the day of the first version as the end of those published: corrections do not move it."""
    first = reports[reports["analysis"].notna()].groupby("request")["released"].min()
    ended = pd.to_datetime(requests["ended"])
    released = pd.to_datetime(requests["request"].map(first.to_dict()))
    is_published = requests["status"] == RequestStatus.published
    return requests.assign(
        received=pd.to_datetime(requests["received"]), ended=ended.mask(is_published & released.notna(), released)
    )


def _own_results(standing: pd.DataFrame, reports: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    """Reports in the version that stood at the end of a day, with the first day on which there was a report of results.

    A request that could not be answered may have been released as such; that is no report of a result.
    """
    known = reports[reports["released"] <= pd.Timestamp(day)]
    with_analysis = known["released"].where(known["analysis"].notna())
    known = known.assign(
        first_published=with_analysis.groupby(known["request"]).transform("min"),
        last=known.groupby("request")["version"].transform("max"),
    )
    found = known[known["version"] == known["last"]].drop(columns="last")
    unanswered = standing.loc[standing["status"] == RequestStatus.could_not_be_answered, "request"]
    return found[~(found["request"].isin(unanswered) & found["analysis"].isna())]


def _earlier(requests: pd.DataFrame, reports: pd.DataFrame, earlier_until: dt.date | None) -> RequestCounts:
    if earlier_until is None:
        return RequestCounts(*[0] * 8)
    standing = as_of(requests, earlier_until, with_verdict=False)
    return RequestCounts.of(requests, earlier_until, _own_results(standing, reports, earlier_until))


def _completed(
    own: pd.DataFrame, imported: pd.DataFrame | None, until: dt.date, earlier_until: dt.date | None
) -> pd.DataFrame:
    """All results in the columns of `PublishedResult`, with what follows from the others filled in."""
    own = own.rename(columns={"released": "published", "reason": "corrected_reason"}).assign(source=Source.this_lab)
    parts = [own, imported if imported is not None else own.iloc[:0]]
    columns = list(PublishedResult.model_fields)
    results = pd.concat([_typed(part.reindex(columns=columns)) for part in parts], ignore_index=True)
    results = results[~(pd.to_datetime(results["published"]) > pd.Timestamp(until))]
    results = results.assign(
        source=results["source"].fillna(Source.imported),
        version=results["version"].fillna(1).astype(int),
        first_published=results["first_published"].where(results["first_published"].notna(), results["published"]),
        analysis=results["analysis"].fillna("main"),
    )
    is_own = results["source"] == Source.this_lab
    results["se_from_interval"] = results["ci_low_pp"].notna() & (results["se_pp"].isna() | ~is_own)
    results["se_pp"] = results["se_pp"].fillna(se_from_interval(results["ci_low_pp"], results["ci_high_pp"]))
    p = p_from_interval(results["difference_pp"], results["se_pp"], results["df"])
    results["p_from_interval"] = results["p_value"].isna() & p.notna()
    results["p_value"] = results["p_value"].fillna(p)
    results["verdict"] = results["verdict"].where(results["verdict"].notna(), _verdict(results))
    after = pd.Timestamp(earlier_until or dt.date.min.replace(year=1800))
    results["is_new"] = pd.to_datetime(results["first_published"]) > after
    results["is_correction"] = (pd.to_datetime(results["published"]) > after) & ~results["is_new"]
    order = results["organisation"].str.casefold()
    return results.iloc[np.lexsort((np.arange(len(results)), results["request"], order))].reset_index(drop=True)


def _typed(results: pd.DataFrame) -> pd.DataFrame:
    """Numbers as floats, texts and the rest as objects, yes and no as such: an empty table joins any other."""
    kinds = {name: str(field.annotation) for name, field in PublishedResult.model_fields.items()}
    numbers = [c for c, kind in kinds.items() if "float" in kind or "int" in kind]
    flags = [c for c, kind in kinds.items() if "bool" in kind]
    typed = results.astype(dict.fromkeys(numbers, float) | {c: object for c in results if c not in numbers})
    for column in flags:
        typed[column] = results[column].eq(True).astype(bool)
    return typed


def _verdict(results: pd.DataFrame) -> pd.Series:
    low, high = results["ci_low_pp"].astype(float), results["ci_high_pp"].astype(float)
    found = np.select([high < 0, low > 0, low.notna() & high.notna()], [v.value for v in _BY_SIGN], "")
    return pd.Series(found, index=results.index, dtype=object).replace({"": None})


_BY_SIGN = (Verdict.reduction, Verdict.increase, Verdict.inconclusive)


def _request_rows(
    standing: pd.DataFrame, own: pd.DataFrame, earlier_until: dt.date | None, name_unpublished: bool
) -> tuple[RequestRow, ...]:
    """Every request by the day it was received; all that are under way are in progress to a reader."""
    rows = standing.sort_values(["received", "request"], ignore_index=True)
    reports = own.groupby("request")
    n_reports, version = reports.size(), reports["version"].max()
    rows["status"] = rows["status"].replace({s.value: RequestStatus.in_progress.value for s in UNDER_WAY})
    rows["ended"] = rows["ended"].where(rows["status"] != RequestStatus.in_progress)
    after = pd.Timestamp(earlier_until or dt.date.min.replace(year=1800))
    rows["is_new"] = rows["ended"].notna() & (rows["ended"] > after)
    rows["n_reports"] = rows["request"].map(n_reports).fillna(0).astype(int)
    rows["version"] = rows["request"].map(version).fillna(rows["version"]).fillna(0).astype(int)
    is_released = rows["version"] > 0
    rows["criterion"] = rows["criterion"].where(rows["status"] == RequestStatus.could_not_be_answered, "")
    if not name_unpublished:
        number = (~is_released).cumsum().map("not-published-{:02d}".format)
        rows["request"] = rows["request"].where(is_released, number)
        for column in ("organisation", "service"):
            rows[column] = rows[column].where(is_released, None)
    return _records(RequestRow, rows)


def _criteria(standing: pd.DataFrame) -> tuple[Criterion, ...]:
    unanswered = standing[standing["status"] == RequestStatus.could_not_be_answered]
    counts = unanswered["criterion"].fillna("").replace("", NO_CRITERION).value_counts()
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(Criterion(criterion=str(words), n=int(n)) for words, n in ordered)


def _corrections(results: tuple[PublishedResult, ...], earlier_until: dt.date | None) -> tuple[Correction, ...]:
    found = {}
    for result in results:
        if result.version > 1 and result.source is Source.this_lab:
            about = {"request": result.request, "organisation": result.organisation, "version": result.version}
            is_new = earlier_until is None or result.published > earlier_until
            reason = result.corrected_reason
            found[result.request] = Correction(**about, published=result.published, reason=reason, is_new=is_new)
    return tuple(found.values())


def _remarks(results: pd.DataFrame, shown: pd.DataFrame) -> tuple[str, ...]:
    """What a reader must know of how the numbers were come by; only what applies."""
    remarks = []
    reasons = shown.loc[shown["left_out"] != "", "left_out"].value_counts()
    for why, n in sorted(reasons.items()):
        of = "1 result is" if n == 1 else f"{n} results are"
        remarks.append(f"{of} not part of the pooled effects: {why}.")
    n = int(shown["se_from_interval"].sum())
    if n:
        of = "of 1 result" if n == 1 else f"of {n} results"
        remarks.append(f"The standard error {of} was worked out from the interval's width.")
    n = int(results["p_from_interval"].sum())
    if n:
        of = "of 1 result" if n == 1 else f"of {n} results"
        remarks.append(f"The p-value {of} was worked out from the difference and its interval.")
    if shown["request"].duplicated().any():
        remarks.append(
            "Several tests may concern the same people; the number expected by chance holds all the same, its range is"
            " only a guide."
        )
    return tuple(remarks)


def _records(model: type[Model], frame: pd.DataFrame) -> tuple[Any, ...]:
    """Rows of a table as models: missing values as None, or as the field's default where None is none of its values."""
    names = [name for name in model.model_fields if name in frame]
    rows = []
    for values in frame[names].to_dict("records"):
        given = {name: _plain(value, str(model.model_fields[name].annotation)) for name, value in values.items()}
        rows.append(model(**{n: v for n, v in given.items() if v is not None or model.model_fields[n].is_required()}))
    return tuple(rows)


def _plain(value: Any, kind: str) -> Any:
    if isinstance(value, tuple | list):
        return tuple(value)
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp | dt.datetime):
        return _day(value)
    return int(value) if "int" in kind and not isinstance(value, bool) else value


def _day(value: Any) -> dt.date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()
