"""Rows of nobody with their Python scores, to hold another runtime to: `train.py --parity FILE`."""

from __future__ import annotations

import gzip
import hashlib
import json

import numpy as np

from .fit import SEED, Fit
from .proof import edge_rows
from .spec import Head

PARITY_ROWS = 1_200


def parity_rows(head: Head, features: np.ndarray) -> np.ndarray:
    """The edge rows, then rows whose every column is drawn on its own from `features` and moved by up to a tenth: they
    reach the leaves that real customers reach, and hold none."""
    random = np.random.default_rng(SEED)
    drawn = np.column_stack([random.choice(column, PARITY_ROWS) for column in features.T])
    moved = (drawn * random.uniform(0.9, 1.1, drawn.shape)).astype(np.float32)
    return np.vstack([edge_rows(head), moved])


def parity_file(head: Head, fits: list[Fit], graph: bytes, features: np.ndarray) -> bytes:
    """Gzipped JSON: `sha256` of the graph, `features` by name, `rows` as the shortest decimals of float32, `expected` of
    the fits in float64 (LightGBM and NumPy, no ONNX), to 9 digits."""
    rows = parity_rows(head, features)
    expected = np.column_stack([fit.probabilities(head, rows) for fit in fits])
    content = {
        "sha256": hashlib.sha256(graph).hexdigest(),
        "features": [f.name for f in head.features],
        "columns": [fit.target.name for fit in fits],
        "rows": [[float(str(v)) for v in row] for row in rows],
        "expected": np.round(expected, 9).tolist(),
    }
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), 9, mtime=0)
