"""One named test for each fact of Freqtrade that the guards in the bot rest on."""

import asyncio
import inspect
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from freqtrade.enums import ExitType, State, TradingMode
from freqtrade.exceptions import TemporaryError
from freqtrade.exchange import common
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.persistence import (
    KeyValueStore,
    LocalTrade,
    PairLocks,
    Trade,
    WalletHistory,
)
from freqtrade.persistence.pairlock import PairLock
from freqtrade.resolvers import StrategyResolver
from freqtrade.rpc.rpc import RPC, RPCException
from freqtrade.strategy import IStrategy
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper
from sqlalchemy import select

from plimsoll.bridge.freqtrade.log_listeners import FAILED_REQUESTS, GAVE_UP, SAID
from tests.unit.bridge.bots import (
    BTC,
    ETH,
    NOON,
    PLAIN,
    WALLET_USD,
    Bot,
    backtest,
    open_trade,
    running_bot,
)
from tests.unit.bridge.trades import backtest_trades, trade_fields

ADDS = f"""{PLAIN}
    def adjust_position(self, trade, now, price, profit_fraction):
        return 10
"""
LEAVES = f"""{PLAIN}
    def exit_reason(self, trade, now, price, profit_fraction):
        return "mine"
"""


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


# The exchange's errors


def heard(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == FAILED_REQUESTS.source and record.levelno == logging.WARNING
    ]


