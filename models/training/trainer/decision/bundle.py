"""Writes the bundle of the three heads: proven first, all of it or nothing, nothing in it of a clock."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ..bundle import json_bytes, replace_folder
from ..graph import OPSET
from ..proof import GOLDEN_ROWS, PARITY_ROWS_MIN, Refused, score, session_of
from .card import card
from .graph import COLUMNS, Platts, build_graph, probabilities
from .network import IS_CALL, SEED, Network
from .rows import HOURS_OF_DAY, Decisions
from .spec import CHANNELS, FEATURES, OTHER_ACTIONS

TOLERANCE = 1e-5
BATCHES = (1, 3, 64)
PARITY_ROWS = 20_000
# Hours that nobody was written to at are not known to be good: this is added to their log-odds.
UNTRIED = -3.0
# Weight of a customer's own hours.
OWN_HOURS = 0.5
MEANS = {
    "buy.hold": "P(an order within 7 days) of somebody left alone",
    "redeem": "P(the coupon that comes with the action is used, once something is bought)",
    "answer": "P(a call is answered) at an hour between the better and the worse",
    "convert": "P(an answered call converts)",
}


def write_bundle(out: Path, version: str, network: Network, platts: Platts, trained: Decisions, facts: dict) -> dict:
    """`facts`: `training` and `metrics` of the manifest. Returns the manifest; raises Refused with nothing written."""
    graph = build_graph(network, platts).SerializeToString(deterministic=True)
    picks = np.linspace(0, len(trained) - 1, min(PARITY_ROWS, len(trained))).astype(int)
    rows = np.vstack([trained.features[picks], edge_rows(network)])
    difference = prove(network, platts, graph, rows)
    manifest = {
        "formatVersion": 1,
        "name": "retail-decision",
        "version": version,
        "head": "decision",
        "pack": "retail",
        "sha256": hashlib.sha256(graph).hexdigest(),
        "opset": OPSET,
        "input": {"name": "features", "features": _features(network)},
        "context": [],
        "output": {"name": "probabilities", "columns": [_column(name, network, platts) for name in COLUMNS]},
        "calibration": {
            "method": "platt, slope on seeds kept apart, shift on these and those fitted to; folded into the last layer",
            "parameters": {name: {"slope": round(a, 6), "shift": round(b, 6)} for name, (a, b) in platts.items()},
        },
        "training": facts["training"] | {"rows": len(trained), "seed": SEED},
        "metrics": facts["metrics"] | {"parityMax": float(f"{difference:.2e}")},
    }
    shown = np.vstack([edge_rows(network), trained.features[picks[:: len(picks) // GOLDEN_ROWS]]])[:GOLDEN_ROWS]
    golden = {"tolerance": TOLERANCE, "rows": _short(shown), "expected": _short(score(session_of(graph), shown))}
    files = {
        "model.onnx": graph,
        "manifest.json": json_bytes(manifest),
        "golden.json": json_bytes(golden),
        "CARD.md": card(manifest).encode(),
    }
    replace_folder(out, files)
    return manifest


def edge_rows(network: Network) -> np.ndarray:
    """Nothing known, all lowest, all highest, all in the middle."""
    inputs = network.inputs
    return np.vstack([np.zeros(len(FEATURES)), inputs.low, inputs.high, (inputs.low + inputs.high) / 2]).astype(
        np.float32
    )


def prove(network: Network, platts: Platts, graph: bytes, rows: np.ndarray) -> float:
    """The largest difference between ONNX Runtime and NumPy over all rows. Raises Refused where it is too large, where
    there are too few rows to tell, or where a batch of another size scores other bits."""
    if len(rows) < PARITY_ROWS_MIN:
        raise Refused(f"{len(rows)} rows are too few to compare the graph with, {PARITY_ROWS_MIN} are needed")
    session = session_of(graph)
    served = score(session, rows)
    if not np.isfinite(served).all():
        raise Refused("the graph answers something that is not a finite number")
    difference = float(np.abs(served - probabilities(network, platts, rows)).max())
    if difference > TOLERANCE:
        raise Refused(f"the graph is {difference:.2e} away from the Python scores, {TOLERANCE} is allowed")
    some = rows[-PARITY_ROWS_MIN:]
    for batch in BATCHES:
        parts = [score(session, some[i : i + batch]) for i in range(0, len(some), batch)]
        if not np.array_equal(np.vstack(parts), served[-PARITY_ROWS_MIN:]):
            raise Refused(f"the graph scores other bits in batches of {batch}")
    return difference


def _features(network: Network) -> list[dict]:
    inputs = network.inputs
    return [
        {"name": name, "default": float(str(d)), "min": float(str(low)), "max": float(str(high))}
        for name, d, low, high in zip(FEATURES, np.clip(0, inputs.low, inputs.high), inputs.low, inputs.high, strict=True)
    ]


def _column(name: str, network: Network, platts: Platts) -> dict:
    part, _, what = name.partition(".")
    head = {"buy": "action", "redeem": "action", "reach": "channel"}.get(part, "call")
    column = {"name": name, "of": head, "means": MEANS.get(name) or _means(part, what), "kind": "propensity"}
    if part == "reach":
        place = CHANNELS.index(what)
        hours = _hours(network, int(IS_CALL[place]), platts.get(name, (1.0, 0.0))[0])
        return column | {"hours": hours, "pull": round(float(np.exp(network.parts["pull"][place])), 4)}
    return column | {"hours": _hours(network, 1, platts.get(name, (1.0, 0.0))[0])} if name == "answer" else column


def _means(part: str, what: str) -> str:
    if part == "buy" and what in OTHER_ACTIONS:
        return f"P({'a new friend' if what == 'add_friend' else 'a friend who buys'}), once reached with {what}"
    if part == "buy":
        return f"P(an order within 7 days), once reached with {what}"
    seen = "answers" if IS_CALL[CHANNELS.index(what)] else "opens, clicks or answers, as far as it is told,"
    return f"P(the customer {seen} a contact over {what}), at an hour between the better and the worse"


def _hours(network: Network, kind: int, slope: float) -> dict:
    hours = network.parts["hours"][kind]
    tried = hours != 0
    terms = [round(float(slope * h), 4) if is_tried else UNTRIED for h, is_tried in zip(hours, tried, strict=True)]
    return {"terms": terms[:HOURS_OF_DAY], "weekendTerms": terms[HOURS_OF_DAY:], "own": OWN_HOURS}


def _short(values: np.ndarray) -> list[list[float]]:
    return [[float(str(v)) for v in row] for row in values.astype(np.float32)]
