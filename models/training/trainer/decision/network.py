"""A trunk with many outputs, and how a decision's outcome follows from them.

    scaled features ─ Gemm ─ Relu ─ Gemm ─ Relu ─ Gemm ─ z        one column a thing to know
    reach    σ(z_channel + hour)                     the contact is opened, clicked or answered
    hold     σ(z_hold)                               an order within the window, not contacted
    effect   reach × pull_channel × σ(z_action)      an order that the contact causes
    outcome  1 − (1 − hold)(1 − effect)

A row of the log shows one action over one channel, so it moves those outputs alone; the trunk is moved by all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .inputs import READ, Inputs
from .rows import HOLD, HOURS_OF_DAY, Decisions
from .spec import ACTIONS, ANSWERED, CALLS, CHANNELS, CONVERTED, COUPON_ACTIONS, ORDER_ACTIONS, ORDERED
from .spec import OTHER_ACTIONS, REDEEMED, SEEN

SEED = 17
WIDTHS = (64, 48)
BATCH = 1024
# Rows that are scored together outside of fitting.
PART = 1 << 16
RATE = 2e-3
DECAY = 2e-3
EFFECT_MAX = 0.9
OWN_BIASES = ("pull", "hours", "group")

OUTPUTS = (*(f"buy.{a}" for a in ACTIONS), "hold", "redeem", *(f"reach.{c}" for c in CHANNELS), "answer", "convert")
PLACE = {name: place for place, name in enumerate(OUTPUTS)}
FIRST_REACH = PLACE[f"reach.{CHANNELS[0]}"]
IS_CALL = np.array([channel in CALLS for channel in CHANNELS])


@dataclass
class Network:
    """`parts` are the layers' weights and biases, `pull` (log, by channel), `hours` (log-odds by messages or calls and
    hour of the week's two kinds of day), `group` (weight of the group's log-odds in an answer)."""

    inputs: Inputs
    parts: dict[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def new(cls, inputs: Inputs) -> "Network":
        random = np.random.default_rng(SEED)
        sizes = (READ, *WIDTHS, len(OUTPUTS))
        parts = {}
        for layer, (fan_in, fan_out) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
            scale = np.sqrt(2 / fan_in) * (0.1 if layer == len(WIDTHS) else 1)
            parts[f"w{layer}"] = (random.standard_normal((fan_in, fan_out)) * scale).astype(np.float32)
            parts[f"b{layer}"] = np.zeros(fan_out, np.float32)
        parts[f"b{len(WIDTHS)}"][:] = -2
        parts["pull"] = np.zeros(len(CHANNELS), np.float32)
        parts["hours"] = np.zeros((2, 2 * HOURS_OF_DAY), np.float32)
        parts["group"] = np.full(1, 0.5, np.float32)
        return cls(inputs, parts)

    def layers(self, scaled: np.ndarray) -> list[np.ndarray]:
        """The input, the hidden layers, and z."""
        values = [scaled]
        for layer in range(len(WIDTHS) + 1):
            z = values[-1] @ self.parts[f"w{layer}"] + self.parts[f"b{layer}"]
            values.append(np.maximum(z, 0) if layer < len(WIDTHS) else z)
        return values

    def log_odds(self, features: np.ndarray) -> np.ndarray:
        """z with the group's log-odds, in float64: [N, outputs]."""
        return by_parts(self._log_odds, features)

    def _log_odds(self, features: np.ndarray) -> np.ndarray:
        wide = features.astype(np.float64)
        z = self.layers(self.inputs.scaled(wide))[-1]
        z[:, group_places()] += self.parts["group"] * self.inputs.group(wide)[:, None]
        return z


def by_parts(answers: Callable[[np.ndarray], np.ndarray], features: np.ndarray) -> np.ndarray:
    """The answers to all rows, some at a time: millions of rows in float64 would not fit."""
    return np.concatenate([answers(features[at : at + PART]) for at in range(0, len(features), PART)])


