"""The heads of a decision on made-up rows of decisions. `python -m pytest models/training`"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import evaluate_market as market  # noqa: E402
import train_decision as command  # noqa: E402
from trainer.decision.calibrate import calibrate, platt  # noqa: E402
from trainer.decision.graph import COLUMNS  # noqa: E402
from trainer.decision.inputs import Inputs  # noqa: E402
from trainer.decision import network  # noqa: E402
from trainer.decision.measure import ece_by_chance, same_order  # noqa: E402
from trainer.decision.network import Network, loss_and_gradients, sigmoid  # noqa: E402
from trainer.decision.rows import read_decisions  # noqa: E402
from trainer.decision.spec import ACTIONS, CALLS, CHANNELS, FEATURES, GROUP_ANSWERS, LABELS, ORDER_ACTIONS  # noqa: E402
from trainer.proof import score, session_of  # noqa: E402

ROWS = 5_000
# As many steps as with a hundred times the rows.
network.BATCH, network.RATE = 128, 0.01


def made_up_rows(path: Path, seed: int) -> Path:
    """Those with many orders answer to contacts, over channels that are seen by some; the others do not."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({name: np.full(ROWS, 2.0) for name in FEATURES})
    frame["orders"] = random.integers(0, 5, ROWS)
    frame[GROUP_ANSWERS] = random.uniform(0.2, 0.6, ROWS)
    held = random.random(ROWS) < 0.4
    action = np.where(held, "hold", random.choice(ACTIONS, ROWS))
    channel = np.where(held, "", random.choice(CHANNELS, ROWS))
    is_call = np.isin(channel, CALLS)
    reached = ~held & (random.random(ROWS) < 0.5)
    effect = np.where(reached & np.isin(action, ORDER_ACTIONS), 0.1 * frame["orders"], 0)
    labels = {name: np.zeros(ROWS, int) for name in LABELS}
    labels["ordered7d"] = (random.random(ROWS) < 0.05 + effect).astype(int)
    labels["seen"] = (reached & ~is_call).astype(int)
    labels["answered"] = (reached & is_call).astype(int)
    labels["converted"] = (reached & is_call & (random.random(ROWS) < 0.1)).astype(int)
    labels["redeemed14d"] = ((labels["ordered7d"] == 1) & (random.random(ROWS) < 0.5)).astype(int)
    first = pd.DataFrame(
        {
            "customerId": [f"c{i % 1500}" for i in range(ROWS)],
            "at": "2025-03-05T01:00:00.000Z",
            "actionId": action,
            "channel": channel,
            "sendHour": np.where(held, "", random.integers(9, 20, ROWS).astype(str)),
            "weight": np.where(held, 2.5, 40.0),
        }
    )
    pd.concat([first, frame, pd.DataFrame(labels)], axis=1).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    return [made_up_rows(folder / f"{seed}.csv", seed) for seed in (1, 2)]


