"""The figures of a batch as Markdown: time and memory, where the time goes, and the aims met or not."""

from __future__ import annotations

from typing import Any

#: Aims: most wall seconds a request, least times faster with two workers than with one, most MB a worker.
MOST_SECONDS, LEAST_SPEED_UP, MOST_MB = 10.0, 1.8, 1.5 * 1024


def as_markdown(figures: dict[str, Any]) -> str:
    """All tables, one below the other; `figures` as `__main__` keeps them."""
    parts = [_batches(figures["batches"]), _stages(figures["batches"][-1])]
    parts += [_shares(figures["shares"])] if figures.get("shares") else []
    parts += ["### Aims\n\n" + "\n".join(f"- {line}" for line in aims(figures["batches"]))]
    return "\n\n".join(parts) + "\n"


def aims(batches: list[dict[str, Any]]) -> list[str]:
    """A line for each aim: what was measured, its ratio to the limit, and met or not met."""
    most = max(batches, key=lambda one: one["n_workers"])
    each, memory = most["wall"] / most["n_requests"], most["memory_mb"] / most["n_workers"]
    lines = [
        _line(f"wall seconds a request, {most['n_workers']} workers", each, MOST_SECONDS, each < MOST_SECONDS),
        _line("MB a worker", memory, MOST_MB, memory < MOST_MB),
    ]
    one = next((b for b in batches if b["n_workers"] == 1), None)
    if one is not None and most["n_workers"] > 1:
        faster = one["wall"] / most["wall"]
        said = f"speed-up of {most['n_workers']} workers over 1"
        lines.append(_line(said, faster, LEAST_SPEED_UP, faster >= LEAST_SPEED_UP))
    return lines


def _line(what: str, measured: float, limit: float, is_met: bool) -> str:
    return f"{what}: {measured:,.3g}, {measured / limit:.2f} of {limit:,.4g}, {'met' if is_met else 'not met'}"


def _batches(batches: list[dict[str, Any]]) -> str:
    rows = [
        "| workers | requests | wall s | wall s a request | CPU s a request | cores in use | MB a worker | outcomes |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for one in batches:
        n, outcomes = one["n_requests"], ", ".join(f"{n} {name}" for name, n in one["outcomes"].items())
        figures = (one["wall"], one["wall"] / n, one["cpu"] / n, one["cpu"] / one["wall"])
        cells = [f"{one['n_workers']}", f"{n}", *(f"{figure:,.3g}" for figure in figures)]
        cells += [f"{one['memory_mb'] / one['n_workers']:,.0f}", outcomes]
        rows.append(f"| {' | '.join(cells)} |")
    return "### The whole batch\n\n" + "\n".join(rows)


def _stages(batch: dict[str, Any]) -> str:
    total = sum(batch["stage_seconds"].values())
    rows = ["| stage | wall s, all requests | share |", "| --- | ---: | ---: |"]
    rows += [f"| {stage} | {s:,.1f} | {s / total:.0%} |" for stage, s in batch["stage_seconds"].items()]
    return f"### By stage, {batch['n_workers']} workers\n\n" + "\n".join(rows)


def _shares(shares: dict[str, Any]) -> str:
    """What of the processor time of the same requests is the analysis, and what is around it."""
    rows = ["| request | records | CPU s | of which the analysis | around it |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, one in shares.items():
        analysis = sum(stage["analysis"] for stage in one["stages"].values())
        around = one["cpu"] - analysis
        rows.append(
            f"| {name} | {one['n_records']:,} | {one['cpu']:.1f} | {analysis:.1f} | {around / one['cpu']:.0%} |"
        )
    return "### The analysis itself, and what is around it\n\n" + "\n".join(rows)
