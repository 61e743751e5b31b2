"""Writes a fitted head as one ONNX graph: raw features in, probabilities out.

    features [N,F] ─ clip ─┬────────────────┬─ concat ─┬─ log ─ Gemm ──────────────┐
                           └─ ratios (Div) ─┘          └─ TreeEnsembleRegressor ─ + ─ Sigmoid ─ probabilities [N,K]
"""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from .fit import Fit, Part
from .spec import Head

OPSET = 21
# The helper's own default is newer than the runtimes accept.
IR_VERSION = 10
# Floats in the widest vector register there is on x86 (AVX-512).
ROW_VECTOR = 16


def build_graph(head: Head, fits: list[Fit]) -> ModelProto:
    """The graph of all targets of `head`, in their order."""
    constants: list = []
    nodes: list = []

    def constant(name: str, values, dtype=np.float32) -> str:
        constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def node(op: str, inputs: list[str], output: str, **attributes) -> str:
        nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    index = {f.name: i for i, f in enumerate(head.features)}
    raised = node("Max", ["features", constant("low", [f.low for f in head.features])], "raised")
    clipped = node("Min", [raised, constant("high", [f.high for f in head.features])], "clipped")
    columns = clipped
    if head.ratios:
        ratios = head.ratios
        above = constant("numerators", [index[r.numerator] for r in ratios], np.int64)
        below = constant("denominators", [index[r.denominator] for r in ratios], np.int64)
        numerator = node("Gather", [clipped, above], "numerator", axis=1)
        numerator = node("Add", [numerator, constant("add", [r.add for r in ratios])], "numerator_added")
        denominator = node("Gather", [clipped, below], "denominator", axis=1)
        denominator = node("Add", [denominator, constant("shift", [r.shift for r in ratios])], "denominator_shifted")
        denominator = node("Max", [denominator, constant("floor", [r.floor for r in ratios])], "denominator_floored")
        ratio = node("Div", [numerator, denominator], "ratios")
        columns = node("Concat", [clipped, ratio], "columns", axis=1)

    # Log is computed by vector code with a scalar tail that rounds differently. A row of whole vectors leaves no tail,
    # so that a customer scores the same bits in any batch; the padding has weight 0.
    names = list(head.logs)
    padding = -len(names) % ROW_VECTOR
    picked = [head.columns.index(name) for name in names] + [0] * padding
    logs = node("Gather", [columns, constant("log_columns", picked, np.int64)], "log_columns_picked", axis=1)
    logs = node("Add", [logs, constant("offset", [*head.logs.values(), *[1.0] * padding])], "offset_columns")
    logs = node("Log", [logs], "logs")
    weights = np.zeros((len(picked), len(fits)))
    weights[: len(names)] = np.column_stack([fit.linear_weights for fit in fits])
    ensemble, lone_leaves = tree_attributes(head, fits)
    intercepts = [fit.intercept + lone for fit, lone in zip(fits, lone_leaves)]
    linear = node("Gemm", [logs, constant("weights", weights), constant("intercepts", intercepts)], "linear")
    log_odds = linear
    if ensemble["nodes_treeids"]:
        nodes.append(
            helper.make_node(
                "TreeEnsembleRegressor", [columns], ["trees"], name="trees", domain="ai.onnx.ml", **ensemble
            )
        )
        log_odds = node("Add", [linear, "trees"], "log_odds")
    node("Sigmoid", [log_odds], "probabilities")

    graph = helper.make_graph(
        nodes,
        f"{head.pack}-{head.name}",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", len(head.features)])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", len(fits)])],
        constants,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="beckon", ir_version=IR_VERSION)
    checker.check_model(model, full_check=True)
    return model


def floor32(threshold: float) -> np.float32:
    """The greatest float32 not above `threshold`: float32 x <= threshold exactly when x <= floor32(threshold)."""
    rounded = np.float32(threshold)
    return np.nextafter(rounded, np.float32(-np.inf)) if float(rounded) > threshold else rounded


def part_uses(fits: list[Fit]) -> list[tuple[Part, list[tuple[int, float]]]]:
    """Each part once, with the targets that use it and what its leaves count there: a borrowed tree costs one walk."""
    uses: dict[int, tuple[Part, list[tuple[int, float]]]] = {}
    for target, fit in enumerate(fits):
        for part in fit.parts:
            uses.setdefault(id(part), (part, []))[1].append((target, fit.leaf_scale))
    return list(uses.values())


def tree_attributes(head: Head, fits: list[Fit]) -> tuple[dict, list[float]]:
    """Attributes of one TreeEnsembleRegressor with a target each fit. A tree that is a single leaf is a constant:
    those are summed in the second answer, for the intercept."""
    keys = ("treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids")
    node_lists: dict[str, list] = {key: [] for key in keys}
    leaves: dict[str, list] = {"treeids": [], "nodeids": [], "ids": [], "weights": []}
    lone_leaves = [0.0] * len(fits)
    column_of = [head.columns.index(name) for name in head.trees]
    tree_id = 0

    def walk(tree: dict, uses: list[tuple[int, float]]) -> None:
        pending, next_id = [(tree, 0)], 1
        while pending:
            current, node_id = pending.pop()
            split = "split_feature" in current
            node_lists["treeids"].append(tree_id)
            node_lists["nodeids"].append(node_id)
            node_lists["modes"].append("BRANCH_LEQ" if split else "LEAF")
            if not split:
                for key, value in (("featureids", 0), ("values", 0.0), ("truenodeids", 0), ("falsenodeids", 0)):
                    node_lists[key].append(value)
                for target, scale in uses:
                    for key, value in (("treeids", tree_id), ("nodeids", node_id), ("ids", target)):
                        leaves[key].append(value)
                    leaves["weights"].append(float(np.float32(current["leaf_value"] * scale)))
                continue
            if current["decision_type"] != "<=":
                raise ValueError(f"a split of kind {current['decision_type']} has no place in this graph")
            node_lists["featureids"].append(column_of[current["split_feature"]])
            node_lists["values"].append(float(floor32(current["threshold"])))
            node_lists["truenodeids"].append(next_id)
            node_lists["falsenodeids"].append(next_id + 1)
            pending += [(current["right_child"], next_id + 1), (current["left_child"], next_id)]
            next_id += 2

    for part, uses in part_uses(fits):
        for tree in part.booster.dump_model()["tree_info"]:
            structure = tree["tree_structure"]
            if "split_feature" in structure:
                walk(structure, uses)
                tree_id += 1
            else:
                for target, scale in uses:
                    lone_leaves[target] += scale * structure["leaf_value"]
    attributes = {f"nodes_{key}": values for key, values in node_lists.items()}
    attributes |= {f"target_{key}": values for key, values in leaves.items()}
    attributes |= {"n_targets": len(fits), "aggregate_function": "SUM", "post_transform": "NONE"}
    return attributes, lone_leaves
