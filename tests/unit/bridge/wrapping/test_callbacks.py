"""How Freqtrade calls a strategy."""

from freqtrade.strategy import IStrategy
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

from plimsoll.bridge.wrapping.callbacks import is_freqtrades, named, reads_trade_itself


class Own(IStrategy):
    """Answers one callback itself."""

    def populate_indicators(self, dataframe: object, metadata: object) -> object:
        return dataframe

    def leverage(self, *given: object, **asked: object) -> float:
        return 2.0


def test_an_argument_without_a_name_gets_freqtrades() -> None:
    given = ("BTC/USDT", "now", 100.0)
    assert named("leverage", given, {"side": "long"}) == {
        "pair": "BTC/USDT",
        "current_time": "now",
        "current_rate": 100.0,
        "side": "long",
    }
    asked = {"pair": "BTC/USDT"}
    assert named("leverage", (), asked) is asked


def test_what_a_strategy_does_not_answer_is_freqtrades() -> None:
    strategy = object.__new__(Own)
    assert is_freqtrades(strategy.order_filled, "order_filled")
    assert not is_freqtrades(strategy.leverage, "leverage")


def test_freqtrade_copies_no_trade_for_what_reads_it_itself() -> None:
    seen: list[object] = []

    def order_filled(*, trade: object) -> None:
        seen.append(trade)

    trade: dict[str, int] = {}
    strategy_safe_wrapper(order_filled)(trade=trade)
    strategy_safe_wrapper(reads_trade_itself(order_filled))(trade=trade)
    assert seen[0] is not trade
    assert seen[1] is trade
