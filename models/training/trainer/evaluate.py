"""How good probabilities are: AUC, Brier, calibration error, and paired bootstrap intervals over customers."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

BOOTSTRAPS = 1_000
BINS = 10


def auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve by ranks; ties count half."""
    positive = labels == 1
    n1, n0 = int(positive.sum()), int((~positive).sum())
    if n1 == 0 or n0 == 0:
        return float("nan")
    return float((rankdata(scores)[positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def brier(labels: np.ndarray, probabilities: np.ndarray) -> float:
    return float(np.mean((probabilities - labels) ** 2))


def ece(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Expected calibration error over ten bins of equally many customers."""
    order = np.argsort(probabilities, kind="stable")
    error = 0.0
    for part in np.array_split(order, BINS):
        if len(part):
            error += abs(probabilities[part].mean() - labels[part].mean()) * len(part)
    return float(error / len(labels))


def ece_equal_width(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The same over ten bins of equal width."""
    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    gaps = [abs((probabilities[bins == b] - labels[bins == b]).sum()) for b in range(BINS)]
    return float(sum(gaps) / len(labels))


def compare(labels: np.ndarray, probabilities: np.ndarray, baseline: np.ndarray, seed: int) -> dict:
    """Metrics of one moment (one row a customer), with 95 % intervals from resampled customers, and the paired
    difference in AUC to `baseline` on the very same resamples. `pBaseline`: share of resamples where the baseline
    is at least as good."""
    random = np.random.default_rng(seed)
    samples = np.empty((BOOTSTRAPS, 3))
    for i in range(BOOTSTRAPS):
        pick = random.integers(0, len(labels), len(labels))
        model, base = auc(labels[pick], probabilities[pick]), auc(labels[pick], baseline[pick])
        samples[i] = model, base, model - base
    low, high = np.nanpercentile(samples, [2.5, 97.5], axis=0)

    def interval(column: int) -> list[float]:
        return [round(float(low[column]), 4), round(float(high[column]), 4)]

    model, base = auc(labels, probabilities), auc(labels, baseline)
    return {
        "customers": len(labels),
        "baseRate": round(float(labels.mean()), 4),
        "meanProbability": round(float(probabilities.mean()), 4),
        "auc": round(model, 4),
        "aucInterval": interval(0),
        "aucBaseline": round(base, 4),
        "aucBaselineInterval": interval(1),
        "aucGain": round(model - base, 4),
        "aucGainInterval": interval(2),
        "pBaseline": round(float(np.mean(samples[:, 2] <= 0)), 4),
        "brier": round(brier(labels, probabilities), 4),
        "ece": round(ece(labels, probabilities), 4),
        "eceEqualWidth": round(ece_equal_width(labels, probabilities), 4),
    }


def p_value(share: float) -> str:
    """`pBaseline` in words; none of the resamples is not a probability of zero."""
    return f"p {share:.3f}" if share > 0 else f"p < {1 / BOOTSTRAPS}"