def group_places() -> list[int]:
    """Outputs that the group's recent answers move: those of calls."""
    return [PLACE["answer"], *(PLACE[f"reach.{channel}"] for channel in CALLS)]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def loss_and_gradients(network: Network, rows: Decisions, scaled: np.ndarray, group: np.ndarray):
    """The mean loss of a batch and its gradients by part."""
    parts = network.parts
    values = network.layers(scaled)
    z = values[-1].copy()
    z[:, group_places()] += parts["group"] * group[:, None]
    dz = np.zeros_like(z)
    grads = {name: np.zeros_like(parts[name]) for name in OWN_BIASES}
    loss = 0.0
    count = len(rows)
    labels, channel, action = rows.labels, rows.channel, rows.action

    def binary(at: np.ndarray, place: np.ndarray | int, y: np.ndarray, more: np.ndarray | float = 0.0) -> np.ndarray:
        nonlocal loss
        odds = z[at, place] + more
        p = sigmoid(odds)
        loss += float(np.sum(np.logaddexp(0, odds) - y * odds))
        np.add.at(dz, (at, place), p - y)
        return p - y

    sent = np.flatnonzero(channel != HOLD)
    is_call = IS_CALL[channel[sent]].astype(np.int64)
    reached = np.where(is_call == 1, labels[ANSWERED][sent], labels[SEEN][sent])
    known = ~np.isnan(reached)
    at, kind = sent[known], is_call[known]
    place = FIRST_REACH + channel[at]
    hour = parts["hours"][kind, rows.hour[at]]
    off = binary(at, place, reached[known], hour)
    np.add.at(grads["hours"], (kind, rows.hour[at]), off)
    calls = at[kind == 1]
    off = binary(calls, PLACE["answer"], labels[ANSWERED][calls], parts["hours"][1, rows.hour[calls]])
    np.add.at(grads["hours"], (1, rows.hour[calls]), off * 0)
    talks = calls[labels[ANSWERED][calls] == 1]
    binary(talks, PLACE["convert"], labels[CONVERTED][talks])

    ordered = labels[ORDERED]
    coupon = sent_and_bought(rows)
    binary(coupon, PLACE["redeem"], labels[REDEEMED][coupon])

    held = np.flatnonzero((channel == HOLD) & ~np.isnan(ordered))
    binary(held, PLACE["hold"], ordered[held])

    for first, last, label in _outcomes():
        y_all = labels[label]
        at = np.flatnonzero((action >= first) & (action < last) & ~np.isnan(y_all))
        if len(at) == 0:
            continue
        y, a, c = y_all[at], action[at], channel[at]
        r = sigmoid(z[at, FIRST_REACH + c] + parts["hours"][IS_CALL[c].astype(int), rows.hour[at]])
        u = sigmoid(z[at, a])
        is_order = label == ORDERED
        h = sigmoid(z[at, PLACE["hold"]]) if is_order else np.zeros_like(u)
        raw = r * np.exp(parts["pull"][c]) * u
        e = np.minimum(raw, EFFECT_MAX)
        p = np.clip(1 - (1 - h) * (1 - e), 1e-7, 1 - 1e-7)
        loss += float(-np.sum(y * np.log(p) + (1 - y) * np.log1p(-p)))
        de = np.where(y == 1, -(1 - h) / p, 1 / (1 - e)) * (raw < EFFECT_MAX) * e
        np.add.at(dz, (at, a), de * (1 - u))
        np.add.at(grads["pull"], c, de)
        if is_order:
            dz[at, PLACE["hold"]] += np.where(y == 1, -(1 - e) * h * (1 - h) / p, h)

    grads["group"][0] = float(np.sum(dz[:, group_places()] * group[:, None]))
    dz /= count
    for name in OWN_BIASES:
        grads[name] /= count
    back = dz.astype(np.float32)
    for layer in range(len(WIDTHS), -1, -1):
        grads[f"w{layer}"] = values[layer].T @ back
        grads[f"b{layer}"] = back.sum(axis=0)
        if layer > 0:
            back = (back @ parts[f"w{layer}"].T) * (values[layer] > 0)
    return loss / count, grads


def _outcomes() -> list[tuple[int, int, str]]:
    """Ranges of actions with the label that is their outcome."""
    others = [(len(ORDER_ACTIONS) + i, len(ORDER_ACTIONS) + i + 1, label) for i, label in enumerate(OTHER_ACTIONS.values())]
    return [(0, len(ORDER_ACTIONS), ORDERED), *others]


def sent_and_bought(rows: Decisions) -> np.ndarray:
    """Rows of people who were sent a coupon and bought. Not of those who had one: whether it was still good then is not
    in the row, and it is the coupon of the action that costs something."""
    sent = np.isin(rows.action, [ACTIONS.index(action) for action in COUPON_ACTIONS])
    return np.flatnonzero((rows.labels[ORDERED] == 1) & sent & ~np.isnan(rows.labels[REDEEMED]))


def fit(rows: Decisions, valid: Decisions, epochs: int, say=print) -> Network:
    """Adam with decaying weights and rate; the epoch that is best on `valid` is kept."""
    network = Network.new(Inputs.of(rows.features))
    scaled = network.inputs.scaled(rows.features)
    group = network.inputs.group(rows.features)
    valid_scaled, valid_group = network.inputs.scaled(valid.features), network.inputs.group(valid.features)
    random = np.random.default_rng(SEED + 1)
    moments = {name: (np.zeros_like(part), np.zeros_like(part)) for name, part in network.parts.items()}
    steps = epochs * (len(rows) // BATCH)
    step, best, kept = 0, np.inf, None
    for epoch in range(epochs):
        order = random.permutation(len(rows))
        total = 0.0
        for start in range(0, len(order) - BATCH + 1, BATCH):
            picks = order[start : start + BATCH]
            loss, grads = loss_and_gradients(network, rows.where(picks), scaled[picks], group[picks])
            total += loss
            step += 1
            rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            for name, part in network.parts.items():
                first, second = moments[name]
                grad = grads[name]
                first += 0.1 * (grad - first)
                second += 0.001 * (grad * grad - second)
                change = (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
                decay = DECAY if name.startswith("w") else 0.0
                part -= (rate * (change + decay * part)).astype(np.float32)
        loss = _loss(network, valid, valid_scaled, valid_group)
        say(f"epoch {epoch + 1}: loss {total / max(1, len(order) // BATCH):.5f}, on the validation seeds {loss:.5f}")
        if loss < best:
            best, kept = loss, {name: part.copy() for name, part in network.parts.items()}
    return Network(network.inputs, kept)


def _loss(network: Network, rows: Decisions, scaled: np.ndarray, group: np.ndarray) -> float:
    losses = []
    for start in range(0, len(rows), PART):
        part = slice(start, start + PART)
        loss, _ = loss_and_gradients(network, rows.where(np.arange(len(rows))[part]), scaled[part], group[part])
        losses.append(loss * len(scaled[part]))
    return sum(losses) / len(rows)

