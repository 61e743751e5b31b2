"""What a head declares: its features, the ratios made of them, and the columns its two parts read."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Feature:
    """A raw feature as the service computes it.

    `default` is what the service answers when there is nothing to compute from; `low` and `high` bound what the graph
    believes (values outside are clipped inside the graph). An optional feature may be absent from the rows: every
    column made of it is then left out, and the card says so.
    """

    name: str
    default: float
    low: float
    high: float
    optional: bool = False


@dataclass(frozen=True)
class Ratio:
    """(numerator + add) / max(denominator + shift, floor), in float32 inside the graph."""

    name: str
    numerator: str
    denominator: str
    add: float = 0.0
    shift: float = 0.0
    floor: float = 1.0


@dataclass(frozen=True)
class Target:
    """One answer of the head: a 0/1 label column, and the days after `at` until the label is known.

    A target may borrow from another with a shorter window: its log-odds are then the mean of both models. The shorter
    label is known sooner, so the borrowed half has seen more recent customers."""

    name: str
    means: str
    window_days: int
    borrows: str | None = None


@dataclass(frozen=True)
class Head:
    """A head of a pack, complete enough to train it."""

    pack: str
    name: str
    data: str
    features: tuple[Feature, ...]
    ratios: tuple[Ratio, ...]
    logs: dict[str, float]
    """Columns of the linear part: name -> offset, read as log(column + offset)."""
    trees: tuple[str, ...]
    """Columns the trees read."""
    targets: tuple[Target, ...]
    baseline: tuple[str, ...]
    """Features of the baseline logistic, as log1p."""
    population: str
    """The count feature that is above zero for the customers that are trained on and in the headline figures."""
    tried: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    use: str = ""
    cost: str = ""
    """What a row costs, as measured once: a figure of a clock, so it is told here and not taken while training."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Raw features, then ratios: the order of the matrix that both parts read."""
        return tuple(f.name for f in self.features) + tuple(r.name for r in self.ratios)

    def present(self, available: set[str]) -> "Head":
        """This head without its optional features that the rows do not have. Raises ValueError when others lack."""
        missing = [f.name for f in self.features if f.name not in available]
        required = [f.name for f in self.features if f.name in missing and not f.optional]
        if required:
            raise ValueError(f"the rows lack the features {', '.join(required)} of head {self.name}")
        if not missing:
            return self
        ratios = tuple(r for r in self.ratios if r.numerator not in missing and r.denominator not in missing)
        kept = {f.name for f in self.features if f.name not in missing} | {r.name for r in ratios}
        return replace(
            self,
            features=tuple(f for f in self.features if f.name in kept),
            ratios=ratios,
            logs={name: offset for name, offset in self.logs.items() if name in kept},
            trees=tuple(name for name in self.trees if name in kept),
            limits=(*self.limits, f"Trained without {', '.join(missing)}: the rows did not have it."),
        )
