"""Rank pairs by their funding, or by their premium over the index."""

from datetime import timedelta

import pandas as pd
from freqtrade.enums import CandleType
from freqtrade.plugins.pairlist.IPairList import SupportsBacktesting

from plimsoll.bridge.plugins.pairlist import SelectingPairList
from plimsoll.bridge.plugins.pairlist_options import FundingOptions
from plimsoll.signals.ranking import Drop, Selection, basis_of, funding_of, ranked


class FundingPairList(SelectingPairList):
    """Filter and rank by the funding that longs paid, a year, or by the mean premium.

    Live it reads what the exchange has settled. A backtest reads the stored rates or premium
    candles, as they were known before the timerange: once, at the start.
    """

    supports_backtesting = SupportsBacktesting.YES
    options_type = FundingOptions

    def short_desc(self) -> str:
        options = self.options
        first = options.number_assets or "all"
        return (
            f"{self.name} - {first} pairs by {options.rank_by} over {options.lookback_hours} h, "
            f"{options.order} first."
        )

    @staticmethod
    def description() -> str:
        return "Rank pairs by funding rate or basis."

    def select(self, pairs: list[str]) -> Selection:
        options = self.options
        by_funding = options.rank_by == "funding"
        kind = CandleType.FUNDING_RATE if by_funding else CandleType.PREMIUMINDEX
        lookback = timedelta(hours=options.lookback_hours)
        at, hour = self.known_at(), pd.Timedelta(hours=1)
        frames = self.history(pairs, "1h", kind, lookback)
        known = {}
        for pair in pairs:
            if pair not in frames:
                known[pair] = Drop("missing", f"it has no 1h {kind} data")
            elif by_funding:
                known[pair] = funding_of(frames[pair], known_at=at, lookback=lookback)
            else:
                known[pair] = basis_of(frames[pair], known_at=at, span=hour, lookback=lookback)
        return ranked(
            known,
            order=options.order,
            lowest=options.min_fraction,
            highest=options.max_fraction,
            number=options.number_assets,
        )
