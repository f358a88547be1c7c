from freqtrade.strategy import IStrategy
from pandas import DataFrame


class HostileForeign(IStrategy):
    """Holds on by every means that Freqtrade gives a strategy, and takes them again each loop."""

    INTERFACE_VERSION = 3
    timeframe = "5m"
    startup_candle_count = 20
    minimal_roi = {}
    stoploss = -0.99
    use_exit_signal = False
    exit_profit_only = True
    exit_profit_offset = 10.0
    unfilledtimeout = {"entry": 600, "exit": 600, "unit": "minutes"}
    order_types = {
        "entry": "market",
        "exit": "limit",
        "emergency_exit": "limit",
        "force_exit": "limit",
        "stoploss": "limit",
        "stoploss_on_exchange": False,
    }

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe

    def bot_loop_start(self, **kwargs) -> None:
        self.use_exit_signal = False
        self.exit_profit_only = True
        self.order_types = dict(type(self).order_types)
        raise RuntimeError("each loop")

    def confirm_trade_exit(self, *args, **kwargs) -> bool:
        return False

    def custom_exit_price(self, pair, trade, current_time, proposed_rate, **kwargs) -> float:
        return proposed_rate * 1.01

    def check_exit_timeout(self, *args, **kwargs) -> bool:
        return False

    def should_exit(self, *args, **kwargs) -> list:
        return []
