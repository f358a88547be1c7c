"""Six kinds of leaks, each in a shipped strategy and in a stranger's: their sources."""

from dataclasses import dataclass

from tests.conftest import ROOT

SHIPPED = ROOT / "user_data/strategies/TrendFollow.py"
FOREIGN = ROOT / "tests/foreign/strategies/FuturesLongShort.py"
OWN_COLUMNS = """
    def own_columns(self, dataframe):
        macd = ta.MACD(dataframe)
        dataframe["macd"], dataframe["signal"] = macd["macd"], macd["macdsignal"]
        dataframe["adx"] = ta.ADX(dataframe, timeperiod=14)
        dataframe["atr"] = ta.ATR(dataframe, timeperiod=14)
        return dataframe
"""
"""What the stranger's strategy computes itself, for a leak that replaces the method."""


@dataclass(frozen=True)
class Planted:
    """Methods that are added to a class, and what must be told of them."""

    shipped: str
    foreign: str
    contract: str
    words: str = ""
    callback: str = ""


NEXT_CLOSE = Planted(
    shipped="""
    def entry_signal(self, candles, side):
        return candles["close"].shift(-1) * side.sign > candles["close"] * side.sign
""",
    foreign="""
    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"].shift(-1) > dataframe["close"], "enter_long"] = 1
        return dataframe
""",
    contract="signals rest on the past",
    words="looks 1 candle ahead",
)
CENTRED_WINDOW = Planted(
    shipped="""
    def populate_indicators(self, dataframe, metadata):
        candles = super().populate_indicators(dataframe, metadata)
        return candles.assign(middle=candles["close"].rolling(21, center=True).mean())

    def entry_signal(self, candles, side):
        return candles["middle"] * side.sign > candles["close"] * side.sign
""",
    foreign="""
    def populate_indicators(self, dataframe, metadata):
        dataframe = self.own_columns(dataframe)
        dataframe["middle"] = dataframe["close"].rolling(21, center=True).mean()
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["middle"] > dataframe["close"], "enter_long"] = 1
        return dataframe
""",
    contract="columns rest on the past",
    words="column middle",
)
UNFINISHED_HOUR = Planted(
    shipped="""
    def populate_indicators(self, dataframe, metadata):
        candles = super().populate_indicators(dataframe, metadata)
        hours = candles.resample("1h", on="date")["close"].last()
        return candles.assign(hour=candles["date"].dt.floor("1h").map(hours))

    def entry_signal(self, candles, side):
        return candles["hour"] * side.sign > candles["close"] * side.sign
""",
    foreign="""
    def informative_pairs(self):
        return [(pair, "1h") for pair in self.dp.current_whitelist()]

    def populate_indicators(self, dataframe, metadata):
        hours = self.dp.get_pair_dataframe(metadata["pair"], "1h")
        hours = hours[["date", "close"]].rename(columns={"close": "hour"})
        dataframe = dataframe.merge(hours, on="date", how="left")
        dataframe["hour"] = dataframe["hour"].ffill()
        dataframe = self.own_columns(dataframe)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["hour"] > dataframe["close"], "enter_long"] = 1
        return dataframe
""",
    contract="columns rest on the past",
    words="like a 1h candle that had not closed",
)
KEPT = """
    def populate_exit_trend(self, dataframe, metadata):
        kept = self.__dict__.setdefault("kept", {})
        kept[metadata["pair"]] = dataframe.set_index("date")["close"]
        return super().populate_exit_trend(dataframe, metadata)

    def later(self, pair, now):
        from datetime import timedelta

        return float(self.kept[pair].asof(now + timedelta(minutes=30)))
"""
FOREIGN_KEPT = KEPT.replace("super().populate_exit_trend(dataframe, metadata)", "dataframe")
FUTURE_STAKE = Planted(
    shipped=KEPT
    + """
    def desired_stake(self, pair, side, proposed_stake, now):
        return proposed_stake * (0.2 + 0.1 * (self.later(pair, now) % 1))
""",
    foreign=FOREIGN_KEPT
    + """
    def custom_stake_amount(self, pair, current_time, current_rate, proposed_stake, **kwargs):
        return proposed_stake * (1.0 if self.later(pair, current_time) > current_rate else 0.2)
""",
    contract="stakes rest on the past",
    callback="custom_stake_amount",
)
FUTURE_STOP = Planted(
    shipped=KEPT
    + """
    stoploss = -0.2
    use_custom_stoploss = True

    def stop_distance(self):
        return None

    def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        return -0.01 if self.later(pair, current_time) < current_rate else -0.2
""",
    foreign=FOREIGN_KEPT
    + """
    def custom_stoploss(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        return -0.01 if self.later(pair, current_time) < current_rate else -0.2
""",
    contract="stops rest on the past",
    callback="custom_stoploss",
)
FUTURE_EXIT = Planted(
    shipped=KEPT
    + """
    def exit_reason(self, trade, now, price, profit_fraction):
        side = -1 if trade.is_short else 1
        return "peak" if side * (self.later(trade.pair, now) - price) < 0 else None
""",
    foreign=FOREIGN_KEPT
    + """
    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        return "peak" if self.later(pair, current_time) < current_rate else None
""",
    contract="exits rest on the past",
    callback="custom_exit",
)
GLOBAL_FIT = Planted(
    shipped="""
    def populate_indicators(self, dataframe, metadata):
        candles = super().populate_indicators(dataframe, metadata)
        close = candles["close"]
        return candles.assign(scaled=(close - close.mean()) / close.std())

    def entry_signal(self, candles, side):
        return candles["scaled"] * side.sign < -1
""",
    foreign="""
    def populate_indicators(self, dataframe, metadata):
        from sklearn.linear_model import LinearRegression

        dataframe = self.own_columns(dataframe)
        past = dataframe["close"].pct_change(5).fillna(0).to_frame("past")
        answer = dataframe["close"].shift(-5).div(dataframe["close"]).sub(1).fillna(0)
        dataframe["forecast"] = LinearRegression().fit(past, answer).predict(past)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["forecast"] > 0, "enter_long"] = 1
        return dataframe
""",
    contract="columns rest on the past",
    words="a figure of the whole data",
)
KINDS = {
    "next close": NEXT_CLOSE,
    "centred window": CENTRED_WINDOW,
    "unfinished hour": UNFINISHED_HOUR,
    "future stake": FUTURE_STAKE,
    "future stop": FUTURE_STOP,
    "future exit": FUTURE_EXIT,
    "global fit": GLOBAL_FIT,
}