def test_fact_a_failed_request_is_a_warning_of_the_retrier(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @common.retrier(retries=1)
    def fetch_ticker() -> None:
        raise TemporaryError("the exchange does not answer")

    with pytest.raises(TemporaryError):
        fetch_ticker()
    said = heard(caplog)
    assert len(said) == 2, "one for each request"
    assert all(SAID in text for text in said)
    assert [GAVE_UP in text for text in said] == [False, True], "once, after every retry"


def test_fact_so_is_one_of_the_asynchronous_retrier(caplog: pytest.LogCaptureFixture) -> None:
    @common.retrier_async
    async def fetch_candles(exchange: object) -> None:
        raise TemporaryError("the exchange does not answer")

    with pytest.raises(TemporaryError):
        asyncio.run(fetch_candles(SimpleNamespace(name="Binance"), count=1))
    assert len([text for text in heard(caplog) if SAID in text]) == 2


# The loop


def test_fact_the_loop_begins_before_exits_and_exits_come_before_entries() -> None:
    source = inspect.getsource(FreqtradeBot.process)
    steps = [
        "self.dataprovider.refresh(",
        "self.strategy.bot_loop_start",
        "self.strategy.analyze(",
        "self.manage_open_orders()",
        "self.exit_positions(trades)",
        "if self.strategy.position_adjustment_enable:",
        "self.process_open_trade_positions()",
        "self.enter_positions(",
        "self.rpc.process_msg_queue(",
    ]
    assert [source.count(step) for step in steps] == [1] * len(steps)
    assert [source.index(step) for step in steps] == sorted(source.index(step) for step in steps)


def test_fact_an_error_in_the_beginning_of_a_loop_is_swallowed() -> None:
    def bot_loop_start() -> None:
        raise RuntimeError("a bug")

    assert strategy_safe_wrapper(bot_loop_start, supress_error=True)() is None


# Exits


def reasons(bot: Bot, *, exit_signal: bool = False, rate: float = 100.0) -> list[str]:
    held = LocalTrade(**trade_fields(NOON - timedelta(hours=1), trading_mode="futures"))
    found = bot.strategy.should_exit(held, rate, NOON, enter=False, exit_=exit_signal)
    return [check.exit_reason for check in found]


def test_fact_custom_exit_is_asked_with_exit_signals_on_only(tmp_path: Path) -> None:
    with backtest(tmp_path, LEAVES) as bot:
        assert reasons(bot) == ["mine"]
        bot.strategy.use_exit_signal = False
        assert reasons(bot) == []


def test_fact_custom_exit_is_not_asked_beside_an_exit_signal_that_profit_only_blocks(
    tmp_path: Path,
) -> None:
    with backtest(tmp_path, LEAVES) as bot:
        bot.strategy.exit_profit_only = True
        assert reasons(bot, exit_signal=True, rate=99.0) == []
        assert reasons(bot, rate=99.0) == ["mine"]
        bot.strategy.exit_profit_only = False
        assert reasons(bot, exit_signal=True, rate=99.0) == [ExitType.EXIT_SIGNAL.value]


def test_fact_a_callback_gets_a_copy_of_the_trade_unless_it_is_named_as_freqtrades_own() -> None:
    def theirs(trade: object) -> object:
        return trade

    trade = ["a trade"]
    assert strategy_safe_wrapper(theirs)(trade=trade) is not trade
    theirs.__qualname__ = "IStrategyLike.theirs"
    assert strategy_safe_wrapper(theirs)(trade=trade) is not trade
    theirs.__qualname__ = "IStrategy.theirs"
    assert strategy_safe_wrapper(theirs)(trade=trade) is trade


# Entries by hand


def remote(bot: Bot) -> RPC:
    """The part of Telegram and REST that acts, with a bot that could enter."""
    acting = object.__new__(RPC)
    acting._config = bot.config
    acting._freqtrade = SimpleNamespace(  # type: ignore[assignment]
        config={**bot.config, "force_entry_enable": True},
        state=State.RUNNING,
        trading_mode=TradingMode.FUTURES,
        strategy=bot.strategy,
        exchange=SimpleNamespace(
            get_markets=lambda **_: {BTC: {}}, get_pair_quote_currency=lambda _: "USDT"
        ),
        wallets=SimpleNamespace(get_trade_stake_amount=entered),
    )
    return acting


class EnteredError(Exception):
    """Freqtrade went on to the order."""


def entered(*_: object) -> float:
    raise EnteredError


def force_entry(bot: Bot) -> Exception:
    """Try it in a thread of its own, as Freqtrade does; return how it ended."""
    ends: list[Exception] = []

    def act() -> None:
        try:
            remote(bot)._rpc_force_entry(BTC, None)
        except Exception as error:  # noqa: BLE001 - that is what is looked at
            ends.append(error)
        finally:
            Trade.session.remove()

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()
    return ends[0]


def test_fact_an_entry_by_hand_on_an_open_position_asks_for_position_adjustment(
    tmp_path: Path,
) -> None:
    with running_bot(tmp_path, ADDS) as bot:
        bot.loop(NOON)
        assert isinstance(force_entry(bot), EnteredError), "without a position"
        open_trade(NOON)
        refused = force_entry(bot)
        assert isinstance(refused, RPCException)
        assert "already open" in str(refused)
        # It is the property that refuses: in the loop's own thread it would go on.
        with pytest.raises(EnteredError):
            remote(bot)._rpc_force_entry(BTC, None)


def test_fact_only_an_initial_entry_is_confirmed() -> None:
    source = inspect.getsource(FreqtradeBot.execute_entry)
    assert 'mode == "initial" and not strategy_safe_wrapper' in " ".join(source.split())


# Locks


def test_fact_unlock_ends_a_lock_and_makes_it_inactive(tmp_path: Path) -> None:
    with running_bot(tmp_path):
        lock = PairLocks.lock_pair("*", NOON + timedelta(days=9), "why", now=NOON)
        later = NOON + timedelta(hours=1)
        with time_machine.travel(later, tick=False):
            RPC._rpc_delete_lock(object.__new__(RPC), lockid=lock.id)
        (found,) = PairLock.get_all_locks().all()
        assert found.active is False
        assert found.lock_end_time_utc == later


def test_fact_a_lock_ends_with_the_candle_after_its_end() -> None:
    with backtest_trades():
        PairLocks.reset_locks()
        ends = [
            PairLocks.lock_pair("*", NOON + timedelta(seconds=seconds), str(seconds), now=NOON)
            for seconds in (0, 1, 299)
        ]
        assert {lock.lock_end_time_utc for lock in ends} == {NOON + timedelta(minutes=5)}


def test_fact_a_lock_keeps_255_characters_of_its_reason() -> None:
    assert PairLock.__table__.c.reason.type.length == 255


# The database


@pytest.mark.parametrize("value", [1.5, "text", 7, datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)])
def test_fact_the_key_value_store_takes_keys_of_anybody(tmp_path: Path, value: Any) -> None:
    with running_bot(tmp_path):
        KeyValueStore.store_value("plimsoll_of_a_test", "another kind of value")
        KeyValueStore.store_value("plimsoll_of_a_test", value)
        assert KeyValueStore.get_value("plimsoll_of_a_test") == value
        getter = {float: "float", str: "string", int: "int", datetime: "datetime"}[type(value)]
        assert getattr(KeyValueStore, f"get_{getter}_value")("plimsoll_of_a_test") == value
        assert KeyValueStore.get_float_value("plimsoll_never_stored") is None


