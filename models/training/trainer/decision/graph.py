"""Writes a fitted network as one ONNX graph: raw features in, all columns of the three heads out.

    features ─ clip ─┬─ Gather ─ (1 + x) ─ Log ─┬─ Concat ─ Gemm ─ Relu ─ Gemm ─ Relu ─ Gemm ─ + ─ Sigmoid ─┬─ columns
                     └─ Gather ─────────────────┘                     logs ─ Gemm (group's log-odds) ─┘     │
                                                       buy.a = hold + (1 − hold) × effect of a  ────────────┘
Means and spreads are folded into the first Gemm, Platt into the last.
"""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from ..graph import IR_VERSION, OPSET, ROW_VECTOR
from .inputs import READ
from .network import OUTPUTS, PLACE, WIDTHS, Network, group_places, sigmoid
from .spec import ACTIONS, CHANNELS, FEATURES, GROUP_ANSWERS, LOGARITHMIC, ORDER_ACTIONS

Platts = dict[str, tuple[float, float]]

ORDERING = len(ORDER_ACTIONS)
COLUMNS = (
    *(f"buy.{action}" for action in ORDER_ACTIONS),
    *(f"buy.{action}" for action in ACTIONS[ORDERING:]),
    "buy.hold",
    "redeem",
    *(f"reach.{channel}" for channel in CHANNELS),
    "answer",
    "convert",
)


def last_layer(network: Network, platts: Platts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights and biases of the last layer, and the weight of the group's log-odds, with Platt folded in."""
    layer = len(WIDTHS)
    slope, shift = np.ones(len(OUTPUTS)), np.zeros(len(OUTPUTS))
    for name, (a, b) in platts.items():
        slope[PLACE[name]], shift[PLACE[name]] = a, b
    group = np.zeros(len(OUTPUTS))
    group[group_places()] = network.parts["group"][0]
    weights = network.parts[f"w{layer}"].astype(np.float64) * slope
    return weights, network.parts[f"b{layer}"] * slope + shift, group * slope


def probabilities(network: Network, platts: Platts, features: np.ndarray) -> np.ndarray:
    """All columns in float64, without ONNX: [N, COLUMNS]."""
    wide = features.astype(np.float64)
    hidden = network.layers(network.inputs.scaled(wide))[-2]
    weights, biases, group = last_layer(network, platts)
    s = sigmoid(hidden @ weights + biases + network.inputs.group(wide)[:, None] * group)
    hold = s[:, PLACE["hold"], None]
    return np.concatenate([hold + (1 - hold) * s[:, :ORDERING], s[:, ORDERING:]], axis=1)


def build_graph(network: Network, platts: Platts) -> ModelProto:
    constants: list = []
    nodes: list = []

    def constant(name: str, values, dtype=np.float32) -> str:
        constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def node(op: str, inputs: list[str], output: str, **attributes) -> str:
        nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    inputs = network.inputs
    raised = node("Max", ["features", constant("low", inputs.low)], "raised")
    clipped = node("Min", [raised, constant("high", inputs.high)], "clipped")
    # Log is vector code with a scalar tail that rounds differently: a row of whole vectors leaves no tail. The group's
    # rate r stands twice, as r and as 1 - r, and the padding has weight 0.
    group = FEATURES.index(GROUP_ANSWERS)
    logs = len(LOGARITHMIC)
    padding = -(logs + 2) % ROW_VECTOR
    picked = [*range(logs), group, group, *[0] * padding]
    factor = [*[1.0] * (logs + 1), -1.0, *[1.0] * padding]
    offset = [*[1.0] * logs, 0.0, *[1.0] * (padding + 1)]
    of_logs = node("Gather", [clipped, constant("log_columns", picked, np.int64)], "log_columns_picked", axis=1)
    of_logs = node("Mul", [of_logs, constant("factor", factor)], "turned")
    of_logs = node("Add", [of_logs, constant("offset", offset)], "offset_columns")
    of_logs = node("Log", [of_logs], "logs")
    plain = constant("plain_columns", list(range(logs, READ)), np.int64)
    plain = node("Gather", [clipped, plain], "plain", axis=1)
    hidden = node("Concat", [of_logs, plain], "columns", axis=1)

    scale = 1 / inputs.spread[:READ].astype(np.float64)
    first = network.parts["w0"].astype(np.float64) * scale[:, None]
    bias = network.parts["b0"] - (inputs.mean[:READ] * scale) @ network.parts["w0"]
    wide = np.zeros((len(picked) + READ - logs, WIDTHS[0]))
    wide[:logs] = first[:logs]
    wide[len(picked) :] = first[logs:]
    weights, biases = [wide], [bias]
    for layer in range(1, len(WIDTHS)):
        weights.append(network.parts[f"w{layer}"])
        biases.append(network.parts[f"b{layer}"])
    for layer in range(len(WIDTHS)):
        gemm = [hidden, constant(f"w{layer}", weights[layer]), constant(f"b{layer}", biases[layer])]
        hidden = node("Relu", [node("Gemm", gemm, f"z{layer}")], f"h{layer}")
    last, last_bias, of_group = last_layer(network, platts)
    spread = np.zeros((len(picked), len(OUTPUTS)))
    spread[logs], spread[logs + 1] = of_group, -of_group
    level = node("Gemm", [of_logs, constant("group", spread), constant("level", last_bias)], "group_log_odds")
    odds = node("Gemm", [hidden, constant("last", last), level], "log_odds")
    s = node("Sigmoid", [odds], "shares")

    def part(name: str, start: int, end: int) -> str:
        ends = [constant(f"{name}_from", [start], np.int64), constant(f"{name}_to", [end], np.int64)]
        return node("Slice", [s, *ends, "axis"], name)

    constant("axis", [1], np.int64)
    effect = part("effect", 0, ORDERING)
    hold = part("hold", PLACE["hold"], PLACE["hold"] + 1)
    others = part("others", ORDERING, len(OUTPUTS))
    rest = node("Sub", [constant("one", [1.0]), hold], "not_hold")
    caused = node("Mul", [rest, effect], "caused")
    node("Concat", [node("Add", [hold, caused], "buys"), others], "probabilities", axis=1)

    graph = helper.make_graph(
        nodes,
        "retail-decision",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", len(FEATURES)])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", len(COLUMNS)])],
        constants,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="beckon", ir_version=IR_VERSION)
    checker.check_model(model, full_check=True)
    return model
