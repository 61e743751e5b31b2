"""Makes the bundles of the inference tests: python make.py

Needs onnx 1.23.2, onnxruntime 1.31.1 and numpy 2.4.6. The same versions give the same bytes.
The golden outputs come from Python's ONNX Runtime, so that the tests compare two builds of it.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).parent / "shop"
FEATURES = ["recencyDays", "orders", "amount", "visits", "clicks"]
COLUMNS = ["buy30d", "buy90d"]
F, K = len(FEATURES), len(COLUMNS)


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def tensor(name, values, kind=np.float32):
    return numpy_helper.from_array(np.asarray(values, dtype=kind), name)


def model(nodes, tensors=(), rows="N", domains=()):
    graph = helper.make_graph(nodes, "g", [value("features", [rows, F])], [value("probabilities", [rows, K])], tensors)
    opsets = [helper.make_opsetid("", 21), *domains]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString(deterministic=True)


random = np.random.default_rng(7)
weights = [tensor("w", random.normal(0, 0.2, (F, K))), tensor("b", [0.1, -0.2])]
gemm = helper.make_node("Gemm", ["features", "w", "b"], ["z"])
sigmoid = helper.make_node("Sigmoid", ["z"], ["probabilities"])


def linear(rows="N"):
    return model([gemm, sigmoid], weights, rows)


def trees(count=12, depth=3):
    """Full binary trees, a leaf with one weight for each column."""
    inner, nodes = 2**depth - 1, 2 ** (depth + 1) - 1
    ids, trees_of, features, modes, values, yes, no = [], [], [], [], [], [], []
    leaves = {"treeids": [], "nodeids": [], "ids": [], "weights": []}
    for tree in range(count):
        for node in range(nodes):
            branch = node < inner
            ids.append(node)
            trees_of.append(tree)
            features.append(int(random.integers(F)) if branch else 0)
            values.append(float(np.float32(random.normal(0, 2))) if branch else 0.0)
            modes.append("BRANCH_LEQ" if branch else "LEAF")
            yes.append(2 * node + 1 if branch else 0)
            no.append(2 * node + 2 if branch else 0)
            for column in [] if branch else range(K):
                leaves["treeids"].append(tree)
                leaves["nodeids"].append(node)
                leaves["ids"].append(column)
                leaves["weights"].append(float(np.float32(random.normal(0, 0.3))))
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["features"],
        ["z"],
        domain="ai.onnx.ml",
        n_targets=K,
        nodes_treeids=trees_of,
        nodes_nodeids=ids,
        nodes_featureids=features,
        nodes_modes=modes,
        nodes_values=values,
        nodes_truenodeids=yes,
        nodes_falsenodeids=no,
        **{f"target_{key}": values for key, values in leaves.items()},
    )
    return model([node, sigmoid], domains=[helper.make_opsetid("ai.onnx.ml", 3)])


def logarithm():
    """Not finite where recencyDays is 0 or below."""
    nodes = [
        helper.make_node("Log", ["features"], ["logs"]),
        helper.make_node("Gemm", ["logs", "w", "b"], ["z"]),
        helper.make_node("Clip", ["z", "low", "high"], ["probabilities"]),
    ]
    return model(nodes, [*weights, tensor("low", 0), tensor("high", 1)])


def lookup():
    """Looks recencyDays up in a table of 4 rows: the run fails where a row of it asks for another."""
    nodes = [
        helper.make_node("Gather", ["features", "zero"], ["first"], axis=1),
        helper.make_node("Cast", ["first"], ["index"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "index"], ["probabilities"], axis=0),
    ]
    table = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]]
    return model(nodes, [tensor("zero", 0, np.int64), tensor("table", table)])


def endless():
    """Goes round a loop 2^62 times."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["going"], ["on"]), helper.make_node("Sigmoid", ["x"], ["y"])],
        "body",
        [value("i", [], TensorProto.INT64), value("going", [], TensorProto.BOOL), value("x", ["N", K])],
        [value("on", [], TensorProto.BOOL), value("y", ["N", K])],
    )
    nodes = [gemm, helper.make_node("Loop", ["times", "yes", "z"], ["probabilities"], body=body)]
    return model(nodes, [*weights, tensor("times", 2**62, np.int64), tensor("yes", True, np.bool_)])


def write(head, content, rows, context=0, runs=True):
    folder = FOLDER / head / "1"
    folder.mkdir(parents=True, exist_ok=True)
    expected = [[0.5] * K] * len(rows)
    if runs:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        step = session.get_inputs()[0].shape[0] if isinstance(session.get_inputs()[0].shape[0], int) else len(rows)
        parts = [session.run(None, {"features": rows[at : at + step]})[0] for at in range(0, len(rows), step)]
        expected = np.concatenate(parts).astype(np.float64).tolist()
    inputs = [{"name": name, "default": 1, "min": 0.5, "max": 3} for name in FEATURES]
    manifest = {
        "formatVersion": 1,
        "name": f"shop-{head}",
        "version": "1",
        "head": head,
        "pack": "shop",
        "sha256": hashlib.sha256(content).hexdigest(),
        "opset": 21,
        "input": {"name": "features", "features": inputs[: F - context]},
        "context": inputs[F - context :],
        "output": {
            "name": "probabilities",
            "columns": [
                {"name": name, "means": f"test column {name}", "kind": "propensity", "thresholds": {"high": 0.5, "medium": 0.2}}
                for name in COLUMNS
            ],
        },
        "calibration": {"method": "none"},
        "training": {"data": "made up", "from": "2026-01-01", "until": "2026-01-01", "rows": 0},
        "metrics": {},
    }
    golden = {"tolerance": 1e-6, "rows": rows.astype(np.float64).tolist(), "expected": expected}
    (folder / "model.onnx").write_bytes(content)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")
    (folder / "CARD.md").write_text(f"# {head}\n\nMade by make.py for the tests; of no other use.\n")


rows = random.normal(0, 2, (24, F)).astype(np.float32)
write("linear", linear(), rows)
write("trees", trees(), rows, context=1)
write("fixed-rows", linear(rows=8), rows)
write("logarithm", logarithm(), np.abs(rows) + np.float32(0.5))
write("lookup", lookup(), np.abs(rows) % np.float32(4))
write("endless", endless(), rows, runs=False)
