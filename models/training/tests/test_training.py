"""Trains on made-up rows and checks what a bundle promises. `python -m pytest models/training`"""

import gzip
import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import train as command  # noqa: E402
from trainer.evaluate import auc, brier, ece  # noqa: E402
from trainer.fit import fit_head, training_rows  # noqa: E402
from trainer.graph import build_graph, floor32  # noqa: E402
from trainer.heads.repurchase import HEAD  # noqa: E402
from trainer.proof import Refused, edge_rows, prove, score, session_of  # noqa: E402
from trainer.rows import DAY_SECONDS, read_rows, seconds  # noqa: E402

CUSTOMERS, MOMENTS, STEP_DAYS = 400, 24, 8
LOG_END = seconds("2011-06-20")


def made_up_rows(path: Path) -> Path:
    """Customers with a rate each order at random; features are those of the head, roughly; labels by the calendar."""
    random = np.random.default_rng(3)
    rate = random.gamma(0.8, 0.03, CUSTOMERS)
    frames = []
    for moment in range(MOMENTS):
        at = seconds("2010-12-13") + moment * STEP_DAYS * DAY_SECONDS
        tenure = 20.0 + moment * STEP_DAYS
        orders = random.poisson(rate * tenure)
        last = np.where(orders > 0, np.minimum(random.exponential(1 / (rate + 0.005)), tenure), 400.0)
        amount = orders * random.gamma(2.0, 100.0, CUSTOMERS)
        frame = pd.DataFrame({f.name: np.full(CUSTOMERS, float(f.default)) for f in HEAD.features})
        frame = frame.assign(
            orders=orders,
            orderDays365d=orders,
            amountTotal=amount,
            daysSinceLastOrder=last,
            daysSinceFirstOrder=np.where(orders > 0, tenure, 400.0),
            orderGapDays=np.where(orders > 1, np.maximum(tenure - last, 0) / np.maximum(orders - 1, 1), 0.0),
            ordersDecayed30d=rate * 40 * (orders > 0),
            ordersDecayed90d=rate * 90 * (orders > 0),
            amountDecayed90d=amount / 2,
            lastOrderAmount=amount / np.maximum(orders, 1),
            maxOrderAmount=amount / np.maximum(orders, 1),
        ).astype(np.float32)
        frame.insert(0, "customerId", [f"c{i}" for i in range(CUSTOMERS)])
        frame.insert(1, "at", pd.Timestamp(at, unit="s").strftime("%Y-%m-%dT%H:%M:%SZ"))
        frame["anotherFeature"] = 1.0
        for target in HEAD.targets:
            label = (random.random(CUSTOMERS) < 1 - np.exp(-rate * target.window_days)).astype(int).astype(str)
            ended = at + target.window_days * DAY_SECONDS <= LOG_END
            frame[target.name] = label if ended else ""
        frames.append(frame)
    pd.concat(frames).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def rows_file(tmp_path_factory):
    return made_up_rows(tmp_path_factory.mktemp("rows") / "rows.csv")


@pytest.fixture(scope="module")
def rows(rows_file):
    return read_rows(rows_file, HEAD)


