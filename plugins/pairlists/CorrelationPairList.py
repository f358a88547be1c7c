"""Keep one pair of each group that moves together."""

import pandas as pd
from freqtrade.plugins.pairlist.IPairList import SupportsBacktesting

from plimsoll.bridge.plugins.pairlist import SelectingPairList
from plimsoll.bridge.plugins.pairlist_options import CorrelationOptions
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.signals.ranking import Selection, uncorrelated


class CorrelationPairList(SelectingPairList):
    """Filter: a pair that moves too much like one before it is left out.

    The order of the incoming list decides who stays, so put it behind a list that ranks. Live it
    reads freshly fetched candles; a backtest those stored, as they were known before the
    timerange: once, at the start.
    """

    supports_backtesting = SupportsBacktesting.YES
    options_type = CorrelationOptions

    def short_desc(self) -> str:
        options = self.options
        return (
            f"{self.name} - pairs correlated at most {options.max_correlation:.2f} with each "
            f"other over {options.lookback_candles} {options.timeframe} candles."
        )

    @staticmethod
    def description() -> str:
        return "Keep one pair of each group that moves together."

    def select(self, pairs: list[str]) -> Selection:
        options = self.options
        span = timeframe_span(options.timeframe)
        last = (self.known_at() - span).floor(span)
        grid = pd.date_range(end=last, periods=options.lookback_candles, freq=span)
        frames = self.history(
            pairs,
            options.timeframe,
            self._config["candle_type_def"],
            (options.lookback_candles * span).to_pytimedelta(),
        )
        closes = {
            # Freqtrade fills a hole with a flat candle without volume.
            pair: frame[frame["volume"] > 0].set_index("date")["close"]
            for pair, frame in frames.items()
        }
        return uncorrelated(
            pd.DataFrame(closes).reindex(grid),
            pairs,
            cap=options.max_correlation,
            least_fraction=options.min_common_fraction,
        )
