"""Write a strategy of thousands of lines, as the best-known public ones are."""

HEAD = '''import talib.abstract as ta
from pandas import DataFrame

from freqtrade.strategy import BooleanParameter, IStrategy, informative


class Thousands(IStrategy):
    """Conditions by the hundred, each with its switch."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    can_short = False
    process_only_new_candles = True
    startup_candle_count = 200
    minimal_roi = {"0": 0.02, "120": 0.004}
    stoploss = -0.12
    use_custom_stoploss = False
    position_adjustment_enable = True
    rebuy_mode_stakes = [1.0, 0.5, 0.25]

    buy_params = {
'''
PARAMETERS = """    }}

"""
INDICATORS = """
    @informative("1h")
    def populate_indicators_1h(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["rsi_14"] = ta.RSI(dataframe, timeperiod=14)
        return dataframe

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        for length in (4, 14, 20):
            dataframe[f"rsi_{length}"] = ta.RSI(dataframe, timeperiod=length)
        for length in (12, 26, 50, 200):
            dataframe[f"ema_{length}"] = ta.EMA(dataframe, timeperiod=length)
        dataframe["volume_mean_12"] = dataframe["volume"].rolling(12).mean()
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["enter_tag"] = ""
        return self.entries_1(dataframe)
"""
CONDITION = """
        # Condition {number}: a dip of depth {depth}.
        if self.buy_condition_{number}_enable.value:
            logic = (
                (dataframe["rsi_{fast}"] < {rsi})
                & (dataframe["rsi_14_1h"] > {slow})
                & (dataframe["close"] < dataframe["ema_{ema}"] * {depth})
                & (dataframe["volume"] > dataframe["volume_mean_12"] * {volume})
                & (dataframe["volume"] > 0)
            )
            dataframe.loc[logic, "enter_tag"] += "{number} "
            dataframe.loc[logic, "enter_long"] = 1
"""
NEXT = """
    def entries_{number}(self, dataframe: DataFrame) -> DataFrame:
"""
TAIL = """
    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe.loc[dataframe["rsi_14"] > 74, ["exit_long", "exit_tag"]] = (1, "rsi_14_over_74")
        return dataframe

    def adjust_trade_position(self, trade, current_time, current_rate, current_profit, **kwargs):
        entries = trade.nr_of_successful_entries
        if current_profit > -0.02 * entries or entries > 2:
            return None
        return trade.stake_amount * self.rebuy_mode_stakes[entries], f"rebuy_{entries}"

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        last = self.dp.get_analyzed_dataframe(pair, self.timeframe)[0].iloc[-1].squeeze()
        if current_profit > 0.008 and last["rsi_4"] > 80:
            return f"signal_profit_1 ( {trade.enter_tag.strip()[:40]})"
        return None
"""
PER_METHOD = 40


def source(lines: int = 5_000) -> str:
    """Return the file; it has at least so many lines."""
    count = max(1, lines // 14)
    numbers = range(1, count + 1)
    text = HEAD + "".join(f'        "buy_condition_{n}_enable": True,\n' for n in numbers)
    text += PARAMETERS.format()
    for n in numbers:
        made = f'BooleanParameter(default={n % 9 < 4}, space="buy", optimize=False)'
        text += f"    buy_condition_{n}_enable = {made}\n"
    text += INDICATORS
    methods = range(1, count + 1, PER_METHOD)
    for place, first in enumerate(methods, start=1):
        text += NEXT.format(number=place)
        for n in numbers[first - 1 : first - 1 + PER_METHOD]:
            text += CONDITION.format(
                number=n,
                fast=(4, 14, 20)[n % 3],
                rsi=18 + n % 14,
                slow=30 + n % 17,
                ema=(12, 26, 50, 200)[n % 4],
                depth=round(0.975 + (n % 20) / 1000, 3),
                volume=round(0.2 + (n % 7) / 5, 1),
            )
        following = f"self.entries_{place + 1}(dataframe)" if place < len(methods) else "dataframe"
        text += f"        return {following}\n"
    return text + TAIL
