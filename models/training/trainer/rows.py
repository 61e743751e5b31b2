"""Exported point-in-time rows: `customerId,at,<features…>,<labels…>`, one row a customer and moment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from .spec import Head, Target

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Rows:
    """Rows in (at, customerId) order, whatever the order of the file.

    `features` is [N, F] float32; `labels` maps a target to 0.0 / 1.0 / NaN (the window had not ended in the log);
    `at` is seconds since 1970, UTC.
    """

    customers: np.ndarray
    at: np.ndarray
    features: np.ndarray
    labels: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.at)

    def where(self, mask: np.ndarray) -> "Rows":
        return Rows(
            self.customers[mask],
            self.at[mask],
            self.features[mask],
            {name: values[mask] for name, values in self.labels.items()},
        )

    def known(self, target: Target, until: int | None) -> "Rows":
        """Rows whose label window had ended by `until` (at + window <= until) and whose label is known."""
        mask = ~np.isnan(self.labels[target.name])
        if until is not None:
            mask &= self.at + target.window_days * DAY_SECONDS <= until
        return self.where(mask)

    def moments(self) -> np.ndarray:
        return np.unique(self.at)


def seconds(text: str) -> int:
    """Seconds since 1970 of a date or an RFC 3339 time; a time without a zone is UTC."""
    return int(pd.Timestamp(text).tz_localize("UTC").timestamp()) if pd.Timestamp(text).tz is None else int(
        pd.Timestamp(text).timestamp()
    )


def iso(at: int) -> str:
    return pd.Timestamp(int(at), unit="s").strftime("%Y-%m-%dT%H:%M:%SZ")


def read_header(path: Path) -> set[str]:
    return set(pd.read_csv(path, nrows=0).columns)


def read_rows(path: Path, head: Head) -> Rows:
    """Reads the columns that `head` asks for. Raises ValueError on a missing column, a feature that is not a finite
    number, a label that is not 0, 1 or empty, or a customer twice at one moment."""
    labels = [t.name for t in head.targets]
    names = [f.name for f in head.features]
    lacking = [c for c in ("customerId", "at", *names, *labels) if c not in read_header(path)]
    if lacking:
        raise ValueError(f"the rows lack the columns {', '.join(lacking)}")
    frame = pd.read_csv(
        path,
        usecols=["customerId", "at", *names, *labels],
        dtype={"customerId": str, "at": str} | {c: np.float64 for c in (*names, *labels)},
        keep_default_na=False,
        na_values={c: [""] for c in (*names, *labels)},
    )
    times = pd.to_datetime(frame["at"], utc=True, format="ISO8601")
    frame["at"] = (times - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)
    frame = frame.sort_values(["at", "customerId"], kind="stable", ignore_index=True)
    if frame.duplicated(["at", "customerId"]).any():
        raise ValueError("a customer is in the rows twice at one moment")
    features = frame[names].to_numpy(np.float32)
    if not np.isfinite(features).all():
        bad = names[int(np.argwhere(~np.isfinite(features))[0][1])]
        raise ValueError(f"feature {bad} is not a finite number in every row")
    for label in labels:
        if not frame[label].dropna().isin([0, 1]).all():
            raise ValueError(f"label {label} holds something else than 0, 1 or nothing")
    return Rows(
        frame["customerId"].to_numpy(str),
        frame["at"].to_numpy(np.int64),
        features,
        {label: frame[label].to_numpy(np.float64) for label in labels},
    )
