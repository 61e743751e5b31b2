"""The columns both parts of a model read, in float32, step for step what the graph does."""

from __future__ import annotations

import numpy as np

from .spec import Head


def columns_of(head: Head, features: np.ndarray) -> np.ndarray:
    """[N, F] raw features -> [N, F + ratios] float32. Only operations that IEEE 754 rounds exactly (clip, one addition,
    one division), so that a tree's comparison falls the same way here and in ONNX Runtime."""
    low = np.array([f.low for f in head.features], np.float32)
    high = np.array([f.high for f in head.features], np.float32)
    raw = np.minimum(np.maximum(features.astype(np.float32), low), high)
    index = {f.name: i for i, f in enumerate(head.features)}
    ratios = [
        (raw[:, index[r.numerator]] + np.float32(r.add))
        / np.maximum(raw[:, index[r.denominator]] + np.float32(r.shift), np.float32(r.floor))
        for r in head.ratios
    ]
    return np.column_stack([raw, *ratios]).astype(np.float32)


def logs_of(head: Head, columns: np.ndarray) -> np.ndarray:
    """[N, columns] -> [N, linear columns] float64: log(column + offset)."""
    index = [head.columns.index(name) for name in head.logs]
    return np.log(columns[:, index].astype(np.float64) + np.array(list(head.logs.values())))
