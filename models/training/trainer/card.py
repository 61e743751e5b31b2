"""CARD.md of a bundle: what it is for, what it was measured on, where it is weak."""

from __future__ import annotations

from .fit import Fit, TREES
from .graph import part_uses
from .spec import Head


def card(head: Head, manifest: dict, fits: list[Fit]) -> str:
    training = manifest["training"]
    trees = sum(part.booster.num_trees() for part, _ in part_uses(fits))
    parts = [
        f"# {manifest['name']} {manifest['version']}",
        "Written by `models/training/train.py`; figures are in `manifest.json` too.",
        "## Use",
        head.use,
        "## Data",
        f"{head.data}. Label windows from {training['from']} to {training['until']}: {training['cuts']} moments, "
        f"{training['customers']} customers, "
        + ", ".join(f"{count} rows for {name}" for name, count in training["rows"].items())
        + ".",
        "## Protocol",
        f"{training['protocol'][0].upper()}{training['protocol'][1:]}. Headline figures: customers with "
        f"`{head.population}` above 0. Intervals: 95 %, 1,000 resamples of customers; the gain is paired (the same "
        "resamples). The baseline is a logistic on log1p of "
        + ", ".join(f"`{name}`" for name in head.baseline)
        + ", trained on the same rows. ECE: ten bins of equally many customers.",
        "## Model",
        f"A logistic on {len(head.logs)} logarithms and {trees} trees of depth ≤ 4 ({TREES} a label), averaged in "
        "log-odds. "
        + "".join(
            f"`{t.name}` is the mean of its own model and that of `{t.borrows}`, whose labels are known sooner. "
            for t in head.targets
            if t.borrows
        )
        + "Clipping, ratios and logarithms are inside the graph, so the service hands over raw features.",
        *(["## Cost", head.cost] if head.cost else []),
        "## Metrics",
    ]
    for target, results in manifest["metrics"]["pseudoFutures"].items():
        parts += [f"### {target}", _table(results)]
    parts += [
        "## Calibration",
        f"{manifest['calibration']['method'][0].upper()}{manifest['calibration']['method'][1:]}: "
        + ", ".join(
            f"{name} slope {p['slope']:.3f}, shift {p['shift']:.3f}"
            for name, p in manifest["calibration"]["parameters"].items()
        )
        + ". The level is that of the whole training time, on purpose: the base rate moves with the season.",
        f"The graph differs from the Python scores by at most {manifest['metrics']['parityMax']:.1e} and scores the "
        "same bits in any batch (checked at 1, 3, 64).",
        "## Limits",
        "\n".join(f"- {line}" for line in head.limits),
        "## Tried",
        "\n".join(f"- {line}" for line in head.tried),
    ]
    return "\n\n".join(parts) + "\n"


def _table(results: list[dict]) -> str:
    if not results:
        return "No moment had enough ended label windows before it and a known answer after it."
    lines = [
        "| asked at | customers | base rate | mean p | AUC | baseline | gain | Brier | ECE | AUC of every customer |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        every = r["everyCustomer"]
        lines.append(
            f"| {r['at'][:10]} | {r['customers']} | {r['baseRate']:.3f} | {r['meanProbability']:.3f} "
            f"| {r['auc']:.4f} {_interval(r['aucInterval'])} | {r['aucBaseline']:.4f} "
            f"| {r['aucGain']:+.4f} {_interval(r['aucGainInterval'])} | {r['brier']:.4f} | {r['ece']:.4f} "
            f"| {every['auc']:.4f} of {every['customers']} |"
        )
    return "\n".join(lines)


def _interval(bounds: list[float]) -> str:
    return f"[{bounds[0]:.3f}, {bounds[1]:.3f}]"
