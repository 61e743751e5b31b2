"""Asks a server of the Open Inference Protocol as an unmodified client does, and holds its answers against ONNX Runtime. The
real Triton core, which triton.py serves, passes it as well: so refusals are those that its users know.

    python conformance.py --http HOST:PORT --grpc HOST:PORT --bundle models/retail/repurchase/1 --head repurchase
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import grpc as grpc_channel
import numpy as np
import onnxruntime
import tritonclient.grpc as grpc
import tritonclient.http as http
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

ROWS = 1000
SEED = 20261122
TOLERANCE = 1e-6


def expected(bundle: Path, rows: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(bundle / "model.onnx"), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: rows})[0]


def random_rows(manifest: dict) -> np.ndarray:
    """Values as training saw them."""
    draw = np.random.default_rng(SEED)
    inputs = [*manifest["input"]["features"], *manifest["context"]]
    low = np.array([one.get("min", 0) for one in inputs])
    high = np.array([one.get("max", 1) for one in inputs])
    return (low + draw.random((ROWS, len(inputs))) * (high - low)).astype(np.float32)


HTTP_STATUS = {"NOT_FOUND": "404", "INVALID_ARGUMENT": "400"}


def check_refused(module, want: str, ask) -> None:
    try:
        ask()
    except InferenceServerException as error:
        told = HTTP_STATUS[want] if module is http else f"StatusCode.{want}"
        assert error.status() == told and error.message(), (want, error.status(), error.message())
        return
    raise AssertionError(f"it was not refused: {want}")


def check(client, module, args, manifest: dict, rows: np.ndarray, want: np.ndarray, forms: list[dict]) -> None:
    name, output = manifest["input"]["name"], manifest["output"]["name"]

    def tensor(values: np.ndarray, datatype: str = "FP32", called: str = name, **form):
        one = module.InferInput(called, list(values.shape), datatype)
        one.set_data_from_numpy(values, **form)
        return one

    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(args.head)
    assert not client.is_model_ready("nobody") and not client.is_model_ready(args.head, "77")
    as_json = {"as_json": True} if module is grpc else {}
    assert client.get_server_metadata(**as_json)["name"]
    metadata = client.get_model_metadata(args.head, **as_json)
    assert metadata["name"] == args.head
    assert any(one["name"] == name and one["datatype"] == "FP32" for one in metadata["inputs"]), metadata
    assert [one["name"] for one in metadata["outputs"]] == [output]
    config = client.get_model_config(args.head, **as_json)
    assert (config["config"] if module is grpc else config)["name"] == args.head
    version = metadata["versions"][0]
    for form in forms:
        wanted = [module.InferRequestedOutput(output, **form.get("output", {}))] if "output" in form else None
        answer = client.infer(args.head, [tensor(rows, **form.get("input", {}))], outputs=wanted, request_id="r1")
        got = answer.as_numpy(output)
        assert got.shape == want.shape and np.abs(got - want).max() <= TOLERANCE, form
    one = client.infer(args.head, [tensor(rows[:1])], model_version=version).as_numpy(output)
    assert np.abs(one - want[:1]).max() <= TOLERANCE
    statistics = client.get_inference_statistics(args.head, **as_json)["model_stats"][0]
    assert int(statistics["inference_count"]) >= 1, statistics
    some, head = rows[:2], args.head
    assert client.infer(head, [tensor(rows[:0])]).as_numpy(output).shape == (0, want.shape[1])
    for ask in (
        lambda: client.infer("no-such-model", [tensor(some)]),
        lambda: client.infer(head, [tensor(some)], model_version="999"),
        lambda: client.get_model_metadata("no-such-model"),
        lambda: client.get_model_metadata(head, "999"),
        lambda: client.get_model_config("no-such-model"),
    ):
        check_refused(module, "NOT_FOUND", ask)
    for ask in (
        lambda: client.infer(head, []),
        lambda: client.infer(head, [tensor(some), tensor(some)]),
        lambda: client.infer(head, [tensor(some), tensor(some, called="no-such-input")]),
        lambda: client.infer(head, [tensor(some, called="no-such-input")]),
        lambda: client.infer(head, [tensor(some[:, :3].copy())]),
        lambda: client.infer(head, [tensor(some[0].copy())]),
        lambda: client.infer(head, [tensor(some.astype(np.float64), "FP64")]),
        lambda: client.infer(head, [tensor(some)], outputs=[module.InferRequestedOutput("no-such-output")]),
    ):
        check_refused(module, "INVALID_ARGUMENT", ask)
    if args.customers:
        ids = np.array([one.encode() for one in args.customers.split(",")], dtype=np.object_)
        for form in forms[:1]:
            answer = client.infer(args.head, [tensor(ids, "BYTES", "customerId", **form.get("input", {}))])
            got = answer.as_numpy(output)
            assert got.shape == (len(ids), want.shape[1]) and np.isfinite(got).all()
            print(json.dumps([[float(value) for value in row] for row in got]))


def check_typed_contents(args, manifest: dict, rows: np.ndarray, want: np.ndarray) -> None:
    """Numbers as a list of the message and not as raw bytes, which the client never sends and other languages do."""
    with grpc_channel.insecure_channel(args.grpc) as channel:
        request = service_pb2.ModelInferRequest(model_name=args.head)
        tensor = request.inputs.add(name=manifest["input"]["name"], datatype="FP32", shape=rows.shape)
        tensor.contents.fp32_contents.extend(rows.flatten().tolist())
        answer = service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer(request)
    got = np.frombuffer(answer.raw_output_contents[0], dtype=np.float32).reshape(want.shape)
    assert np.abs(got - want).max() <= TOLERANCE


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--http", required=True)
    parser.add_argument("--grpc", required=True)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--head", required=True)
    parser.add_argument("--customers", default="", help="ids to score by as well, comma-separated: beyond the protocol")
    args = parser.parse_args()
    manifest = json.loads((args.bundle / "manifest.json").read_text())
    rows = random_rows(manifest)
    want = expected(args.bundle, rows)
    plain = {"input": {"binary_data": False}, "output": {"binary_data": False}}
    half = {"input": {"binary_data": True}, "output": {"binary_data": False}}
    check(http.InferenceServerClient(args.http), http, args, manifest, rows, want, [{}, plain, half])
    check(grpc.InferenceServerClient(args.grpc), grpc, args, manifest, rows, want, [{}])
    check_typed_contents(args, manifest, rows, want)
    print("conforms")


if __name__ == "__main__":
    main()
