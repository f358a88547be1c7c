"""Follow positions being opened, and stand against forced closing: open interest first."""

from datetime import datetime

import pandas as pd
from freqtrade.persistence import Trade
from freqtrade.strategy import DecimalParameter, IntParameter

from plimsoll.features import volatility
from plimsoll.signals.holding import begins
from plimsoll.signals.open_interest import build_up, build_up_ended, flush, standardised_move
from plimsoll.strategies import FeatureUse, Side, SizedStrategy, side_of


class OpenInterestFlow(SizedStrategy):
    """Enter where open interest grows with the move, or where a fall of it ends a flush.

    Where open interest is missing or older than two hours it enters nothing, and open positions
    keep their stop and time limit only. A demonstration: there was no data to judge it on.
    """

    timeframe = "1h"
    least_startup_candles = 362
    use_custom_roi = False
    moves = (("price_24", 24), ("price_4", 4), ("interest_24", 24), ("interest_4", 4))
    window_hours = 336
    flush_hours = 24

    flow_z = DecimalParameter(0.5, 2.0, default=1.0, decimals=2, space="buy")
    flush_z = DecimalParameter(2.0, 4.0, default=2.5, decimals=2, space="buy")
    max_hold_hours = IntParameter(24, 168, default=72, space="sell")

    def features(self) -> list[FeatureUse]:
        return [volatility.atr.use(period=14)]

    def informative_pairs(self) -> list[tuple[str, str, str]]:
        return [*super().informative_pairs(), *self.other_pairs("1h", "open_interest")]

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        candles = self.with_open_interest(dataframe, metadata["pair"])
        sources = {"price": candles["close"], "interest": candles["open_interest"]}
        for column, hours in self.moves:
            values = sources[column.partition("_")[0]]
            candles[column] = standardised_move(values, over=hours, window=self.window_hours)
        return super().populate_indicators(candles, metadata)

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        candles = super().populate_entry_trend(dataframe, metadata)
        for side in Side:
            entered = candles.get(f"enter_{side.value}", pd.Series(0, candles.index)) == 1
            candles.loc[entered, "enter_tag"] = "build_up"
            candles.loc[entered & self._flushes(candles, side), "enter_tag"] = "flush"
        return candles

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        follows = begins(
            build_up(
                side=side,
                price_move=candles["price_24"],
                interest_move=candles["interest_24"],
                least=self.flow_z.value,
            )
        )
        against = self._flushes(candles, Side.SHORT if side is Side.LONG else Side.LONG)
        return self._flushes(candles, side) | (follows & ~against)

    def exit_reason(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> str | None:
        flushed = trade.enter_tag == "flush"
        hours = self.flush_hours if flushed else self.max_hold_hours.value
        if self.held_too_long(trade, now, hours):
            return "time_limit"
        last = None if flushed else self.last_candle(trade.pair, now)
        if last is None or not build_up_ended(
            side=side_of(trade), price_move=last["price_24"], interest_move=last["interest_24"]
        ):
            return None
        return "build_up_ended"

    def stop_distance(self) -> tuple[FeatureUse, float]:
        return volatility.atr.use(period=14), 6.0

    def _flushes(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        price, interest = candles["price_4"], candles["interest_4"]
        least = self.flush_z.value
        return begins(flush(side=side, price_move=price, interest_move=interest, least=least))
