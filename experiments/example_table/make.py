"""Make the example table: a small company's customers, of every kind of column that real life has.

    python experiments/example_table/make.py examples/customers.csv

All values are drawn from a seeded generator; nobody in it exists.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

N_ROWS = 900
CITIES = ("Aarhus", "Bergen", "Cadiz", "Delft", "Evora", "Freiburg", "Graz", "Haarlem")
WORDS = ("late", "parcel", "refund", "thanks", "invoice", "password", "broken", "fast", "polite",
         "again", "never", "delivery", "question", "works", "slow", "cancel")  # fmt: skip


def customers(rng: np.random.Generator) -> pd.DataFrame:
    """Return the table; `churned` depends on tenure, complaints, plan and discount."""
    tenure = rng.gamma(2.0, 14.0, N_ROWS).round(1)
    plan = rng.choice(["basic", "plus", "family", "business"], N_ROWS, p=[0.45, 0.3, 0.15, 0.1])
    spend = (
        12 + 9 * (plan == "plus") + 22 * (plan == "business") + rng.gamma(2, 6, N_ROWS)
    ).round(2)
    complaints = rng.poisson(0.4 + 0.9 * (plan == "basic"))
    discount = rng.choice([0, 5, 10, 20], N_ROWS, p=[0.6, 0.2, 0.15, 0.05])
    joined = pd.Timestamp("2026-06-30") - pd.to_timedelta((tenure * 30.4).round(), unit="D")
    notes = [" ".join(rng.choice(WORDS, rng.integers(2, 7))) for _ in range(N_ROWS)]
    angry = np.array(["cancel" in note or "never" in note for note in notes])
    risk = (
        -1.1 - 0.035 * tenure + 0.55 * complaints - 0.06 * discount + 1.3 * angry
        + 0.9 * ((plan == "basic") & (spend > 30)) + 0.5 * rng.normal(size=N_ROWS)
    )  # fmt: skip
    frame = pd.DataFrame(
        {
            "customer": [f"C{10_000 + i}" for i in range(N_ROWS)],
            "joined": joined.strftime("%Y-%m-%d"),
            "city": rng.choice(CITIES, N_ROWS),
            "plan": plan,
            "tenure_months": tenure,
            "monthly_spend": spend,
            "complaints": complaints,
            "discount_percent": discount,
            "newsletter": rng.random(N_ROWS) < 0.4,
            "last_note": notes,
            "fax": np.nan,
            "churned": np.where(rng.random(N_ROWS) < 1 / (1 + np.exp(-risk)), "yes", "no"),
        }
    )
    for column, share in (("monthly_spend", 0.06), ("city", 0.03), ("last_note", 0.15)):
        frame.loc[rng.random(N_ROWS) < share, column] = None
    return frame


if __name__ == "__main__":
    customers(np.random.default_rng(2026)).to_csv(Path(sys.argv[1]), index=False)
