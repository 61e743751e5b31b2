"""Beckon's own commands and a service started for a while, for figures that are taken through the API."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
COMMAND = (str(ROOT / "node_modules" / ".bin" / "node"), str(ROOT / "src" / "cli" / "main.ts"))
REQUEST_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30
# Of commands: one without a beckon.yaml that is somebody's. So paths given to them are absolute.
FOLDER = tempfile.gettempdir()


def environment() -> dict[str, str]:
    """Without settings of Beckon's: the figures must not depend on the shell they are taken in."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BECKON_")}


def beckon(command: str, *arguments: object) -> None:
    """Runs a command to its end. Raises RuntimeError with what it printed when it fails."""
    words = [*COMMAND, command, *map(str, arguments)]
    done = subprocess.run(words, env=environment(), cwd=FOLDER, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"beckon {command} ended with {done.returncode}: {done.stderr.strip()}")


class Service:
    """`with Service(pack, data) as service`: on free ports, ready when the block begins, stopped when it ends."""

    def __init__(self, pack: Path, data: Path, *more: str):
        ports = [word for door in ("http", "grpc", "admin") for word in (f"--{door}-port", "0")]
        options = ["--pack", str(pack), "--data-dir", str(data), *ports, *more]
        self.process = subprocess.Popen(
            [*COMMAND, "start", *options], env=environment(), stdout=subprocess.PIPE, text=True, cwd=FOLDER
        )

    def __enter__(self) -> "Service":
        said = []
        for line in self.process.stdout:
            said.append(line)
            message = json.loads(line)
            if message["msg"] == "ready":
                self.http = message["http"]
                return self
        self.process.wait()
        raise RuntimeError(f"the service ended before it was ready: {said[-1] if said else 'it said nothing'}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.communicate(timeout=STOP_SECONDS_MAX)
        finally:
            self.process.kill()

    def score_batch(self, customers: list[str], at: str, size: int) -> list[dict]:
        """The decisions for `customers` as of `at`, in their order, asked for `size` at a time."""
        decisions = []
        for i in range(0, len(customers), size):
            part = customers[i : i + size]
            request = urllib.request.Request(
                f"http://{self.http}/v1/score/batch",
                json.dumps({"customerIds": part, "at": at}).encode(),
                {"content-type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=REQUEST_SECONDS_MAX) as response:
                results = json.load(response)["results"]
            assert [result["customerId"] for result in results] == part, "answers are not in the order of the question"
            decisions += results
        return decisions
