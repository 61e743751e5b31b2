"""Writes a bundle: model.onnx, manifest.json, golden.json, CARD.md. All of it or nothing, nothing in it of a clock."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np

from .card import card
from .fit import SEED, Fit, training_rows
from .graph import OPSET, build_graph
from .proof import golden, prove
from .rows import DAY_SECONDS, Rows, iso
from .spec import Head

# What the labels `high` and `medium` mean: the best fifth and the better half of the customers trained on.
HIGH_SHARE, MEDIUM_SHARE = 0.2, 0.5
NUMBER_LIST = re.compile(r"\[[-+.,\deE\s]+\]")


def write_bundle(
    out: Path, head: Head, version: str, rows: Rows, fits: list[Fit], until: int | None, results: dict[str, list[dict]]
) -> dict:
    """Proves the graph, then writes. `results` maps a target to its pseudo-futures. Returns the manifest; raises
    `Refused`, with nothing written, when the graph does not score as the fits do."""
    graph = build_graph(head, fits).SerializeToString(deterministic=True)
    difference = prove(head, fits, graph, rows.features)
    trained = _trained_on(head, rows, fits, until)
    manifest = {
        "formatVersion": 1,
        "name": f"{head.pack}-{head.name}",
        "version": version,
        "head": head.name,
        "pack": head.pack,
        "sha256": hashlib.sha256(graph).hexdigest(),
        "opset": OPSET,
        "input": {
            "name": "features",
            "features": [
                {"name": f.name, "default": f.default, "min": f.low, "max": f.high} for f in head.features
            ],
        },
        "context": [],
        "output": {
            "name": "probabilities",
            "columns": [
                {
                    "name": fit.target.name,
                    "means": fit.target.means,
                    "kind": "propensity",
                    "thresholds": _thresholds(head, fit, trained),
                }
                for fit in fits
            ],
        },
        "calibration": {
            "method": "platt, on customers left out in turn, over all training moments; folded into the graph",
            "parameters": {
                fit.target.name: {"slope": round(fit.platt[0], 6), "shift": round(fit.platt[1], 6)} for fit in fits
            },
        },
        "training": {
            "data": head.data,
            "from": iso(trained.at.min()),
            "until": iso(_until(head, rows, fits, until)),
            "rows": {fit.target.name: fit.rows for fit in fits},
            "customers": len(np.unique(trained.customers)),
            "cuts": len(trained.moments()),
            "seed": SEED,
            "protocol": "a row a customer and moment, features of events before it; only label windows that had ended "
            "by `until`; metrics on pseudo-futures: trained until a moment, asked about the time after it",
        },
        "metrics": {"parityMax": float(f"{difference:.2e}"), "pseudoFutures": results},
    }
    files = {
        "model.onnx": graph,
        "manifest.json": json_bytes(manifest),
        "golden.json": json_bytes(golden(head, graph, trained.features)),
        "CARD.md": card(head, manifest, fits).encode(),
    }
    replace_folder(out, files)
    return manifest


def _trained_on(head: Head, rows: Rows, fits: list[Fit], until: int | None) -> Rows:
    """The rows of the target that was trained on most of them."""
    used = [training_rows(head, rows, fit.target, until) for fit in fits]
    return max(used, key=len)


def _until(head: Head, rows: Rows, fits: list[Fit], until: int | None) -> int:
    """`--until`, or the end of the last label window that was trained on."""
    if until is not None:
        return until
    ends = [
        int(training_rows(head, rows, fit.target, None).at.max()) + fit.target.window_days * DAY_SECONDS for fit in fits
    ]
    return max(ends)


def _thresholds(head: Head, fit: Fit, trained: Rows) -> dict[str, float]:
    scores = fit.probabilities(head, trained.features)
    return {
        "high": round(float(np.quantile(scores, 1 - HIGH_SHARE)), 4),
        "medium": round(float(np.quantile(scores, 1 - MEDIUM_SHARE)), 4),
    }


def json_bytes(value: dict) -> bytes:
    """Indented, with a list of numbers on one line."""
    text = json.dumps(value, indent=2, allow_nan=False)
    return (NUMBER_LIST.sub(lambda found: " ".join(found.group().split()), text) + "\n").encode()


def replace_folder(out: Path, files: dict[str, bytes]) -> None:
    """Writes beside `out`, then swaps, so that a reader never sees half a bundle."""
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = out.with_name(f".{out.name}.new"), out.with_name(f".{out.name}.old")
    for path in (fresh, old):
        shutil.rmtree(path, ignore_errors=True)
    fresh.mkdir()
    for name, content in files.items():
        (fresh / name).write_bytes(content)
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)
