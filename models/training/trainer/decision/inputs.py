"""Raw features made ready for the network: cut to what training saw, logarithms, one scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .spec import FEATURES, GROUP_ANSWERS, LOGARITHMIC

# Outside of these quantiles of training a value says no more.
TAIL = 0.0005
SPREAD_MIN = 1e-3
READ = len(FEATURES) - 1
"""Features that the network reads; the group's rate goes past it."""


@dataclass(frozen=True)
class Inputs:
    """By feature: bounds, then mean and spread after the logarithm."""

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> "Inputs":
        low = np.quantile(features, TAIL, axis=0).astype(np.float32)
        high = np.quantile(features, 1 - TAIL, axis=0).astype(np.float32)
        low[: len(LOGARITHMIC)] = np.maximum(low[: len(LOGARITHMIC)], 0)
        high = np.maximum(high, low + 1)
        group = FEATURES.index(GROUP_ANSWERS)
        low[group], high[group] = 0.05, 0.95
        read = _logs(np.clip(features, low, high))
        mean = read.mean(axis=0, dtype=np.float64).astype(np.float32)
        spread = read.std(axis=0, dtype=np.float64).astype(np.float32)
        # What hardly varies says nothing, and must not be blown up.
        spread = np.where(spread < SPREAD_MIN, np.float32(1), spread)
        return cls(low, high, mean, spread)

    def scaled(self, features: np.ndarray) -> np.ndarray:
        """What the network reads: [N, READ] float32, or the precision of `features`."""
        read = _logs(np.clip(features, self.low, self.high))
        return ((read - self.mean) / self.spread)[:, :READ]

    def group(self, features: np.ndarray) -> np.ndarray:
        """Log-odds of the group's recent answers: [N]."""
        rate = np.clip(features, self.low, self.high)[:, FEATURES.index(GROUP_ANSWERS)]
        return np.log(rate) - np.log1p(-rate)


def _logs(clipped: np.ndarray) -> np.ndarray:
    logs = np.log(clipped[:, : len(LOGARITHMIC)] + 1)
    return np.concatenate([logs, clipped[:, len(LOGARITHMIC) :]], axis=1)
