"""How good the heads are on seeds that they were not fitted to."""

from __future__ import annotations

import numpy as np

from ..evaluate import auc, ece
from .calibrate import known_answers
from .graph import Platts, last_layer
from .network import FIRST_REACH, IS_CALL, PLACE, Network, by_parts, sigmoid
from .rows import HOLD, Decisions
from .spec import ORDER_ACTIONS, ORDERED

BOOTSTRAPS = 400
FIFTHS = 5
SEED = 29
CHANCES = 100
# Outputs about an order within so many days of the decision: one order is the outcome of several decisions.
OF_AN_ORDER = ("hold", "redeem")
ORDER_DAYS = 7


def calibration(network: Network, platts: Platts, rows: Decisions) -> dict[str, dict[str, float]]:
    """By output: cases, share that came, mean probability, ECE, what chance alone makes of it, AUC. Reach with the hour
    of sending."""
    results = {}
    for name, (at, odds, y) in known_answers(network, rows).items():
        slope, shift = platts.get(name, (1.0, 0.0))
        p = sigmoid(slope * odds + shift)
        together = same_order(rows.customers[at], rows.day[at]) if name in OF_AN_ORDER else np.arange(len(at))
        results[name] = {
            "cases": len(y),
            "share": round(float(y.mean()), 4),
            "mean": round(float(p.mean()), 4),
            "ece": round(ece(y, p), 4),
            "eceByChance": round(ece_by_chance(p, together), 4),
            "auc": round(auc(y, p), 4),
        }
    return results


def same_order(customers: np.ndarray, day: np.ndarray) -> np.ndarray:
    """A number a row, the same for rows of one customer less than ORDER_DAYS after each other: an order within these days
    of both is one order."""
    order = np.lexsort((day, customers))
    begins = (customers[order][1:] != customers[order][:-1]) | (np.diff(day[order]) >= ORDER_DAYS)
    numbers = np.empty(len(day), np.int64)
    numbers[order] = np.concatenate([[0], np.cumsum(begins)])
    return numbers


def ece_by_chance(p: np.ndarray, together: np.ndarray) -> float:
    """The mean ECE of outcomes drawn from the probabilities themselves, cases of one number with the same luck."""
    random = np.random.default_rng(SEED)
    numbers = together.max() + 1
    return float(np.mean([ece((random.random(numbers)[together] < p).astype(float), p) for _ in range(CHANCES)]))


def separation(network: Network, platts: Platts, rows: Decisions) -> dict:
    """Whether the caused response is where the heads say: customers in fifths of the mean effect of what may be done for
    them, contacted rows against held ones of the same fifth, both weighed by 1 / probability. No outcome that names its
    cause is used here. Intervals: resamples of customers."""
    at = np.flatnonzero(~np.isnan(rows.labels[ORDERED]) & (rows.action < len(ORDER_ACTIONS)))
    asked = rows.where(at)
    expected = expected_effect(network, platts, asked)
    cuts = np.quantile(expected, np.arange(1, FIFTHS) / FIFTHS)
    fifth = np.searchsorted(cuts, expected, side="right")
    held = asked.channel == HOLD
    y, w = asked.labels[ORDERED].astype(np.float64), asked.weight.astype(np.float64)
    customers, of = np.unique(asked.customers, return_inverse=True)
    sums = np.zeros((4, FIFTHS, len(customers)))
    for place, mask in ((0, ~held), (2, held)):
        np.add.at(sums[place], (fifth[mask], of[mask]), w[mask] * y[mask])
        np.add.at(sums[place + 1], (fifth[mask], of[mask]), w[mask])

    def measured(counts: np.ndarray) -> np.ndarray:
        total = sums @ counts
        by_fifth = total[0] / total[1] - total[2] / total[3]
        share = (total[1] + total[3]) / (total[1] + total[3]).sum()
        return np.array([*by_fifth, (by_fifth * share).sum()])

    random = np.random.default_rng(SEED)
    samples = np.array(
        [
            measured(np.bincount(random.integers(0, len(customers), len(customers)), minlength=len(customers)))
            for _ in range(BOOTSTRAPS)
        ]
    )
    found = measured(np.ones(len(customers)))
    low, high = np.percentile(samples, [2.5, 97.5], axis=0)
    ratio = samples[:, FIFTHS - 1] / samples[:, FIFTHS]
    return {
        "fifths": [round(float(v), 5) for v in found[:FIFTHS]],
        "topInterval": [round(float(low[FIFTHS - 1]), 5), round(float(high[FIFTHS - 1]), 5)],
        "mean": round(float(found[FIFTHS]), 5),
        "meanInterval": [round(float(low[FIFTHS]), 5), round(float(high[FIFTHS]), 5)],
        "topOverMean": round(float(found[FIFTHS - 1] / found[FIFTHS]), 2),
        "topOverMeanInterval": [round(float(v), 2) for v in np.percentile(ratio, [2.5, 97.5])],
    }


def expected_effect(network: Network, platts: Platts, rows: Decisions) -> np.ndarray:
    """The mean over all pairs of action and channel of what the pair would add: one number a row, whatever was done."""
    weights, biases, group = last_layer(network, platts)

    def effect(features: np.ndarray) -> np.ndarray:
        wide = features.astype(np.float64)
        hidden = network.layers(network.inputs.scaled(wide))[-2]
        s = sigmoid(hidden @ weights + biases + network.inputs.group(wide)[:, None] * group)
        reach = s[:, FIRST_REACH : FIRST_REACH + len(IS_CALL)] * np.exp(network.parts["pull"])
        return (1 - s[:, PLACE["hold"]]) * reach.mean(axis=1) * s[:, : len(ORDER_ACTIONS)].mean(axis=1)

    return by_parts(effect, rows.features)
