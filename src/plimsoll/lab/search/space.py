"""Freqtrade's search space as plain Optuna distributions, which a storage can hold."""

from collections.abc import Mapping

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from plimsoll.core import UsageError

STORABLE = (str, int, float, bool, type(None))


def plain_space(dimensions: Mapping[str, BaseDistribution]) -> dict[str, BaseDistribution]:
    """Return the same space in Optuna's own classes: a sampler draws the same from both.

    Raises
    ------
    UsageError
        When a categorical parameter offers something that is neither text nor number.
    """
    return {name: _plain(name, one) for name, one in dimensions.items()}


def _plain(name: str, one: BaseDistribution) -> BaseDistribution:
    if isinstance(one, IntDistribution):
        return IntDistribution(one.low, one.high, log=one.log, step=one.step)
    if isinstance(one, FloatDistribution):
        return FloatDistribution(one.low, one.high, log=one.log, step=one.step)
    if not isinstance(one, CategoricalDistribution):
        raise UsageError(f"expected a number or a choice for {name}, found {type(one).__name__}")
    if strange := [choice for choice in one.choices if not isinstance(choice, STORABLE)]:
        raise UsageError(
            f"expected texts and numbers as choices of {name}, found {strange[0]!r}: no storage "
            "can hold it"
        )
    return CategoricalDistribution(one.choices)
