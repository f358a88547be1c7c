"""What guards cost and saved: the same backtest without and with them, trade by trade."""

from dataclasses import dataclass

import pandas as pd

from plimsoll.performance.errors import MeasureError

KEY = ["pair", "is_short", "open_date"]
"""What makes a trade of one run the same as one of the other."""

PROFIT = "profit_abs"


@dataclass(frozen=True, slots=True)
class GuardCost:
    """What guards changed, in the stake currency; the parts add up to ``net_usd``.

    Attributes
    ----------
    saved_usd
        Losses that were not made: of trades not taken, smaller ones, or closed earlier.
    forgone_usd
        Profits that were not made, as a positive number.
    other_usd
        What trades made that there were only with guards, in a place that another had left.
    not_taken, only_guarded
        Trades that there were only without guards, and only with them.
    """

    saved_usd: float
    forgone_usd: float
    other_usd: float
    not_taken: int
    only_guarded: int

    @property
    def net_usd(self) -> float:
        """The profit with guards above the one without."""
        return self.saved_usd - self.forgone_usd + self.other_usd


def guard_cost(bare: pd.DataFrame, guarded: pd.DataFrame) -> GuardCost:
    """Compare the trades of a run without guards with those of the same run with them.

    Both frames have Freqtrade's columns ``pair``, ``is_short``, ``open_date`` and ``profit_abs``;
    a trade is the same when pair, side and opening are. A difference in profit is a loss saved
    as far as the bare trade lost less of it by guards, and else a profit forgone or made.

    Raises
    ------
    MeasureError
        When a column is missing.
    """
    missing = {*KEY, PROFIT} - ({*bare.columns} & {*guarded.columns})
    if missing:
        raise MeasureError(f"expected trades with {', '.join(sorted(missing))}, found none")
    joined = _numbered(bare).merge(
        _numbered(guarded), on=[*KEY, "_number"], how="outer", suffixes=("_bare", "_guarded")
    )
    before, after = joined[f"{PROFIT}_bare"], joined[f"{PROFIT}_guarded"]
    new = before.isna()
    change = after.fillna(0.0) - before.fillna(0.0)
    return GuardCost(
        saved_usd=float(change[~new & (change > 0)].sum()),
        forgone_usd=float(-change[~new & (change < 0)].sum()),
        other_usd=float(change[new].sum()),
        not_taken=int(after.isna().sum()),
        only_guarded=int(new.sum()),
    )


def _numbered(trades: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that count, with a number where one candle has opened two alike."""
    known = trades[[*KEY, PROFIT]]
    return known.assign(_number=known.groupby(KEY).cumcount())
