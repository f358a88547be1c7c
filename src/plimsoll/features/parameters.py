"""Which values a feature's parameters take, checked when they are bound."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np

from plimsoll.core import PlimsollError

MOST_CANDLES = 100_000
"""Longest window that TA-Lib computes, and so the most for all."""

Bound = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Limits:
    """What a parameter must be: from ``least`` to ``most``, and whole where it counts candles."""

    least: float
    most: float
    whole: bool

    def __str__(self) -> str:
        kind = "whole number" if self.whole else "number"
        return f"{kind} from {self.least:g} to {self.most:.15g}"


def limits_of(
    defaults: Mapping[str, float],
    least: Mapping[str, int],
    numbers: Mapping[str, tuple[float, float]],
) -> dict[str, Limits]:
    """Return each parameter's limits, by name: those in ``numbers`` measure, the rest count."""
    unknown = ({*least, *numbers} - set(defaults)) | set(least).intersection(numbers)
    if unknown:
        raise PlimsollError(
            f"expected limits once for each of {', '.join(defaults) or 'no parameter'}; "
            f"found {', '.join(sorted(unknown))}"
        )
    return {
        name: Limits(*numbers[name], whole=False)
        if name in numbers
        else Limits(least.get(name, 1), MOST_CANDLES, whole=True)
        for name in sorted(defaults)
    }


def checked(feature: str, limits: Mapping[str, Limits], given: Mapping[str, object]) -> Bound:
    """Return the parameters by name, whole ones as int: equal values then run the same code.

    Raises
    ------
    PlimsollError
        For a parameter that the feature does not have or that is missing, and for a value that is
        no number, not finite, outside its limits, or broken where it counts candles.
    """
    if given.keys() != limits.keys():
        known, named = (", ".join(names) or "none" for names in (limits, sorted(given)))
        raise PlimsollError(f"expected the parameters of {feature} to be {known}; found {named}")
    bound: list[tuple[str, float]] = []
    for name, limit in limits.items():
        value = given[name]
        number = value if type(value) is int else _number(value)
        if number is None or not limit.least <= number <= limit.most:
            raise _refusal(feature, name, limit, value)
        if limit.whole and type(number) is not int:
            raise _refusal(feature, name, limit, value)
        bound.append((name, number))
    return tuple(bound)


def _number(value: object) -> float | None:
    """Return a finite number, as int where it is whole; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return None
    number = float(value)
    if not isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def _refusal(feature: str, name: str, limit: Limits, value: object) -> PlimsollError:
    return PlimsollError(f"expected {name} of {feature} to be a {limit}; found {value!s:.60}")
