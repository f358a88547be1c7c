"""The candles and the costs of a stored backtest, and its bill."""

import json
from pathlib import Path

import pytest

from plimsoll.core import UsageError
from plimsoll.execution.offer import Cause
from plimsoll.execution.settings import ExecutionSettings
from plimsoll.lab.reprice import (
    read_costs,
    realised_fall_usd,
    reprice_result,
    scaled,
    stated_costs,
)
from plimsoll.lab.results import ResultError, read_backtest
from plimsoll.risk.costs import TradingCosts
from tests.unit.execution.stored import STATED, store
from tests.unit.performance.frames import trade, trades_frame, utc

SETTINGS = ExecutionSettings()


def data(folder: Path) -> Path:
    return folder / "data" / "binance"


def test_the_stated_spread_and_slippage_are_given_back_before_the_markets_are_charged(
    tmp_path: Path,
) -> None:
    made = reprice_result(read_backtest(store(tmp_path)), data(tmp_path), SETTINGS)
    causes = made.bill.causes_usd()
    assert (made.included_bps, made.fee_bps) == (3.0, None)
    assert causes[Cause.STATED] == pytest.approx(211 * 3e-4)
    assert causes[Cause.SPREAD] == pytest.approx(-211 * 2e-4, rel=1e-3)
    assert causes[Cause.FEE] == pytest.approx(0.0, abs=1e-7)
    assert made.detail == ("5m",)
    assert made.bill.with_detail == 2


def test_a_plain_fee_is_the_exchanges_own(tmp_path: Path) -> None:
    made = reprice_result(read_backtest(store(tmp_path, costs=None)), data(tmp_path), SETTINGS)
    causes = made.bill.causes_usd()
    assert (made.included_bps, made.fee_bps) == (0.0, pytest.approx(7.0))
    assert causes[Cause.STATED] == 0.0
    assert causes[Cause.FEE] == pytest.approx(0.0, abs=1e-7)
    assert causes[Cause.SPREAD] < 0


def test_costs_that_the_trades_did_not_pay_are_not_the_results(tmp_path: Path) -> None:
    result = read_backtest(store(tmp_path, fee=0.001))
    assert stated_costs(result) is None
    measured = TradingCosts(fee_bps=5)
    made = reprice_result(result, data(tmp_path), SETTINGS, costs=measured)
    assert made.bill.causes_usd()[Cause.FEE] == pytest.approx(211 * 5e-4, rel=1e-3)


def test_latency_may_be_another(tmp_path: Path) -> None:
    result = read_backtest(store(tmp_path, detail=False))
    late = reprice_result(result, data(tmp_path), SETTINGS, latency_ms=5000)
    assert late.bill.causes_usd()[Cause.LATENCY] < 0
    assert late.costs.latency_ms == 5000
    at_once = reprice_result(result, data(tmp_path), SETTINGS)
    assert at_once.bill.causes_usd()[Cause.LATENCY] == 0.0
    assert at_once.detail == ()


def test_a_larger_account_pays_more_impact_on_each_dollar(tmp_path: Path) -> None:
    result = read_backtest(store(tmp_path))
    one, hundred = (
        reprice_result(scaled(result, factor), data(tmp_path), SETTINGS).bill
        for factor in (1.0, 100.0)
    )
    assert hundred.before_usd == pytest.approx(100 * one.before_usd)
    grown = hundred.causes_usd()[Cause.IMPACT] / one.causes_usd()[Cause.IMPACT]
    assert grown == pytest.approx(1000, rel=0.01)
    with pytest.raises(UsageError, match="factor above 0"):
        scaled(result, 0.0)


def test_missing_candles_of_the_strategy_are_an_error(tmp_path: Path) -> None:
    result = read_backtest(store(tmp_path))
    (data(tmp_path) / "futures" / "BTC_USDT_USDT-1h-futures.feather").unlink()
    with pytest.raises(ResultError, match="no 1h candles"):
        reprice_result(result, data(tmp_path), SETTINGS)


def test_costs_are_read_from_the_section_that_measuring_prints(tmp_path: Path) -> None:
    file = tmp_path / "costs.json"
    pairs = {"BTC/USDT:USDT": {"spread_bps": 0.5, "slippage_bps": 0.1}}
    file.write_text(json.dumps({"plimsoll": {"costs": {**STATED, "pairs": pairs}}}), "utf-8")
    assert read_costs(file).of_pair("BTC/USDT:USDT").spread_bps == 0.5
    file.write_text(json.dumps({"plimsoll": {"costs": {"spred_bps": 1}}}), "utf-8")
    with pytest.raises(UsageError, match="spred_bps"):
        read_costs(file)
    file.write_text("{}", "utf-8")
    with pytest.raises(UsageError, match="found none"):
        read_costs(file)


def test_the_deepest_fall_is_from_the_highest_sum_of_closed_profits() -> None:
    closes = {"2024-01-02": 110.0, "2024-01-03": 85.0, "2024-01-04": 101.0}
    rows = [trade(utc("2024-01-01"), utc(day), 100.0, close) for day, close in closes.items()]
    assert realised_fall_usd(trades_frame(*rows)) == pytest.approx(15.0)
    assert realised_fall_usd(trades_frame(*rows).iloc[:0]) == 0.0
