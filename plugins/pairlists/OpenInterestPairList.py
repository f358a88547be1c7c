"""Rank pairs by their open interest, or by how it changed."""

from datetime import timedelta

import pandas as pd
from freqtrade.enums import CandleType
from freqtrade.plugins.pairlist.IPairList import SupportsBacktesting

from plimsoll.bridge.plugins.pairlist import SelectingPairList
from plimsoll.bridge.plugins.pairlist_options import OpenInterestOptions
from plimsoll.signals.ranking import Drop, Selection, open_interest_of, ranked


class OpenInterestPairList(SelectingPairList):
    """Filter and rank by open interest in USD, or by its change in coins.

    Live it reads the exchange's hourly open interest (Binance keeps a month of it). A backtest
    reads the stored one, as it was known before the timerange: once, at the start.
    """

    supports_backtesting = SupportsBacktesting.YES
    options_type = OpenInterestOptions

    def short_desc(self) -> str:
        options = self.options
        what = "value" if options.rank_by == "value" else f"{options.lookback_hours} h change"
        first = options.number_assets or "all"
        return f"{self.name} - {first} pairs by open interest ({what}), {options.order} first."

    @staticmethod
    def description() -> str:
        return "Rank pairs by open interest or its change."

    def select(self, pairs: list[str]) -> Selection:
        options = self.options
        lookback, hour = timedelta(hours=options.lookback_hours), pd.Timedelta(hours=1)
        at, known = self.known_at(), {}
        frames = self.history(pairs, "1h", CandleType.OPEN_INTEREST, lookback)
        for pair in pairs:
            if pair not in frames:
                known[pair] = Drop("missing", "it has no 1h open interest")
                continue
            interest = open_interest_of(
                frames[pair], known_at=at, span=hour, lookback=pd.Timedelta(lookback)
            )
            if isinstance(interest, Drop):
                known[pair] = interest
                continue
            in_bounds = ranked(
                {pair: interest.change_fraction},
                order="incoming",
                lowest=options.min_change_fraction,
                highest=options.max_change_fraction,
            )
            too_small = ranked(
                {pair: interest.value_usd}, order="incoming", lowest=options.min_value_usd
            )
            by_value = options.rank_by == "value"
            value = interest.value_usd if by_value else interest.change_fraction
            known[pair] = {**in_bounds.dropped, **too_small.dropped}.get(pair, value)
        return ranked(known, order=options.order, number=options.number_assets)
