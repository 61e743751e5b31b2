"""Serves the model of a bundle by the real Triton core: the oracle of how the Open Inference Protocol is to be answered.

    python triton.py --bundle models/retail/repurchase/1 --head repurchase --http-port 8000 --grpc-port 8001

Prints a line with the ids of its processes when it answers. The core and its Python backend are those in the wheel of nvidia-pytriton, of which nothing else
is used; the backend runs the model by ONNX Runtime and needs the shared library of Python, as Debian has it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

START_SECONDS_MAX = 60

# What the backend runs. One thread, as Beckon runs it, so that both sides have one core for the model.
MODEL = """
import json
import sys

# The backend starts Python without the packages of an environment.
sys.path.append("{packages}")
import onnxruntime
import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def initialize(self, args):
        config = json.loads(args["model_config"])
        self.input, self.output = config["input"][0]["name"], config["output"][0]["name"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = config["parameters"]["path"]["string_value"]
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def execute(self, requests):
        answers = []
        for request in requests:
            rows = pb_utils.get_input_tensor_by_name(request, self.input).as_numpy()
            scores = self.session.run([self.output], {self.input: rows})[0]
            tensor = pb_utils.Tensor(self.output, scores)
            answers.append(pb_utils.InferenceResponse(output_tensors=[tensor]))
        return answers
"""

CONFIG = """
backend: "python"
max_batch_size: 0
input [ {{ name: "{input}" data_type: TYPE_FP32 dims: [ -1, {width} ] }} ]
output [ {{ name: "{output}" data_type: TYPE_FP32 dims: [ -1, {columns} ] }} ]
instance_group [ {{ count: 1 kind: KIND_CPU }} ]
parameters: {{ key: "path" value: {{ string_value: "{path}" }} }}
"""


def repository(folder: Path, bundle: Path, head: str) -> Path:
    manifest = json.loads((bundle / "manifest.json").read_text())
    model = folder / "models" / head
    (model / "1").mkdir(parents=True)
    (model / "1" / "model.py").write_text(MODEL.replace("{packages}", sysconfig.get_path("purelib")))
    config = CONFIG.format(
        input=manifest["input"]["name"],
        width=len(manifest["input"]["features"]) + len(manifest["context"]),
        output=manifest["output"]["name"],
        columns=len(manifest["output"]["columns"]),
        path=(bundle / "model.onnx").resolve(),
    )
    (model / "config.pbtxt").write_text(config)
    return model.parent


def start(folder: Path, args: argparse.Namespace) -> subprocess.Popen:
    package = Path(importlib.util.find_spec("pytriton").origin).parent
    shipped = package / "tritonserver"
    backends = folder / "backends"
    shutil.copytree(shipped / "backends", backends)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copy(shipped / "python_backend_stubs" / version / "triton_python_backend_stub", backends / "python")
    places = {
        "LD_LIBRARY_PATH": str(package.parent / "nvidia_pytriton.libs"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    options = {
        "model-repository": repository(folder, args.bundle, args.head),
        "backend-directory": backends,
        "http-address": "127.0.0.1",
        "http-port": args.http_port,
        "grpc-address": "127.0.0.1",
        "grpc-port": args.grpc_port,
        "allow-metrics": "false",
        "log-info": "false",
        "backend-config": f"python,shm-region-prefix-name=triton-{os.getpid()}",
    }
    command = [str(shipped / "bin" / "tritonserver"), *(f"--{name}={value}" for name, value in options.items())]
    return subprocess.Popen(command, env={**os.environ, **places}, stdout=sys.stderr)


def wait_until_ready(server: subprocess.Popen, port: int) -> None:
    until = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/health/ready", timeout=1)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("the Triton core did not become ready")


def children(pid: int) -> list[int]:
    """The processes in which the backend runs models."""
    return [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--head", required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--grpc-port", type=int, required=True)
    args = parser.parse_args()
    # Ended by a signal, it still takes the server and the folder with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder), args)
        try:
            wait_until_ready(server, args.http_port)
            print(json.dumps({"msg": "ready", "pids": [server.pid, *children(server.pid)]}), flush=True)
            server.wait()
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
