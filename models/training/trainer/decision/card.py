"""CARD.md of the heads of a decision: all of it follows from the manifest."""

from __future__ import annotations

from .network import WIDTHS
from .spec import FEATURES

COST = (
    "One run of one model for all three heads, µs a row in ONNX Runtime on one thread, best of 30 passes on a busy "
    "machine: 14.7 at batch 1, 0.91 at 64, 1.06 at 256 (`train_decision.py` prints it)."
)
TRIED = (
    "LightGBM, 100 trees of depth 5 a column, on the same rows of one seed: AUC on the test seed 0.956 for `buy.hold`, "
    "0.630 for `answer`, 0.540 for `reach.official_account`; this network 0.957, 0.630, 0.546. A column of such trees "
    "costs about 2.7 µs a row at batch 64, the 24 of them 65: ten times the budget.",
    "A logistic on logarithms of orders, days since the last and mean amount has AUC 0.933 for `buy.hold`.",
    "12,000 people instead of 32,000: loss on a validation seed 0.3765 instead of 0.3746. Further passes over the rows "
    "gain nothing (0.3747 after eight).",
    "`redeem` fitted on everybody who bought and had a coupon, open or sent: 0.06 of probability too low where one is sent, "
    "0.06 too high where one has run out since. Its shift from 25,000 people kept apart alone: 0.7055 expected, 0.6731 came, "
    "ECE 0.036; these seeds were lucky by two standard errors.",
    "Orders that name the decision as their cause, as the outcome: left alone. A coupon names its decision also where "
    "the order would have come anyway, and a contact that was seen and not clicked is never named.",
    "Weighing rows by 1 / probability while fitting: not done. What was chosen depends on what the features say, so the "
    "weights would add noise and take no bias away. The measurements below are weighed.",
)
LIMITS = (
    "Reach is what is told: for text messages clicks, so `reach.sms` is small and its `pull` large.",
    "Who sees what is mostly a matter of people's hidden liking: AUC of reach 0.55 to 0.64, of clicks in text messages 0.69.",
    "The log shows no contacts before 9 or after 20 o'clock: these hours are made unlikely by hand.",
    "A customer's own hours weigh 0.5 by hand; on the test seed 0.14 ± 0.03 would fit messages and nothing calls.",
    "Where answers to calls move (`drift`, `shifted`) the level of `answer` is off by up to 0.05: everybody's recent "
    "answers are an input, but a steady market gave no reason to lean on them (weight 0.2).",
    "`redeem` is nearly one number: of those who buy after a coupon was sent to them, little that is known tells who uses "
    "it. Seed 9701 was looked at before its rows were chosen, 9702 to 9704 before its shift was taken from all rows.",
)


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
        "to know. A decision of the log shows one action over one channel, so it moves those outputs alone: "
        "P(order) = 1 − (1 − hold)(1 − reach × pull × effect of the action), hold fitted on held "
        "decisions, reach on what is opened, clicked or answered, `pull` a number a channel (most contacts that are "
        "seen are not told of, text messages hardly ever). Recent log-odds of everybody's answered calls are added to "
        "those of calls before the Sigmoid. Hours stand outside: `hours` of the columns.",
        "## Cost",
        COST,
        "## Worth",
        _worth(metrics.get("worth", {})),
        "## Calibration and caused response",
        "ECE: ten bins of equally many cases; reach at the hour of sending. By chance: the mean ECE of outcomes that are "
        "drawn from the probabilities themselves, where decisions less than 7 days apart share an order. Caused orders: contacted against held "
        "decisions, weighed by 1 / probability, by fifths of the effect that the heads expect; no outcome that names its "
        "cause is used. Intervals: 95 %, resamples of customers.",
    ]
    for name, figures in metrics["seeds"].items():
        parts += [f"### {name}", _calibration(figures["calibration"]), _separation(figures["separation"])]
    parts += [
        f"The graph differs from the Python scores by at most {metrics['parityMax']:.1e} and scores the same bits in any "
        "batch.",
        "## Limits",
        "\n".join(f"- {line}" for line in LIMITS),
        "## Tried",
        "\n".join(f"- {line}" for line in TRIED),
    ]
    return "\n\n".join(parts) + "\n"


def _worth(markets: dict) -> str:
    if not markets:
        return "Not measured yet: `models/training/evaluate_market.py`."
    first = next(iter(markets.values()))
    lines = [
        f"Through the running service on the log's clock, {first['seeds']} seeds a market that nothing was fitted to, "
        f"{first['customers']} people and {first['days']} days of decisions each; value per 1,000 people, net of cost "
        "and of the price of irritation. Worth is (policy − random) / (oracle − random); intervals from resampled "
        "seeds. `models/training/evaluate_market.py` measures it.",
        "",
        "| market | random | rules | Beckon | oracle | worth of the rules | worth of Beckon | above the rules |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for market, r in markets.items():
        values = " | ".join(str(r[name]["value"]) for name in ("random", "rules", "beckon", "oracle"))
        lead = r["aboveRules"]
        lines.append(
            f"| {market} | {values} | {_percent(r['rules'])} | {_percent(r['beckon'])} | "
            f"{lead['difference']:+} {_whole(lead['interval'])}, {lead['seeds']} of {r['seeds']} seeds |"
        )
    return "\n".join(lines)


def _percent(of: dict) -> str:
    low, high = of["interval"]
    return f"{100 * of['worth']:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def _whole(interval: list[float]) -> str:
    return f"[{interval[0]:+.0f}, {interval[1]:+.0f}]"


def _calibration(results: dict) -> str:
    lines = ["| output | cases | share | mean p | ECE | by chance | AUC |", "|---|---|---|---|---|---|---|"]
    for name, r in results.items():
        figures = (r[key] for key in ("cases", "share", "mean", "ece", "eceByChance", "auc"))
        lines.append(f"| `{name}` | {' | '.join(map(str, figures))} |")
    return "\n".join(lines)


def _separation(r: dict) -> str:
    fifths = ", ".join(f"{v:+.4f}" for v in r["fifths"])
    return (
        f"Caused orders a contact by fifths: {fifths}. The top fifth has {r['topOverMean']} × the mean effect "
        f"{r['topOverMeanInterval']} (mean {r['mean']:+.4f} {r['meanInterval']})."
    )
