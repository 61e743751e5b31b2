"""Platt: a slope and a shift of the log-odds, on customers that the network was not fitted to."""

from __future__ import annotations

import numpy as np

from .network import FIRST_REACH, IS_CALL, PLACE, Network, buyers_with_coupon, sigmoid
from .rows import HOLD, Decisions
from .spec import ANSWERED, CHANNELS, CONVERTED, ORDERED, REDEEMED, SEEN

STEPS = 25
# Fewer cases or events than this and a slope of them would be noise: the log-odds are only shifted.
EVENTS_MIN = 200


def known_answers(network: Network, rows: Decisions) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By output: the log-odds with the hour of sending, and what came, of the rows that show it."""
    z = network.log_odds(rows.features)
    hours = network.parts["hours"]
    found = {}
    for place, channel in enumerate(CHANNELS):
        label = rows.labels[ANSWERED if IS_CALL[place] else SEEN]
        at = np.flatnonzero((rows.channel == place) & ~np.isnan(label))
        odds = z[at, FIRST_REACH + place] + hours[int(IS_CALL[place]), rows.hour[at]]
        found[f"reach.{channel}"] = (odds, label[at])
    answered, ordered = rows.labels[ANSWERED], rows.labels[ORDERED]
    calls = np.flatnonzero((rows.channel != HOLD) & IS_CALL[rows.channel] & ~np.isnan(answered))
    found["answer"] = (z[calls, PLACE["answer"]] + hours[1, rows.hour[calls]], answered[calls])
    talks = calls[answered[calls] == 1]
    found["convert"] = (z[talks, PLACE["convert"]], rows.labels[CONVERTED][talks])
    held = np.flatnonzero((rows.channel == HOLD) & ~np.isnan(ordered))
    found["hold"] = (z[held, PLACE["hold"]], ordered[held])
    coupon = buyers_with_coupon(rows)
    found["redeem"] = (z[coupon, PLACE["redeem"]], rows.labels[REDEEMED][coupon])
    return found


def platt(odds: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and shift by Newton's steps; the slope stays 1 where there is too little to tell."""
    slope, shift = 1.0, 0.0
    is_rich = min(y.sum(), len(y) - y.sum()) >= EVENTS_MIN
    for _ in range(STEPS):
        p = sigmoid(slope * odds + shift)
        w = np.maximum(p * (1 - p), 1e-9)
        off = p - y
        if not is_rich:
            shift -= float(off.sum() / w.sum())
            continue
        gradient = np.array([(off * odds).sum(), off.sum()])
        curve = np.array([[(w * odds * odds).sum(), (w * odds).sum()], [(w * odds).sum(), w.sum()]])
        change = np.linalg.solve(curve, gradient)
        slope, shift = slope - float(change[0]), shift - float(change[1])
    return slope, shift