def test_fact_wallet_history_adds_up_to_the_whole_equity(tmp_path: Path) -> None:
    """Free money in one row, margin and open profit of each position in another."""
    with running_bot(tmp_path) as bot:
        bot.exchange._markets = {
            pair: {"base": pair.split("/")[0], "quote": "USDT"} for pair in (BTC, ETH)
        }
        open_trade(NOON, pair=BTC, leverage=2.0, stake_amount=500.0)
        open_trade(NOON, pair=ETH, is_short=True, leverage=4.0, stake_amount=250.0)
        bot.price(BTC, 110.0)
        bot.price(ETH, 105.0)
        bot.strategy.wallets.update()
        bot.strategy.wallets.record_wallet_state()
        rows = list(WalletHistory.session.scalars(select(WalletHistory)))
        assert {row.currency for row in rows} == {"USDT", BTC, ETH}
        assert {row.timestamp for row in rows} == {NOON.replace(hour=0, tzinfo=None)}
        assert all(row.bot_managed for row in rows)
        total = sum(row.total_quote for row in rows)
        assert total == pytest.approx(WALLET_USD + 10 * 10.0 - 10 * 5.0)


def test_fact_the_starting_balance_holds_what_open_trades_have_realised(tmp_path: Path) -> None:
    with running_bot(tmp_path, tradable_balance_ratio=0.5) as bot:
        open_trade(NOON).realized_profit = 80.0
        Trade.commit()
        bot.strategy.wallets.update()
        assert bot.strategy.wallets.get_starting_balance() == pytest.approx((WALLET_USD + 80) / 2)


def test_fact_a_backtest_keeps_closed_trades_in_the_order_of_their_closing() -> None:
    with backtest_trades():
        made = [LocalTrade(**trade_fields(NOON, id=number)) for number in range(4)]
        for trade in made:
            LocalTrade.add_bt_trade(trade)
        for number in (2, 0, 3):
            made[number].close_profit_abs = 1.0 + number
            LocalTrade.close_bt_trade(made[number])
        assert [trade.id for trade in LocalTrade.bt_trades] == [2, 0, 3]
        assert [trade.id for trade in LocalTrade.bt_trades_open] == [1]
        assert LocalTrade.bt_total_profit == 3.0 + 1.0 + 4.0


# Settings


def test_fact_a_config_does_not_overwrite_a_property_of_a_strategy() -> None:
    class Fixed(IStrategy):
        def populate_indicators(self, dataframe: Any, metadata: dict[str, Any]) -> Any:
            return dataframe

        @property
        def position_adjustment_enable(self) -> bool:  # type: ignore[override]
            return False

    strategy = object.__new__(Fixed)
    config = {"position_adjustment_enable": True, "stoploss": -0.5}
    for name in config:
        StrategyResolver._override_attribute_helper(strategy, config, name, None)
    assert strategy.position_adjustment_enable is False
    assert strategy.stoploss == -0.5


def test_fact_a_reload_is_asked_for_in_one_place() -> None:
    """`plimsoll.bridge.freqtrade.reload` stands at that door."""
    package = Path(inspect.getfile(FreqtradeBot)).parent
    texts = {file: file.read_text(encoding="utf-8") for file in package.rglob("*.py")}
    asking = [file.name for file, text in texts.items() if "state = State.RELOAD_CONFIG" in text]
    assert asking == ["rpc.py"]
    body = texts[package / "rpc/rpc.py"].split("def _rpc_reload_config(self)")[1]
    assert "state = State.RELOAD_CONFIG" in body.split("def ")[0]
