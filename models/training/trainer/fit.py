"""Fits a head: for each target a regularised logistic on logarithms and a small LightGBM, averaged in log-odds; Platt."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import lightgbm
import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from .columns import columns_of, logs_of
from .rows import Rows
from .spec import Head, Target

SEED = 20110909
# Overlapping moments repeat a customer many times, so both parts are held back harder than the row count suggests.
INVERSE_L2 = 0.01
TREES = 30
TREE_PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.1,
    "max_depth": 4,
    "num_leaves": 16,
    "min_data_in_leaf": 300,
    "lambda_l2": 50.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "use_missing": False,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": SEED,
    "verbose": -1,
}
FOLDS = 3


@dataclass(frozen=True)
class Part:
    """Log-odds of one label before calibration: the mean of intercept + weights · logs and of the trees."""

    weights: np.ndarray
    intercept: float
    booster: lightgbm.Booster

    def log_odds(self, logs: np.ndarray, trees: np.ndarray) -> np.ndarray:
        leaves = self.booster.predict(trees, raw_score=True, num_threads=1)
        return 0.5 * (self.intercept + logs @ self.weights) + 0.5 * leaves


@dataclass(frozen=True)
class Fit:
    """One target's model: slope * (mean of its parts' log-odds) + shift, the two numbers of Platt."""

    target: Target
    parts: tuple[Part, ...]
    platt: tuple[float, float]
    rows: int

    @property
    def linear_weights(self) -> np.ndarray:
        """[linear columns]: calibration and mean folded in."""
        return self.leaf_scale * np.sum([part.weights for part in self.parts], axis=0)

    @property
    def intercept(self) -> float:
        return self.leaf_scale * sum(part.intercept for part in self.parts) + self.platt[1]

    @property
    def leaf_scale(self) -> float:
        """What a leaf of any part's trees counts in the calibrated log-odds."""
        return 0.5 * self.platt[0] / len(self.parts)

    def log_odds(self, head: Head, features: np.ndarray) -> np.ndarray:
        """[N, F] raw features -> [N] in float64: what the graph must agree with."""
        columns = columns_of(head, features)
        logs, trees = logs_of(head, columns), tree_columns(head, columns)
        slope, shift = self.platt
        return slope * np.mean([part.log_odds(logs, trees) for part in self.parts], axis=0) + shift

    def probabilities(self, head: Head, features: np.ndarray) -> np.ndarray:
        return sigmoid(self.log_odds(head, features))


def sigmoid(log_odds: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-log_odds))


def tree_columns(head: Head, columns: np.ndarray) -> np.ndarray:
    """The tree columns as float64 of float32 values: LightGBM compares in double, the graph in float32."""
    return columns[:, [head.columns.index(name) for name in head.trees]].astype(np.float64)


def fold_of(customers: np.ndarray) -> np.ndarray:
    """A customer is in one fold at every moment, and in the same one in every run."""
    unique, inverse = np.unique(customers, return_inverse=True)
    return np.array([zlib.crc32(c.encode()) % FOLDS for c in unique])[inverse]


def training_rows(head: Head, rows: Rows, target: Target, until: int | None) -> Rows:
    """Rows of the head's population whose label window had ended by `until` (in the log, when None)."""
    population = [f.name for f in head.features].index(head.population)
    return rows.where(rows.features[:, population] > 0).known(target, until)


def fit_head(head: Head, rows: Rows, until: int | None, targets: tuple[Target, ...] | None = None) -> list[Fit]:
    """A fit for each of `targets` (all of the head's, when None), trained on the label windows that had ended by `until` (all in the log, when None).

    Platt's two numbers come from scores of customers that the fold was not trained on, over the whole training time:
    fitted on the last season alone they made the next one worse. Raises ValueError when a target has no two classes."""
    with threadpool_limits(1):
        targets = targets or head.targets
        needed = {target.name for target in targets} | {target.borrows for target in targets}
        trained = {t.name: _Trained(head, rows, t, until) for t in head.targets if t.name in needed}
        fits = []
        for target in targets:
            own = trained[target.name]
            models = [own] + ([trained[target.borrows]] if target.borrows else [])
            scores = np.mean([model.left_out(own) for model in models], axis=0)
            platt = LogisticRegression(C=1e6, max_iter=1000).fit(scores[:, None], own.labels)
            numbers = float(platt.coef_[0, 0]), float(platt.intercept_[0])
            fits.append(Fit(target, tuple(model.part for model in models), numbers, len(own.labels)))
    return fits


class _Trained:
    """A target's part, and a part for each fold of customers left out."""

    def __init__(self, head: Head, rows: Rows, target: Target, until: int | None):
        known = training_rows(head, rows, target, until)
        self.labels = known.labels[target.name]
        if len(np.unique(self.labels)) < 2:
            raise ValueError(f"{target.name}: no label window with both outcomes had ended in time to train on")
        columns = columns_of(head, known.features)
        self.logs, self.trees = logs_of(head, columns), tree_columns(head, columns)
        self.fold = fold_of(known.customers)
        self.part = _fit_part(head, self.logs, self.trees, self.labels)
        self.fold_parts = [self._without(head, self.fold == k) for k in range(FOLDS)]

    def _without(self, head: Head, left_out: np.ndarray) -> Part:
        return _fit_part(head, self.logs[~left_out], self.trees[~left_out], self.labels[~left_out])

    def left_out(self, other: "_Trained") -> np.ndarray:
        """Log-odds of the rows of `other`, each from the part that did not see its customer."""
        scores = np.zeros(len(other.labels))
        for k, part in enumerate(self.fold_parts):
            rows = other.fold == k
            if rows.any():
                scores[rows] = part.log_odds(other.logs[rows], other.trees[rows])
        return scores


def _fit_part(head: Head, logs: np.ndarray, trees: np.ndarray, labels: np.ndarray) -> Part:
    """A logistic on standardised logs, with the standardisation folded into its weights; and the trees."""
    mean, scale = logs.mean(axis=0), logs.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    linear = LogisticRegression(C=INVERSE_L2, max_iter=2000).fit((logs - mean) / scale, labels)
    weights = linear.coef_[0] / scale
    data = lightgbm.Dataset(trees, labels, feature_name=list(head.trees), params={"verbose": -1})
    booster = lightgbm.train(TREE_PARAMETERS, data, TREES)
    return Part(weights, float(linear.intercept_[0] - weights @ mean), booster)


def fit_baseline(head: Head, rows: Rows, target: Target, until: int | None):
    """The RFM logistic: recency, frequency, money as log1p. Returns a function of [N, F] features -> [N] log-odds."""
    known = training_rows(head, rows, target, until)
    index = [[f.name for f in head.features].index(name) for name in head.baseline]
    low = np.array([head.features[i].low for i in index])

    def logs(features: np.ndarray) -> np.ndarray:
        return np.log1p(np.maximum(features[:, index].astype(np.float64), low))

    x = logs(known.features)
    mean, scale = x.mean(axis=0), np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    with threadpool_limits(1):
        model = LogisticRegression(max_iter=2000).fit((x - mean) / scale, known.labels[target.name])
    return lambda features: model.decision_function((logs(features) - mean) / scale)
