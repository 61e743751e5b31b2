"""Pseudo-futures: stand at an earlier moment, train on what had ended by then, ask about what came after."""

from __future__ import annotations

import numpy as np

from .evaluate import compare
from .fit import SEED, fit_baseline, fit_head, sigmoid
from .rows import DAY_SECONDS, Rows, iso
from .spec import Head, Target

# A pseudo-future a month, newest first; more of them overlap so much that they say the same.
STEP_DAYS = 30
MOMENTS_MAX = 6
# Fewer moments of training than this and the comparison is about the data's first weeks, not about the model.
TRAINING_MOMENTS_MIN = 4


def backtest_moments(rows: Rows, target: Target, until: int | None) -> list[int]:
    """Moments (newest first, at least STEP_DAYS apart, none after `until`) whose labels are known and that had enough
    ended label windows before them."""
    labelled = rows.where(~np.isnan(rows.labels[target.name])).moments()
    chosen: list[int] = []
    for moment in labelled[::-1]:
        if until is not None and moment > until:
            continue
        ended = (labelled + target.window_days * DAY_SECONDS <= moment).sum()
        if ended < TRAINING_MOMENTS_MIN or len(chosen) == MOMENTS_MAX:
            break
        if not chosen or chosen[-1] - moment >= STEP_DAYS * DAY_SECONDS:
            chosen.append(int(moment))
    return chosen


def backtest(head: Head, rows: Rows, target: Target, until: int | None) -> list[dict]:
    """One entry a moment: metrics over the head's population, and over every customer in the rows."""
    population = [f.name for f in head.features].index(head.population)
    results = []
    for moment in backtest_moments(rows, target, until):
        [fit] = fit_head(head, rows, moment, (target,))
        baseline = fit_baseline(head, rows, target, moment)
        asked = rows.where((rows.at == moment) & ~np.isnan(rows.labels[target.name]))
        result = {"at": iso(moment), "trainedUntil": iso(moment), "trainingRows": fit.rows}
        for name, mask in (("", asked.features[:, population] > 0), ("everyCustomer", np.ones(len(asked), bool))):
            part = asked.where(mask)
            metrics = compare(
                part.labels[target.name],
                fit.probabilities(head, part.features),
                sigmoid(baseline(part.features)),
                SEED,
            )
            result |= {name: metrics} if name else metrics
        results.append(result)
    return results
