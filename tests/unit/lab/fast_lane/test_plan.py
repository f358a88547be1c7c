"""What the lane takes of a backtest, and what it refuses, by name."""

from collections.abc import Iterator

import pytest
from freqtrade.enums import RunMode
from freqtrade.strategy import IStrategy

from plimsoll.lab.fast_lane.plan import asks_entries, is_guarded, plan_of, refusal_of, roi_of
from tests.identity.running import Run
from tests.unit.lab.fast_lane.drawn import plain_runs


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with plain_runs() as make:
        yield make()


def test_a_plain_strategy_is_taken(run):
    assert refusal_of(run.backtesting) is None
    assert not asks_entries(run.backtesting.strategy)
    assert not is_guarded(run.backtesting.strategy)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("timeframe_detail", "1m", "timeframe_detail"),
        ("dynamic_pairlist", True, "enable_dynamic_pairlist"),
        ("precision_mode_price", 3, "significant digits"),
    ],
)
def test_an_option_that_it_does_not_know_is_named(run, monkeypatch, name, value, word):
    monkeypatch.setattr(run.backtesting, name, value)

    assert word in (refusal_of(run.backtesting) or "")


def test_a_coin_in_the_wallet_is_named(run, monkeypatch):
    backtesting = run.backtesting
    coin = backtesting.pairlists.whitelist[0].split("/")[0]
    monkeypatch.setitem(backtesting.config, "runmode", RunMode.BACKTEST)
    monkeypatch.setattr(backtesting.wallets, "_start_cap", {"USDT": 1000, coin: 0.5})

    assert "the wallet history" in (refusal_of(backtesting) or "")


@pytest.mark.parametrize("name", ["custom_exit", "confirm_trade_exit", "order_filled"])
def test_a_callback_that_it_does_not_ask_is_named(run, monkeypatch, name):
    own = lambda *_, **__: None  # noqa: E731 - any function that is not Freqtrade's
    monkeypatch.setattr(type(run.backtesting.strategy), name, own)

    assert refusal_of(run.backtesting) == name


def test_a_callback_at_the_entry_is_asked(run, monkeypatch):
    own = lambda *_, **__: 2.0  # noqa: E731 - any function that is not Freqtrade's
    monkeypatch.setattr(type(run.backtesting.strategy), "leverage", own)

    assert refusal_of(run.backtesting) is None
    assert asks_entries(run.backtesting.strategy)


def test_a_stop_of_its_own_is_named(run, monkeypatch):
    monkeypatch.setattr(run.backtesting.strategy, "use_custom_stoploss", True)
    monkeypatch.setattr(type(run.backtesting.strategy), "custom_stoploss", lambda *_, **__: -0.1)

    assert refusal_of(run.backtesting) == "custom_stoploss"


def test_a_plan_holds_the_configs_numbers(run):
    plan = plan_of(run.backtesting, 0, 3600)[0]
    strategy = run.backtesting.strategy

    assert plan["step_s"] == run.backtesting.timeframe_secs
    assert plan["start_s"] == run.backtesting.timeframe_secs
    assert plan["stoploss"] == strategy.stoploss
    assert plan["fee"] == run.backtesting.fee
    assert isinstance(strategy, IStrategy)


def test_the_roi_table_is_by_time(run, monkeypatch):
    monkeypatch.setattr(run.backtesting.strategy, "minimal_roi", {30: 0.01, 0: 0.05})
    minutes, fractions = roi_of(run.backtesting.strategy)

    assert minutes.tolist() == [0, 30]
    assert fractions.tolist() == [0.05, 0.01]
