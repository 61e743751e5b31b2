"""Asks a running service about customers at past moments, and holds its answers to what came after.

`python models/training/evaluate_service.py --orders FILE`: each question replays the orders before its moment into a
fresh data directory, trains a model on label windows that had ended by then, starts the service with it, and asks
`POST /v1/score/batch` for every customer. What came after is counted from the file by itself.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse  # noqa: E402
import shutil  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from trainer.bundle import write_bundle  # noqa: E402
from trainer.evaluate import compare, p_value  # noqa: E402
from trainer.fit import SEED, fit_baseline, fit_head, sigmoid  # noqa: E402
from trainer.heads.repurchase import HEAD  # noqa: E402
from trainer.rows import DAY_SECONDS, Rows, iso, read_rows, seconds  # noqa: E402
from trainer.service import Service, beckon  # noqa: E402

PACK = Path(__file__).resolve().parents[1] / "retail"
FIRST_MOMENT, STEP = "2010-12-13", "6d"
# Half of the fourth digit that the API shows, and the millionth that the graph may be away from Python.
ROUNDING = 0.5e-4 + 1e-6


@dataclass(frozen=True)
class Question:
    """A label at a moment, and what the answer must reach."""

    label: str
    at: str
    auc_min: float
    ece_max: float | None = None
    brier_max: float | None = None


QUESTIONS = (
    Question("repurchase90d", "2011-06-11", auc_min=0.755, brier_max=0.215),
    Question("repurchase30d", "2011-08-10", auc_min=0.765, ece_max=0.05),
)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 where every bar is reached, else 1."""
    parser = argparse.ArgumentParser(prog="evaluate_service.py", description="Bars of repurchase through the service.")
    parser.add_argument("--orders", type=Path, required=True, help="Online Retail as CSV: by line, or a row an invoice")
    options = parser.parse_args(arguments)
    orders = options.orders.resolve()
    placed = orders_placed(orders)
    with tempfile.TemporaryDirectory(prefix="beckon-evaluate-") as folder:
        scratch = Path(folder)
        rows = exported_rows(orders, scratch)
        missed = [bar for question in QUESTIONS for bar in answer(question, orders, placed, rows, scratch)]
    print("\n".join(f"MISSED {bar}" for bar in missed) or "every bar is reached")
    return 1 if missed else 0


def answer(question: Question, orders: Path, placed: pd.DataFrame, rows: Rows, scratch: Path) -> list[str]:
    """Prints the figures of one question; returns the bars that it misses."""
    at = seconds(question.at)
    target = next(t for t in HEAD.targets if t.name == question.label)
    folder = scratch / question.label
    fits = fit_head(HEAD, rows, at)
    pack = folder / "pack"
    shutil.copytree(PACK, pack, ignore=shutil.ignore_patterns(HEAD.name))
    write_bundle(pack / HEAD.name / "1", HEAD, "1", rows, fits, at, {})
    beckon("replay", orders, "--format", "online-retail", "--until", question.at, "--data-dir", folder / "data")

    asked = rows.where(rows.at == at)
    customers = [str(customer) for customer in asked.customers]
    with Service(pack, folder / "data") as service:
        decisions = service.score_batch(customers, iso(at), 10_000)
        small = service.score_batch(customers, iso(at), 200)
    assert all(decision["known"] for decision in decisions), "the service does not know a customer of the log"
    names = [t.name for t in HEAD.targets]
    served = np.array([[decision["scores"][name] for name in names] for decision in decisions])
    assert [d["scores"] for d in small] == [d["scores"] for d in decisions], "small batches answer otherwise"

    fitted = np.column_stack([fit.probabilities(HEAD, asked.features) for fit in fits])
    difference = float(np.abs(served - fitted).max())
    came = placed[(placed["at"] >= at) & (placed["at"] < at + target.window_days * DAY_SECONDS)]["customer"]
    labels = np.isin(customers, came.unique()).astype(float)
    assert np.array_equal(labels, asked.labels[target.name]), "the exported labels are not those of the file"
    baseline = sigmoid(fit_baseline(HEAD, rows, target, at)(asked.features))
    scores = served[:, names.index(target.name)]
    buyers = asked.features[:, [f.name for f in HEAD.features].index(HEAD.population)] > 0
    parts = {"every customer": np.ones(len(labels), bool), f"with {HEAD.population} before": buyers}

    print(f"## {target.name} at {question.at}: trained on {fits[names.index(target.name)].rows} rows\n")
    print("| who | customers | base rate | mean p | AUC | RFM | gain | baseline as good | Brier | ECE |\n" + "|---" * 10 + "|")
    missed = []
    for who, mask in parts.items():
        r = compare(labels[mask], scores[mask], baseline[mask], SEED)
        print(
            f"| {who} | {r['customers']} | {r['baseRate']:.3f} | {r['meanProbability']:.3f} "
            f"| {r['auc']:.4f} {r['aucInterval']} | {r['aucBaseline']:.4f} {r['aucBaselineInterval']} "
            f"| {r['aucGain']:+.4f} {r['aucGainInterval']} | {p_value(r['pBaseline'])} | {r['brier']:.4f} | {r['ece']:.4f} |"
        )
        bars = (
            ("AUC", r["auc"] >= question.auc_min),
            ("gain over RFM", r["aucGainInterval"][0] > 0),
            ("ECE", question.ece_max is None or r["ece"] <= question.ece_max),
            ("Brier", question.brier_max is None or r["brier"] <= question.brier_max),
        )
        missed += [f"{name} of {target.name} at {question.at}, {who}" for name, reached in bars if not reached]
    print(f"\nFurthest from the Python score: {difference:.2e} of {served.size} scores, shown with 4 digits\n")
    return missed + ([f"equality with Python at {question.at}"] if difference > ROUNDING else [])


def exported_rows(orders: Path, scratch: Path) -> Rows:
    """Rows of every moment up to the last question, from the code that serves."""
    data, out = scratch / "whole", scratch / "rows.csv"
    beckon("replay", orders, "--format", "online-retail", "--data-dir", data)
    last = max(question.at for question in QUESTIONS)
    moments = ("--at-every", STEP, "--from", FIRST_MOMENT, "--to", last)
    beckon("export", *moments, "--data-dir", data, "--out", out)
    return read_rows(out, HEAD)


def orders_placed(path: Path) -> pd.DataFrame:
    """`customer` and `at` (seconds) of every order of the file, counted without Beckon: an invoice of a customer that is
    not cancelled and adds up to more than nothing."""
    names = {"InvoiceNo": "invoice", "CustomerID": "customer", "InvoiceDate": "time", "Quantity": "qty", "UnitPrice": "price"}
    frame = pd.read_csv(path, dtype=str, keep_default_na=False).rename(columns=names)
    frame["customer"] = frame["customer"].str.replace(r"\.0$", "", regex=True)
    frame = frame[(frame["customer"] != "") & ~frame["invoice"].str.startswith("C")]
    value = frame["value"] if "value" in frame else frame["qty"].astype(float) * frame["price"].astype(float)
    frame = frame.assign(value=value.astype(float)).groupby(["invoice", "customer"], as_index=False, sort=False)
    frame = frame.agg({"time": "first", "value": "sum"})
    frame = frame[frame["value"] > 0.005]
    return frame.assign(at=(pd.to_datetime(frame["time"]) - pd.Timestamp(0)) // pd.Timedelta(seconds=1))


if __name__ == "__main__":
    sys.exit(main())
