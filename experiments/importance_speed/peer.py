"""Main effects with automl/fanova, for `run.py`: FOLDER holds X.csv and y.csv; prints JSON.

    python experiments/importance_speed/peer.py FOLDER N_TREES

Runs under the interpreter that has `fanova`, so it needs nothing of ours.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from fanova import fANOVA


def main() -> None:
    """Fit, integrate every main effect, print seconds and shares."""
    folder, n_trees = Path(sys.argv[1]), int(sys.argv[2])
    X = np.loadtxt(folder / "X.csv", delimiter=",")
    y = np.loadtxt(folder / "y.csv", delimiter=",")
    cpu, wall = time.process_time(), time.perf_counter()
    forest = fANOVA(X, y, n_trees=n_trees, seed=1)
    shares = [forest.quantify_importance((axis,))[(axis,)]["individual importance"]
              for axis in range(X.shape[1])]  # fmt: skip
    print(json.dumps({
        "version": version("fanova"), "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - wall, "shares": shares,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
