"""What the decisions of a running service are worth in the simulated market: `evaluate_market.py --help`.

For each seed a fresh service on the log's clock lives the market day by day, `beckon simulate --policy beckon`, beside the
rivals with the same people and the same luck. Worth = (policy − random) / (oracle − random) of the means over seeds.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from trainer.bundle import json_bytes
from trainer.decision.card import card
from trainer.service import COMMAND, FOLDER, ROOT, Service, environment

POLICIES = ("hold", "random", "rules", "beckon", "oracle")
LINE = re.compile(rf"^({'|'.join(POLICIES)})\s+(-?\d+)\b", re.MULTILINE)
BOOTSTRAPS = 5_000
SEED = 31
RUN_SECONDS_MAX = 1_800


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 1 where a run failed, the rules were better, or the worth is below --worth-min."""
    parser = argparse.ArgumentParser(prog="evaluate_market.py", description="Measure the worth of decisions.")
    parser.add_argument("--market", default="plain", help="plain, drift, shifted, or a market file")
    parser.add_argument("--first-seed", type=int, default=20_001, help="none of them was trained on")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--pack", type=Path, default=ROOT / "models" / "retail")
    parser.add_argument("--worth-min", type=float, default=0.0, help="as a share")
    parser.add_argument("--values", type=Path, help="keep each seed's values here, a line of JSON; those there are not run")
    parser.add_argument("--bundle", type=Path, help="write the result into the manifest and the card of this bundle")
    options = parser.parse_args(arguments)
    seeds = []
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        values = known_values(options, seed) or run_seed(options, seed)
        seeds.append(values)
        print(f"seed {seed}: " + ", ".join(f"{name} {values[name]:.0f}" for name in POLICIES), flush=True)
    result = {"customers": options.customers, "days": options.days} | worth(seeds)
    print(json.dumps({"market": options.market} | result))
    if options.bundle is not None:
        note(options.bundle, options.market, result)
    ahead = result["aboveRules"]["difference"] > 0 and result["beckon"]["worth"] >= options.worth_min
    return 0 if ahead else 1


def run_seed(options: argparse.Namespace, seed: int) -> dict[str, float]:
    """Value per 1,000 customers, net of cost and of the price of irritation, by policy."""
    with tempfile.TemporaryDirectory() as data, Service(options.pack, Path(data) / "data", "--clock", "log") as service:
        words = ["simulate", "--market", options.market, "--seed", seed, "--customers", options.customers]
        words += ["--days", options.days, "--policy", "beckon", "--url", f"http://{service.http}", "--worth"]
        done = subprocess.run(
            [*COMMAND, *map(str, words)],
            env=environment(),
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS_MAX,
            check=False,
        )
    values = {name: float(value) for name, value in LINE.findall(done.stdout)}
    if done.returncode != 0 or set(values) != set(POLICIES):
        raise RuntimeError(f"beckon simulate ended with {done.returncode}: {done.stderr.strip() or done.stdout}")
    if options.values is not None:
        with options.values.open("a") as file:
            file.write(json.dumps({"run": run_key(options), "seed": seed} | values) + "\n")
    return values


def note(bundle: Path, market: str, result: dict) -> None:
    """Writes a market's result into the manifest's metrics and the card: the model itself stays as it is."""
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text())
    measured = manifest["metrics"].get("worth", {}) | {market: result}
    manifest["metrics"]["worth"] = {name: measured[name] for name in sorted(measured)}
    path.write_bytes(json_bytes(manifest))
    (bundle / "CARD.md").write_text(card(manifest))


def run_key(options: argparse.Namespace) -> list:
    return [options.market, options.customers, options.days]


def known_values(options: argparse.Namespace, seed: int) -> dict[str, float] | None:
    if options.values is None or not options.values.exists():
        return None
    for line in map(json.loads, options.values.read_text().splitlines()):
        if line["run"] == run_key(options) and line["seed"] == seed:
            return line
    return None


def worth(seeds: list[dict[str, float]]) -> dict:
    """By policy, and Beckon's lead over the rules; 95 % intervals from resampled seeds."""
    table = np.array([[values[name] for name in POLICIES] for values in seeds])
    random = np.random.default_rng(SEED)
    samples = table[random.integers(0, len(table), (BOOTSTRAPS, len(table)))].mean(axis=1)
    place = {name: i for i, name in enumerate(POLICIES)}

    def share(means: np.ndarray, name: str) -> np.ndarray:
        chance, best = means[..., place["random"]], means[..., place["oracle"]]
        return (means[..., place[name]] - chance) / (best - chance)

    means = table.mean(axis=0)
    result: dict = {"seeds": len(table)}
    for name in POLICIES:
        result[name] = {
            "value": round(float(means[place[name]])),
            "worth": round(float(share(means, name)), 3),
            "interval": _interval(share(samples, name), 3),
        }
    lead = table[:, place["beckon"]] - table[:, place["rules"]]
    leads = samples[:, place["beckon"]] - samples[:, place["rules"]]
    result["aboveRules"] = {
        "difference": round(float(lead.mean())),
        "interval": _interval(leads, 0),
        "seeds": int((lead > 0).sum()),
    }
    return result


def _interval(samples: np.ndarray, digits: int) -> list[float]:
    return [round(float(v), digits) for v in np.percentile(samples, [2.5, 97.5])]


if __name__ == "__main__":
    sys.exit(main())
