"""Trains the heads of a decision and writes their bundle: `python models/training/train_decision.py --help`."""

from __future__ import annotations

import os

# One thread, fixed before numpy is loaded: the same rows give the same bytes on a busy machine too.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from trainer.decision.bundle import write_bundle  # noqa: E402
from trainer.decision.calibrate import calibrate, known_answers  # noqa: E402
from trainer.decision.measure import calibration, separation  # noqa: E402
from trainer.decision.network import fit  # noqa: E402
from trainer.decision.rows import read_decisions  # noqa: E402
from trainer.proof import Refused, cost_per_row_us  # noqa: E402

EPOCHS = 8
PROTOCOL = (
    "Seeds of the market are kept apart: the network is fitted on some, the epoch chosen and Platt fitted on others "
    "(its shift on both), measured on yet others, which no choice was made with."
)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, 1 (it failed: bad rows, refused graph) or 2 (called wrongly)."""
    parser = argparse.ArgumentParser(prog="train_decision.py", description="Fit the heads of a decision.")
    parser.add_argument("--rows", type=Path, nargs="+", required=True, help="CSV of `beckon export`, to fit on")
    parser.add_argument("--valid", type=Path, nargs="+", required=True, help="rows of other seeds, to calibrate on")
    parser.add_argument("--test", action="append", default=[], metavar="NAME=FILE", help="rows to measure on; those of one name together")
    parser.add_argument("--data", default="Simulated market", help="what the rows are, for the card")
    parser.add_argument("--version", required=True, help="version of the bundle")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle, replaced when it exists")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    options = parser.parse_args(arguments)
    try:
        train(options)
    except (ValueError, OSError, Refused) as error:
        print(f"train_decision.py: {error}", file=sys.stderr)
        return 1
    return 0


def train(options: argparse.Namespace) -> dict:
    """Fits, calibrates, measures, proves, writes; returns the manifest."""
    rows, valid = read_decisions(options.rows), read_decisions(options.valid)
    network = fit(rows, valid, options.epochs)
    platts = calibrate(known_answers(network, rows), known_answers(network, valid))
    del valid
    tests: dict[str, list[Path]] = {}
    for test in options.test:
        name, _, path = test.partition("=")
        tests.setdefault(name, []).append(Path(path))
    seeds = {}
    for name, paths in tests.items():
        part = read_decisions(paths)
        seeds[name] = {
            "calibration": calibration(network, platts, part),
            "separation": separation(network, platts, part),
        }
        print(f"{name}: {seeds[name]}")
    training = {"data": options.data, "from": "the market's first day", "until": "its last", "protocol": PROTOCOL}
    facts = {"training": training, "metrics": {"seeds": seeds}}
    manifest = write_bundle(options.out, options.version, network, platts, rows, facts)
    costs = cost_per_row_us((options.out / "model.onnx").read_bytes(), rows.features)
    print("cost, µs a row: " + ", ".join(f"batch {batch} {cost}" for batch, cost in costs.items()))
    return manifest


if __name__ == "__main__":
    sys.exit(main())