COLUMNS = Planted(
    shipped="""
    def populate_indicators(self, dataframe, metadata):
        candles = super().populate_indicators(dataframe, metadata)
        close = candles["close"]
        hours = candles.resample("1h", on="date")["close"].last()
        return candles.assign(
            middle=close.rolling(21, center=True).mean(),
            hour=candles["date"].dt.floor("1h").map(hours),
            scaled=(close - close.mean()) / close.std(),
        )

    def exit_signal(self, candles, side):
        return candles["close"].shift(-1) * side.sign < candles["close"] * side.sign
""",
    foreign="""
    def informative_pairs(self):
        return [(pair, "1h") for pair in self.dp.current_whitelist()]

    def populate_indicators(self, dataframe, metadata):
        hours = self.dp.get_pair_dataframe(metadata["pair"], "1h")
        hours = hours[["date", "close"]].rename(columns={"close": "hour"})
        dataframe = dataframe.merge(hours, on="date", how="left")
        dataframe["hour"] = dataframe["hour"].ffill()
        dataframe = self.own_columns(dataframe)
        close = dataframe["close"]
        dataframe["middle"] = close.rolling(21, center=True).mean()
        dataframe["scaled"] = close.rank(pct=True)
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"].shift(-1) < dataframe["close"], "exit_long"] = 1
        return dataframe
""",
    contract="",
)
"""All leaks of columns at once: each has a column of its own."""
CALLBACKS = Planted(
    shipped=FUTURE_STOP.shipped
    + FUTURE_STAKE.shipped.removeprefix(KEPT)
    + FUTURE_EXIT.shipped.removeprefix(KEPT),
    foreign=FUTURE_STOP.foreign
    + FUTURE_STAKE.foreign.removeprefix(FOREIGN_KEPT)
    + FUTURE_EXIT.foreign.removeprefix(FOREIGN_KEPT),
    contract="",
)
"""All leaks of callbacks at once."""
TOGETHER = {"columns": COLUMNS, "callbacks": CALLBACKS}


def source(kind: str, host: str) -> str:
    """Return the text of a strategy with a leak in it, or with all of columns or callbacks."""
    planted = (KINDS | TOGETHER)[kind]
    file, added = (SHIPPED, planted.shipped) if host == "shipped" else (FOREIGN, planted.foreign)
    text = file.read_text(encoding="utf-8")
    if file == FOREIGN:
        text += OWN_COLUMNS
    return text + added
