"""CARD.md of the heads of a decision."""

from __future__ import annotations

from .network import WIDTHS
from .spec import FEATURES


def card(manifest: dict) -> str:
    training, metrics = manifest["training"], manifest["metrics"]
    parts = [
        f"Trained on the simulator: no customer stands behind these figures. {manifest['name']} {manifest['version']}, "
        "the heads `action`, `channel` and `call` in one model.",
        f"Written by `models/training/train_decision.py`. {training['data']}. {training['rows']} decisions.",
        "## Protocol",
        training["protocol"],
        "## Model",
        f"{len(FEATURES)} features; a network of {len(FEATURES) - 1}-{WIDTHS[0]}-{WIDTHS[1]} with an output for each thing "
        "to know, one run for all three heads. A decision of the log shows one action over one channel, so it moves "
        "those outputs alone: P(order) = 1 − (1 − hold)(1 − reach × pull × effect of the action), hold fitted on held "
        "decisions, reach on what is opened, clicked or answered, `pull` a number a channel (most contacts that are "
        "seen are not told of, text messages hardly ever). Recent log-odds of everybody's answered calls are added to "
        "those of calls before the Sigmoid. Hours stand outside: `hours` of the columns.",
    ]
    for name, figures in metrics["seeds"].items():
        parts += [f"## {name}", _calibration(figures["calibration"]), _separation(figures["separation"])]
    parts += [
        f"The graph differs from the Python scores by at most {metrics['parityMax']:.1e} and scores the same bits in any "
        "batch.",
    ]
    return "\n\n".join(parts) + "\n"


def _calibration(results: dict) -> str:
    lines = ["| output | cases | share | mean p | ECE | AUC |", "|---|---|---|---|---|---|"]
    for name, r in results.items():
        lines.append(f"| `{name}` | {r['cases']} | {r['share']} | {r['mean']} | {r['ece']} | {r['auc']} |")
    return "\n".join(lines)


def _separation(r: dict) -> str:
    fifths = ", ".join(f"{v:+.4f}" for v in r["fifths"])
    return (
        "Caused orders a contact, contacted against held decisions weighed by 1 / probability, by fifths of the effect "
        f"that the heads expect: {fifths}. The top fifth has {r['topOverMean']} × the mean effect "
        f"{r['topOverMeanInterval']} (mean {r['mean']:+.4f} {r['meanInterval']})."
    )
