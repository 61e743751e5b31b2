"""Trains one head and writes its bundle: `python models/training/train.py --help`."""

from __future__ import annotations

import os

# One thread, fixed before numpy is loaded: the same rows give the same bytes on a busy machine too.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import argparse  # noqa: E402
import importlib  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from trainer.backtest import backtest  # noqa: E402
from trainer.bundle import write_bundle  # noqa: E402
from trainer.evaluate import p_value  # noqa: E402
from trainer.fit import fit_head, training_rows  # noqa: E402
from trainer.parity import parity_file  # noqa: E402
from trainer.proof import Refused, cost_per_row_us  # noqa: E402
from trainer.rows import read_header, read_rows, seconds  # noqa: E402
from trainer.spec import Head  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, 1 (it failed: bad rows, refused graph) or 2 (called wrongly)."""
    parser = argparse.ArgumentParser(prog="train.py", description="Fit a head on exported rows, write its bundle.")
    parser.add_argument("--rows", type=Path, required=True, help="CSV made by `beckon export`")
    parser.add_argument("--pack", required=True)
    parser.add_argument("--head", required=True)
    parser.add_argument("--version", required=True, help="version of the bundle")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle, replaced when it exists")
    parser.add_argument("--until", help="train only on label windows that had ended by this time (UTC)")
    parser.add_argument("--parity", type=Path, help="also write made-up rows with their Python scores (.json.gz)")
    options = parser.parse_args(arguments)
    head = find_head(options.pack, options.head)
    if head is None:
        parser.error(f"there is no head {options.head} of pack {options.pack}")
    try:
        until = seconds(options.until) if options.until else None
    except ValueError as error:
        parser.error(f"--until: {error}")
    try:
        train(head, options.rows, options.version, options.out, until, options.parity)
    except (ValueError, OSError, Refused) as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 1
    return 0


def train(head: Head, path: Path, version: str, out: Path, until: int | None, parity: Path | None = None) -> dict:
    """Fits, proves, measures, writes; returns the manifest."""
    head = head.present(read_header(path))
    rows = read_rows(path, head)
    fits = fit_head(head, rows, until)
    results = {target.name: backtest(head, rows, target, until) for target in head.targets}
    manifest = write_bundle(out, head, version, rows, fits, until, results)
    report(manifest)
    graph = (out / "model.onnx").read_bytes()
    if parity is not None:
        parity.write_bytes(parity_file(head, fits, graph, training_rows(head, rows, head.targets[0], until).features))
    costs = cost_per_row_us(graph, rows.features)
    print("cost, µs a row: " + ", ".join(f"batch {batch} {cost}" for batch, cost in costs.items()))
    return manifest


def find_head(pack: str, name: str) -> Head | None:
    for file in sorted((Path(__file__).parent / "trainer" / "heads").glob("[!_]*.py")):
        head = importlib.import_module(f"trainer.heads.{file.stem}").HEAD
        if (head.pack, head.name) == (pack, name):
            return head
    return None


def report(manifest: dict) -> None:
    print(f"{manifest['name']} {manifest['version']} sha256 {manifest['sha256']}")
    for target, results in manifest["metrics"]["pseudoFutures"].items():
        for r in results:
            print(
                f"{target} at {r['at'][:10]}: AUC {r['auc']:.4f} {r['aucInterval']}, baseline {r['aucBaseline']:.4f}, "
                f"gain {r['aucGain']:+.4f} {r['aucGainInterval']} ({p_value(r['pBaseline'])}), Brier {r['brier']:.4f}, "
                f"ECE {r['ece']:.4f}, base rate {r['baseRate']:.3f}; every customer AUC {r['everyCustomer']['auc']:.4f}"
            )


if __name__ == "__main__":
    sys.exit(main())
