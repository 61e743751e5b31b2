"""Proves a graph before it is written: against the Python scores, in any batch, and on the edges of its inputs."""

from __future__ import annotations

import time

import numpy as np
import onnxruntime

from .fit import Fit
from .spec import Head

TOLERANCE = 1e-6
PARITY_ROWS_MIN = 1_000
GOLDEN_ROWS = 64


class Refused(Exception):
    """The graph does not score as the model that was fitted: nothing may be written."""


def session_of(graph: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def score(session: onnxruntime.InferenceSession, features: np.ndarray) -> np.ndarray:
    return session.run(None, {"features": np.ascontiguousarray(features, np.float32)})[0]


def edge_rows(head: Head) -> np.ndarray:
    """All defaults, all lowest, all highest, and each feature alone at its highest."""
    default = [f.default for f in head.features]
    rows = [default, [f.low for f in head.features], [f.high for f in head.features]]
    for i, feature in enumerate(head.features):
        rows.append([*default[:i], feature.high, *default[i + 1 :]])
    return np.array(rows, np.float32)


def prove(head: Head, fits: list[Fit], graph: bytes, features: np.ndarray) -> float:
    """The largest difference between ONNX Runtime and Python over all rows given and the edge rows. Raises Refused when
    it is above TOLERANCE, when there are too few rows to tell, or when a batch of one scores other bits."""
    rows = np.vstack([features, edge_rows(head)])
    if len(rows) < PARITY_ROWS_MIN:
        raise Refused(f"{len(rows)} rows are too few to compare the graph with, {PARITY_ROWS_MIN} are needed")
    session = session_of(graph)
    served = score(session, rows)
    fitted = np.column_stack([fit.probabilities(head, rows) for fit in fits])
    if not np.isfinite(served).all():
        raise Refused("the graph answers something that is not a finite number")
    difference = float(np.abs(served - fitted).max())
    if difference > TOLERANCE:
        raise Refused(f"the graph is {difference:.2e} away from the Python scores, {TOLERANCE} is allowed")
    some = rows[-PARITY_ROWS_MIN:]
    for batch in (1, 3, 64):
        parts = [score(session, some[i : i + batch]) for i in range(0, len(some), batch)]
        if not np.array_equal(np.vstack(parts), served[-PARITY_ROWS_MIN:]):
            raise Refused(f"the graph scores other bits in batches of {batch}")
    return difference


def golden(head: Head, graph: bytes, features: np.ndarray) -> dict:
    """golden.json: the edge rows, then rows spread evenly over the training rows."""
    edges = edge_rows(head)
    picks = np.linspace(0, len(features) - 1, GOLDEN_ROWS - len(edges)).astype(int)
    rows = np.vstack([edges, features[picks]])
    expected = score(session_of(graph), rows)
    return {"tolerance": TOLERANCE, "rows": _short(rows), "expected": _short(expected)}


def _short(values: np.ndarray) -> list[list[float]]:
    """The shortest decimals that read back as the same float32."""
    return [[float(str(v)) for v in row] for row in values.astype(np.float32)]


def cost_per_row_us(graph: bytes, features: np.ndarray) -> dict[int, float]:
    """Best of several passes, in microseconds a row at batch 1, 64 and 256, one thread. Rows are drawn at random and do
    not repeat within a pass: a repeated row lets the processor learn its way through the trees, three times too fast.
    Printed, not written: a bundle holds nothing that the same data would not give again."""
    session, costs = session_of(graph), {}
    order = np.random.default_rng(0).permutation(len(features))
    drawn = np.ascontiguousarray(features[order[: 256 * 64]], np.float32)
    for batch in (1, 64, 256):
        parts = [drawn[i : i + batch] for i in range(0, len(drawn) - batch + 1, batch)]
        best = float("inf")
        for _ in range(5):
            started = time.perf_counter()
            for part in parts:
                session.run(None, {"features": part})
            best = min(best, (time.perf_counter() - started) / (len(parts) * batch))
        costs[batch] = round(best * 1e6, 2)
    return costs