def train(files, out: Path) -> Path:
    options = ["--rows", files[0], "--valid", files[1], "--test", f"others={files[1]}", "--epochs", "12"]
    assert command.main([*map(str, options), "--version", "1", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def bundle(files, tmp_path_factory):
    return train(files, tmp_path_factory.mktemp("bundles") / "1")


def test_the_same_rows_give_the_same_bytes(files, bundle, tmp_path):
    again = train(files, tmp_path / "2")
    for name in ("model.onnx", "manifest.json", "golden.json", "CARD.md"):
        assert (again / name).read_bytes() == (bundle / name).read_bytes()


def test_the_golden_rows_are_what_the_graph_scores(bundle):
    golden = json.loads((bundle / "golden.json").read_text())
    found = score(session_of((bundle / "model.onnx").read_bytes()), np.array(golden["rows"], np.float32))
    assert np.abs(found - np.array(golden["expected"])).max() <= golden["tolerance"]


def test_the_caused_response_is_found_where_it_is(bundle):
    graph = session_of((bundle / "model.onnx").read_bytes())
    rows = np.full((2, len(FEATURES)), 2.0, np.float32)
    rows[:, -1] = 0.4
    rows[:, FEATURES.index("orders")] = [0, 4]
    answers = dict(zip(COLUMNS, score(graph, rows).T, strict=True))
    for action in ORDER_ACTIONS:
        none, much = answers[f"buy.{action}"] - answers["buy.hold"]
        assert none < much / 2
    assert np.abs(answers["buy.hold"] - 0.05).max() < 0.05
    assert np.abs(answers["reach.sms"] - 0.5).max() < 0.1


def test_the_card_says_first_where_the_heads_come_from(bundle):
    card = (bundle / "CARD.md").read_text()
    assert card.startswith("Trained on the simulator")
    measured = json.loads((bundle / "manifest.json").read_text())["metrics"]["seeds"]["others"]
    assert measured["calibration"]["hold"]["ece"] < 0.03
    assert measured["separation"]["topOverMean"] > 1.3


def test_gradients_are_those_of_the_loss(files):
    rows = read_decisions([files[0]]).where(np.arange(400))
    fitted = Network.new(Inputs.of(rows.features))
    fitted.parts = {name: part.astype(np.float64) for name, part in fitted.parts.items()}
    scaled, group = fitted.inputs.scaled(rows.features.astype(np.float64)), fitted.inputs.group(rows.features)
    _, grads = loss_and_gradients(fitted, rows, scaled, group)
    random = np.random.default_rng(0)
    # Reach moves the outcome too, but is fitted on what is seen alone: so of the last layer what is not reach.
    for name, count in (("b2", len(ACTIONS) + 2), ("pull", len(CHANNELS))):
        part = fitted.parts[name]
        for place in random.choice(count, 5, replace=False):
            kept, step = part[place], 1e-5
            losses = []
            for move in (step, -step):
                part[place] = kept + move
                losses.append(loss_and_gradients(fitted, rows, scaled, group)[0])
            part[place] = kept
            slope = (losses[0] - losses[1]) / (2 * step)
            assert slope == pytest.approx(grads[name][place], rel=1e-3, abs=1e-7)


def test_platt_finds_slope_and_shift():
    random = np.random.default_rng(4)
    odds = random.normal(0, 2, 50_000)
    y = (random.random(50_000) < sigmoid(0.5 * odds - 1)).astype(float)
    slope, shift = platt(odds, y)
    assert slope == pytest.approx(0.5, abs=0.03)
    assert shift == pytest.approx(-1, abs=0.04)


def test_the_level_is_that_of_all_rows_and_the_slope_that_of_rows_kept_apart():
    random = np.random.default_rng(6)

    def rows(count: int, slope: float, shift: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        odds = random.normal(0, 1, count)
        y = (random.random(count) < sigmoid(slope * odds + shift)).astype(float)
        return np.arange(count), odds, y

    answers = {"fitted": {"redeem": rows(60_000, 2, 0)}, "apart": {"redeem": rows(20_000, 0.5, 1)}}
    slope, shift = calibrate(answers["fitted"], answers["apart"])["redeem"]
    assert slope == pytest.approx(0.5, abs=0.04)
    known = [answers[part]["redeem"] for part in answers]
    expected = np.concatenate([sigmoid(slope * odds + shift) for _, odds, _ in known])
    assert expected.mean() == pytest.approx(np.concatenate([y for *_, y in known]).mean(), abs=1e-9)


def test_chance_alone_makes_an_error_which_grows_where_cases_share_an_order():
    p = np.linspace(0.1, 0.9, 4_000)
    alone = ece_by_chance(p, np.arange(4_000))
    assert alone == pytest.approx(0.8 * np.sqrt((p * (1 - p)).mean() / 400), rel=0.2)
    assert ece_by_chance(p, np.arange(4_000) // 4) == pytest.approx(2 * alone, rel=0.2)


def test_decisions_of_one_customer_within_the_days_of_an_order_share_it():
    numbers = same_order(np.array(["b", "a", "a", "b", "a"]), np.array([1.0, 9.0, 3.0, 2.0, 16.0]))
    assert numbers[2] == numbers[1] != numbers[4]
    assert numbers[0] == numbers[3] != numbers[2]


def test_rows_of_something_else_are_refused(tmp_path, capsys):
    path = tmp_path / "rows.csv"
    path.write_text("customerId,at,orders\na,2025-01-01T00:00:00Z,1\n")
    options = ["--rows", str(path), "--valid", str(path), "--version", "1", "--out", str(tmp_path / "1")]
    assert command.main(options) == 1
    assert "lacks the columns" in capsys.readouterr().err


def test_worth_is_the_way_from_random_to_the_oracle(bundle, tmp_path):
    seeds = [
        {"hold": 0.0, "random": 10.0 + i, "rules": 12.0 + i, "beckon": 16.0 + i + i % 2, "oracle": 20.0 + i}
        for i in range(20)
    ]
    found = market.worth(seeds)
    assert (found["random"]["worth"], found["oracle"]["worth"]) == (0, 1)
    assert found["beckon"]["worth"] == pytest.approx(0.65)
    assert found["beckon"]["interval"][0] < 0.65 < found["beckon"]["interval"][1]
    assert found["aboveRules"]["seeds"] == 20
    copy = tmp_path / "1"
    shutil.copytree(bundle, copy)
    assert "Not measured yet" in (copy / "CARD.md").read_text()
    market.note(copy, "plain", {"customers": 1000, "days": 60} | found)
    assert "| plain | 20 | 22 | 26 | 30 | 20.0 % [20.0, 20.0] | 65.0 %" in (copy / "CARD.md").read_text()
    assert (copy / "model.onnx").read_bytes() == (bundle / "model.onnx").read_bytes()
