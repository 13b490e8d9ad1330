"""What others take for the same, in a process of its own, and whether they find the same.

    python -m benchmarks.matching.peers scikit-learn 10000 1000000

prints one JSON object: wall and processor seconds, peak memory in MB, and how many people have another weight than the
toolkit gives them. ``MatchIt`` runs in R, where ``Rscript`` and the package are installed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import resource
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jdl_toolkit.matching import nearest_weights, radius_weights

from ..linkage.timing import peak_memory
from .people import make_scores
from .timing import time_of

#: Nobody waits longer for a peer, and none may take more memory.
MOST_SECONDS, MOST_GB = 240, 14
#: A list of neighbours for each of 100 thousand among 5 million would need 60 GB.
LARGEST_SIZE = "large"

_MATCHIT = """
suppressMessages(library(MatchIt)); a <- commandArgs(TRUE); d <- read.csv(a[1]); g <- gc(reset = TRUE)
t <- system.time(m <- matchit(z ~ score, d, method = "nearest", distance = d$score, caliper = as.numeric(a[2]),
  std.caliper = FALSE, m.order = "largest"))
write.csv(data.frame(weight = m$weights), a[3], row.names = FALSE)
cat(t[["elapsed"]], t[["user.self"]] + t[["sys.self"]], sum(gc()[, 6]))
"""


def scikit_learn(score: np.ndarray, is_treated: np.ndarray, caliper: float) -> tuple[dict[str, float], np.ndarray]:
    """Radius matching from scikit-learn's lists of neighbours."""
    from sklearn.neighbors import NearestNeighbors

    weight = is_treated.astype(float)

    def work() -> None:
        tree = NearestNeighbors(radius=caliper).fit(score[~is_treated][:, None])
        found = tree.radius_neighbors(score[is_treated][:, None], return_distance=False)
        k = np.array([len(f) for f in found])
        shares = np.repeat(1 / np.maximum(k, 1), k)
        weight[~is_treated] = np.bincount(np.concatenate(found), shares, (~is_treated).sum())

    return time_of(work), weight


def pymatchit(score: np.ndarray, is_treated: np.ndarray, caliper: float) -> tuple[dict[str, float], np.ndarray]:
    """Nearest neighbours without replacement by a Python port of MatchIt (pymatchit-causal)."""
    from pymatchit import MatchIt

    # its caliper is in standard deviations of the distance
    people = pd.DataFrame({"z": is_treated.astype(int), "score": score})
    asked = MatchIt(people, method="nearest", distance=score, caliper=caliper / score.std(ddof=1), m_order="largest")
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seconds = time_of(lambda: asked.fit("z ~ score"))
    weight = np.zeros(len(score))
    weight[asked.matched_data.index.to_numpy()] = asked.matched_data["weights"].to_numpy()
    return seconds, weight


def matchit(score: np.ndarray, is_treated: np.ndarray, caliper: float) -> tuple[dict[str, float], np.ndarray]:
    """Nearest neighbours without replacement by MatchIt, in R."""
    with tempfile.TemporaryDirectory() as folder:
        table, weights, script = (Path(folder) / name for name in ("people.csv", "weights.csv", "script.R"))
        pd.DataFrame({"z": is_treated.astype(int), "score": score}).to_csv(table, index=False)
        script.write_text(_MATCHIT)
        command = ["Rscript", str(script), str(table), repr(caliper), str(weights)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        wall, cpu, peak = map(float, done.stdout.split())
        return {"wall": wall, "cpu": cpu, "peak_mb": peak}, pd.read_csv(weights)["weight"].to_numpy()


#: Peer -> what it does, and which of the toolkit's weights are the same.
PEERS: dict[str, tuple[str, Callable[..., tuple[dict[str, float], np.ndarray]]]] = {
    "scikit-learn": ("radius", scikit_learn),
    "pymatchit-causal": ("nearest", pymatchit),
    "MatchIt": ("nearest", matchit),
}


def peer_version(name: str) -> str | None:
    """Version of a peer, None where it is not installed."""
    if name != "MatchIt":
        with contextlib.suppress(PackageNotFoundError):
            return version(name)
        return None
    if not shutil.which("Rscript"):
        return None
    ask = 'cat(as.character(packageVersion("MatchIt")), R.version$major, R.version$minor)'
    done = subprocess.run(["Rscript", "-e", ask], capture_output=True, text=True)
    own, major, minor = done.stdout.split() if done.returncode == 0 else ("", "", "")
    return f"{own} (R {major}.{minor})" if own else None


def measure(name: str, n_treatment: int, n_pool: int) -> dict[str, Any]:
    """A peer's seconds and memory, and how far its weights are from the toolkit's."""
    score, is_treated, caliper, _ = make_scores(n_treatment, n_pool)
    method, peer = PEERS[name]
    seconds, weight = peer(score, is_treated, caliper)
    peak = seconds.pop("peak_mb", None) or peak_memory()
    ours = (
        radius_weights(score, is_treated, caliper)[0]
        if method == "radius"
        else nearest_weights(score, is_treated, 1, False, caliper)[0]
    )
    differing = int((np.abs(weight - ours) > 1e-9).sum())
    return {"parts": {method: seconds}, "peak_mb": peak, "n_differing": differing}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", choices=list(PEERS))
    parser.add_argument("treated", type=int)
    parser.add_argument("pool", type=int)
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_GB * 2**30, MOST_GB * 2**30))
    print(json.dumps(measure(asked.peer, asked.treated, asked.pool)))


if __name__ == "__main__":
    main()
