"""How much the winners of the windows agree: a strategy with an edge finds similar ones again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution

EXPORTED_DIGITS = 13


@dataclass(frozen=True, slots=True)
class ParameterStability:
    """One parameter over the windows.

    ``low`` and ``high`` are the ends of its range, ``None`` for a choice. ``step_fraction`` is the
    mean change from one window to the next as a share of the range; of a choice, the share of
    windows that chose another. ``by_luck`` is the same of winners drawn at random: a third of the
    range, or the share of the other choices.
    """

    name: str
    winners: tuple[Any, ...]
    low: float | None
    high: float | None
    step_fraction: float
    by_luck: float


def stability_of(
    winners: Sequence[Mapping[str, Any]], space: Mapping[str, BaseDistribution]
) -> tuple[ParameterStability, ...]:
    """Return how stable each parameter was; a figure is NaN with fewer than two windows."""
    return tuple(
        _of(name, [_rounded(one[name]) for one in winners], kind) for name, kind in space.items()
    )


def _of(name: str, values: list[Any], kind: BaseDistribution) -> ParameterStability:
    pairs = list(pairwise(values))
    if isinstance(kind, CategoricalDistribution):
        changed = fmean(one != other for one, other in pairs) if pairs else math.nan
        return ParameterStability(
            name, tuple(values), None, None, changed, 1.0 - 1.0 / len(kind.choices)
        )
    low, high = float(kind.low), float(kind.high)  # type: ignore[attr-defined]
    width = high - low
    step = float(np.abs(np.diff(np.array(values, dtype="float64"))).mean()) if pairs else math.nan
    fraction = step / width if width > 0 else 0.0
    return ParameterStability(name, tuple(values), low, high, fraction, 1.0 / 3.0)


def _rounded(value: Any) -> Any:
    """Return a value as Freqtrade exports it: Optuna's steps leave the rounding of floats."""
    return round(value, EXPORTED_DIGITS) if isinstance(value, float) else value
