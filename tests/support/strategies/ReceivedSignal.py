"""A consumer as people write them: with an empty or an old frame it goes on as if nothing were."""

import pandas as pd
from freqtrade.strategy import IStrategy


class ReceivedSignal(IStrategy):
    """Enters where the producer's newest signal says so, however old it is; leaves after 1 min."""

    INTERFACE_VERSION = 3
    timeframe = "1m"
    stoploss = -0.5
    minimal_roi = {"0": 10, "1": -1}  # noqa: RUF012 - Freqtrade's own shape
    process_only_new_candles = False

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        received, _ = self.dp.get_producer_df(metadata["pair"], producer_name="producer")
        if received.empty:
            return dataframe.assign(enter_long_sent=1)
        sent = received[["date", "enter_long"]].rename(columns={"enter_long": "enter_long_sent"})
        merged = dataframe.merge(sent, on="date", how="left")
        return merged.assign(enter_long_sent=merged["enter_long_sent"].ffill())

    def populate_entry_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        dataframe.loc[dataframe["enter_long_sent"] == 1, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        return dataframe
