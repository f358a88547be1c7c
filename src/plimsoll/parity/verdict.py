"""How far apart two records are, in a figure that cancelling trades cannot improve."""

from dataclasses import dataclass
from enum import StrEnum
from math import inf


class Band(StrEnum):
    """The verdict in a word."""

    EQUAL = "equal"
    SAME = "same"
    CLOSE = "close"
    DRIFTING = "drifting"
    APART = "apart"
    DIFFERENT = "different"
    EMPTY = "nothing to compare"


BANDS = (
    (0.0, Band.EQUAL),
    (0.005, Band.SAME),
    (0.02, Band.CLOSE),
    (0.05, Band.DRIFTING),
    (0.20, Band.APART),
)
"""The most that each band allows, as a fraction."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far apart two records are.

    Attributes
    ----------
    fraction
        What trades differ by, each counted without its sign, over what trades made or lost, each
        counted without its sign (the mean of both records): a trade that made 10 too much and
        one that made 10 too little do not cancel. Infinite where nothing was made or lost and
        yet they differ.
    net_fraction
        The difference of both profits over A's profit, as a fraction above 0; None where A's
        profit is 0.
    balance_fraction
        The difference of both profits over the starting balance; None when it is not known.
    trades
        Trades of both records that were compared.
    """

    fraction: float
    net_fraction: float | None
    balance_fraction: float | None
    trades: int

    @property
    def band(self) -> Band:
        """The verdict in a word."""
        if not self.trades:
            return Band.EMPTY
        return next((band for most, band in BANDS if self.fraction <= most), Band.DIFFERENT)

    def within(self, limit_fraction: float) -> bool:
        """Return whether the records agree within a limit; nothing compared never does."""
        return self.trades > 0 and self.fraction <= limit_fraction


def verdict_of(
    differences: list[int], made_a: list[int], made_b: list[int], starting_balance: float | None
) -> Verdict:
    """Judge differences trade by trade, and what each trade of either record made; all units."""
    gross = sum(abs(one) for one in differences)
    turned = (sum(abs(one) for one in made_a) + sum(abs(one) for one in made_b)) / 2.0
    total_a, total_b = sum(made_a), sum(made_b)
    net = abs(total_b - total_a)
    return Verdict(
        fraction=gross / turned if turned else (inf if gross else 0.0),
        net_fraction=net / abs(total_a) if total_a else None,
        balance_fraction=None if starting_balance is None else net / 1e8 / starting_balance,
        trades=len(made_a) + len(made_b),
    )
