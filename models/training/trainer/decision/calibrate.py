"""Platt: a slope of the log-odds, on customers that the network was not fitted to, and a shift."""

from __future__ import annotations

import numpy as np

from .network import FIRST_REACH, IS_CALL, PLACE, Network, sent_and_bought, sigmoid
from .rows import HOLD, Decisions
from .spec import ANSWERED, CHANNELS, CONVERTED, ORDERED, REDEEMED, SEEN

Answers = dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]

STEPS = 25
# Fewer cases or events than this and a slope of them would be noise: the log-odds are only shifted.
EVENTS_MIN = 200


def known_answers(network: Network, rows: Decisions) -> Answers:
    """By output: the rows that show it, their log-odds with the hour of sending, and what came."""
    z = network.log_odds(rows.features)
    hours = network.parts["hours"]
    found = {}
    for place, channel in enumerate(CHANNELS):
        label = rows.labels[ANSWERED if IS_CALL[place] else SEEN]
        at = np.flatnonzero((rows.channel == place) & ~np.isnan(label))
        odds = z[at, FIRST_REACH + place] + hours[int(IS_CALL[place]), rows.hour[at]]
        found[f"reach.{channel}"] = (at, odds, label[at])
    answered, ordered = rows.labels[ANSWERED], rows.labels[ORDERED]
    calls = np.flatnonzero((rows.channel != HOLD) & IS_CALL[rows.channel] & ~np.isnan(answered))
    found["answer"] = (calls, z[calls, PLACE["answer"]] + hours[1, rows.hour[calls]], answered[calls])
    talks = calls[answered[calls] == 1]
    found["convert"] = (talks, z[talks, PLACE["convert"]], rows.labels[CONVERTED][talks])
    held = np.flatnonzero((rows.channel == HOLD) & ~np.isnan(ordered))
    found["hold"] = (held, z[held, PLACE["hold"]], ordered[held])
    coupon = sent_and_bought(rows)
    found["redeem"] = (coupon, z[coupon, PLACE["redeem"]], rows.labels[REDEEMED][coupon])
    return found


def calibrate(fitted: Answers, apart: Answers) -> dict[str, tuple[float, float]]:
    """Slope and shift by output, from the answers known of rows fitted to, and of rows kept apart. Only these can tell
    the slope: the others the network knows too well. The level is that of both together, for it is one number that no
    network learns by heart, and some outputs have few cases."""
    found = {}
    for name, (_, odds, y) in apart.items():
        slope, shift = platt(odds, y)
        _, more_odds, more_y = fitted[name]
        found[name] = slope, level(slope * np.concatenate([odds, more_odds]), np.concatenate([y, more_y]), shift)
    return found


def level(odds: np.ndarray, y: np.ndarray, shift: float) -> float:
    """The shift of the log-odds at which as many are expected as came, sought from `shift` on."""
    for _ in range(STEPS):
        p = sigmoid(odds + shift)
        shift -= float((p - y).sum() / np.maximum(p * (1 - p), 1e-9).sum())
    return shift


def platt(odds: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and shift by Newton's steps; the slope stays 1 where there is too little to tell."""
    slope, shift = 1.0, 0.0
    if min(y.sum(), len(y) - y.sum()) < EVENTS_MIN:
        return slope, level(odds, y, shift)
    for _ in range(STEPS):
        p = sigmoid(slope * odds + shift)
        w = np.maximum(p * (1 - p), 1e-9)
        off = p - y
        gradient = np.array([(off * odds).sum(), off.sum()])
        curve = np.array([[(w * odds * odds).sum(), (w * odds).sum()], [(w * odds).sum(), w.sum()]])
        change = np.linalg.solve(curve, gradient)
        slope, shift = slope - float(change[0]), shift - float(change[1])
    return slope, shift
