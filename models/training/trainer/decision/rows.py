"""Rows of decisions as `beckon export` writes them: what was chosen, how likely that was, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from .spec import ACTIONS, CHANNELS, FEATURES, LABELS

HOLD = -1
HOURS_OF_DAY = 24
DAY_NS = 86_400_000_000_000


@dataclass(frozen=True)
class Decisions:
    """In the order of the file. `day` is the moment in days of 24 hours. `action` and `channel` are places in ACTIONS and CHANNELS, HOLD for nothing;
    `hour` is the hour of sending, 0 to 23, or 24 to 47 on Saturday and Sunday; `weight` is 1 / probability, cut off;
    `features` is [N, F] float32; a label is 0.0, 1.0 or NaN where it is not known yet."""

    customers: np.ndarray
    day: np.ndarray
    action: np.ndarray
    channel: np.ndarray
    hour: np.ndarray
    weight: np.ndarray
    features: np.ndarray
    labels: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.action)

    def where(self, mask: np.ndarray) -> "Decisions":
        labels = {name: values[mask] for name, values in self.labels.items()}
        parts = (self.customers, self.day, self.action, self.channel, self.hour, self.weight, self.features)
        return Decisions(*(part[mask] for part in parts), labels)


def read_decisions(paths: list[Path]) -> Decisions:
    """Raises ValueError where columns lack, or where a feature is not a finite number."""
    parts = [_read(path) for path in paths]
    joined = [np.concatenate(columns) for columns in zip(*(_arrays(part) for part in parts), strict=True)]
    labels = {name: np.concatenate([part.labels[name] for part in parts]) for name in LABELS}
    return Decisions(*joined, labels)


def _arrays(part: Decisions) -> tuple[np.ndarray, ...]:
    return part.customers, part.day, part.action, part.channel, part.hour, part.weight, part.features


def _read(path: Path) -> Decisions:
    columns = ["customerId", "at", "actionId", "channel", "sendHour", "weight", *FEATURES, *LABELS]
    lacking = [name for name in columns if name not in set(pd.read_csv(path, nrows=0).columns)]
    if lacking:
        raise ValueError(f"{path.name} lacks the columns {', '.join(lacking)}: are they rows of decisions?")
    numbers = {name: np.float32 for name in (*FEATURES, *LABELS, "weight", "sendHour")}
    texts = {name: str for name in ("customerId", "at", "actionId", "channel")}
    frame = pd.read_csv(
        path, usecols=columns, dtype=numbers | texts, keep_default_na=False, na_values={c: [""] for c in numbers}
    )
    features = frame[list(FEATURES)].to_numpy(np.float32)
    if not np.isfinite(features).all():
        bad = FEATURES[int(np.argwhere(~np.isfinite(features))[0][1])]
        raise ValueError(f"{path.name}: feature {bad} is not a finite number in every row")
    at = pd.to_datetime(frame["at"], utc=True, format="ISO8601")
    weekend = at.dt.day_of_week.to_numpy() >= 5
    hour = frame["sendHour"].fillna(0).to_numpy(np.int64) + HOURS_OF_DAY * weekend
    return Decisions(
        (path.stem + "/" + frame["customerId"]).to_numpy(str),
        at.dt.as_unit("ns").astype(np.int64).to_numpy() / DAY_NS,
        _places(frame["actionId"], ACTIONS),
        _places(frame["channel"], CHANNELS),
        hour,
        frame["weight"].to_numpy(np.float32),
        features,
        {name: frame[name].to_numpy(np.float32) for name in LABELS},
    )


def _places(names: pd.Series, known: tuple[str, ...]) -> np.ndarray:
    places = {name: place for place, name in enumerate(known)}
    return names.map(lambda name: places.get(name, HOLD)).to_numpy(np.int64)