@pytest.fixture(scope="module")
def bundle(rows_file, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundles") / "1"
    assert command.main(arguments(rows_file, out)) == 0
    return out


def arguments(rows_file: Path, out: Path, *more: str) -> list[str]:
    base = ["--rows", str(rows_file), "--pack", "retail", "--head", "repurchase", "--version", "1", "--out", str(out)]
    return [*base, *more]


def test_the_graph_scores_what_python_scores(rows):
    fits = fit_head(HEAD, rows, None)
    graph = build_graph(HEAD, fits).SerializeToString(deterministic=True)
    assert prove(HEAD, fits, graph, rows.features) <= 1e-6


def test_a_graph_of_another_model_is_refused(rows):
    fits = fit_head(HEAD, rows, None)
    graph = build_graph(HEAD, fits).SerializeToString(deterministic=True)
    other = [replace(fit, platt=(fit.platt[0], fit.platt[1] + 1e-4)) for fit in fits]
    with pytest.raises(Refused, match="away from the Python scores"):
        prove(HEAD, other, graph, rows.features)
    with pytest.raises(Refused, match="too few"):
        prove(HEAD, fits, graph, rows.features[:50])


def test_the_same_rows_give_the_same_bytes_in_any_order(rows_file, bundle, tmp_path):
    shuffled = tmp_path / "shuffled.csv"
    frame = pd.read_csv(rows_file, dtype=str, keep_default_na=False)
    frame.sample(frac=1, random_state=1).to_csv(shuffled, index=False)
    again = tmp_path / "again"
    assert command.main(arguments(shuffled, again)) == 0
    for name in ("model.onnx", "manifest.json", "golden.json", "CARD.md"):
        assert (again / name).read_bytes() == (bundle / name).read_bytes(), name


def test_until_trains_only_on_label_windows_that_had_ended(rows):
    until = seconds("2011-05-01")
    for target in HEAD.targets:
        used = training_rows(HEAD, rows, target, until)
        assert len(used) > 0
        assert (used.at + target.window_days * DAY_SECONDS <= until).all()
    # Labels of later windows turned around change nothing.
    labels = {}
    for target in HEAD.targets:
        later = rows.at + target.window_days * DAY_SECONDS > until
        labels[target.name] = np.where(later, 1 - rows.labels[target.name], rows.labels[target.name])
    turned = replace(rows, labels=labels)
    for fit, other in zip(fit_head(HEAD, rows, until), fit_head(HEAD, turned, until)):
        assert np.array_equal(fit.log_odds(HEAD, rows.features), other.log_odds(HEAD, rows.features))


def test_until_is_in_the_manifest(rows_file, bundle, tmp_path):
    assert command.main(arguments(rows_file, tmp_path / "b", "--until", "2011-05-01")) == 0
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    assert manifest["training"]["until"] == "2011-05-01T00:00:00Z"
    moments = [r["at"] for results in manifest["metrics"]["pseudoFutures"].values() for r in results]
    assert moments and max(moments) <= "2011-05-01T00:00:00Z"
    whole = json.loads((bundle / "manifest.json").read_text())
    assert whole["training"]["rows"]["repurchase90d"] > manifest["training"]["rows"]["repurchase90d"]


def test_the_bundle_is_whole(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text())
    model = (bundle / "model.onnx").read_bytes()
    assert manifest["sha256"] == hashlib.sha256(model).hexdigest()
    graph = onnx.load_from_string(model)
    assert graph.ir_version == 10
    assert {o.domain: o.version for o in graph.opset_import} == {"": 21, "ai.onnx.ml": 3}
    assert [i.name for i in graph.graph.input] == [manifest["input"]["name"]]
    assert [o.name for o in graph.graph.output] == [manifest["output"]["name"]]
    assert [f["name"] for f in manifest["input"]["features"]] == [f.name for f in HEAD.features]
    golden = json.loads((bundle / "golden.json").read_text())
    assert len(golden["rows"]) == len(golden["expected"]) == 64
    served = score(session_of(model), np.array(golden["rows"], np.float32))
    assert np.array_equal(served, np.array(golden["expected"], np.float32))
    assert "pseudo" in (bundle / "CARD.md").read_text().lower()


def test_edge_rows_are_finite_probabilities(bundle):
    session = session_of((bundle / "model.onnx").read_bytes())
    beyond = edge_rows(HEAD) * np.float32(1e30) - np.float32(1e20)
    for rows in (edge_rows(HEAD), beyond):
        served = score(session, rows)
        assert np.isfinite(served).all() and (served >= 0).all() and (served <= 1).all()


def test_a_threshold_between_floats_is_rounded_down():
    threshold = 0.1 + 1e-12
    assert float(floor32(threshold)) <= threshold < float(np.nextafter(floor32(threshold), np.float32(1)))
    assert floor32(0.5) == np.float32(0.5)


def test_rows_that_cannot_be_trusted_are_refused(rows_file, tmp_path, capsys):
    frame = pd.read_csv(rows_file, dtype=str, keep_default_na=False)
    bad = tmp_path / "bad.csv"
    for change, words in (
        ({"drop": "lastOrderAmount"}, "lastOrderAmount"),
        ({"lastOrderAmount": ""}, "not a finite number"),
        ({"repurchase30d": "2"}, "something else than 0, 1"),
        ({"customerId": "c1"}, "twice at one moment"),
    ):
        column = change.get("drop")
        changed = frame.drop(columns=column) if column else frame.assign(**change)
        changed.to_csv(bad, index=False)
        assert command.main(arguments(bad, tmp_path / "none")) == 1
        assert words in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_rows_of_nobody_come_with_their_python_scores(rows_file, bundle, tmp_path):
    parity = tmp_path / "parity.json.gz"
    assert command.main(arguments(rows_file, tmp_path / "b", "--parity", str(parity))) == 0
    content = json.loads(gzip.decompress(parity.read_bytes()))
    model = (bundle / "model.onnx").read_bytes()
    assert content["sha256"] == hashlib.sha256(model).hexdigest()
    made_up = np.array(content["rows"], np.float32)
    assert len(made_up) >= 1_000
    served = score(session_of(model), made_up)
    assert np.abs(served - np.array(content["expected"])).max() <= 1e-6
    real = {tuple(row) for row in read_rows(rows_file, HEAD).features}
    assert not any(tuple(row) in real for row in made_up[len(edge_rows(HEAD)) :])


def test_an_optional_feature_may_be_absent(rows_file, tmp_path):
    frame = pd.read_csv(rows_file, dtype=str, keep_default_na=False).drop(columns="orderDays365d")
    lean = tmp_path / "lean.csv"
    frame.to_csv(lean, index=False)
    assert command.main(arguments(lean, tmp_path / "b")) == 0
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    assert "orderDays365d" not in [f["name"] for f in manifest["input"]["features"]]
    assert "Trained without orderDays365d" in (tmp_path / "b" / "CARD.md").read_text()


def test_called_wrongly_is_exit_2(rows_file, tmp_path):
    for more in (["--head", "no-such-head"], ["--until", "yesterweek"]):
        with pytest.raises(SystemExit) as stopped:
            command.main(arguments(rows_file, tmp_path / "x", *more))
        assert stopped.value.code == 2


def test_metrics_on_known_answers():
    labels = np.array([0.0, 0.0, 1.0, 1.0])
    assert auc(labels, np.array([0.1, 0.4, 0.35, 0.8])) == 0.75
    assert auc(labels, np.array([0.5, 0.5, 0.5, 0.5])) == 0.5
    assert brier(labels, labels) == 0
    assert ece(np.tile([0.0, 1.0], 500), np.full(1000, 0.7)) == pytest.approx(0.2)
