"""The account over loopback: ccxt's signed methods, and freqtrade trading with dry_run off."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import ccxt
import pytest

from tests.support.venue_keys import CCXT_KEYS, in_venue_time, signed
from tests.unit.venue.serving import bot_config, environment, get, post, venue

BTC = "BTC/USDT:USDT"


@pytest.fixture
def served(tmp_path: Path):  # type: ignore[no-untyped-def]
    path = tmp_path / "venue.json"
    start = ("--start", "2025-01-01T00:00:30Z", "--clock", "stepped")
    with venue("--symbols", "BTCUSDT,ETHUSDT", *start, "--write-config", path) as line:
        config = json.loads(path.read_text())["exchange"]["ccxt_config"] | CCXT_KEYS
        config["options"]["defaultType"] = "swap"
        yield in_venue_time(ccxt.binance(config), line["url"]), line["url"]


def _step(url: str, seconds: float) -> None:
    assert post(f"{url}/plimsoll/clock/step", {"seconds": seconds})[0] == 200


def test_a_market_order_opens_a_position_and_a_second_closes_it(served: tuple[Any, str]) -> None:
    api, url = served
    api.set_margin_mode("isolated", BTC)
    api.set_leverage(5, BTC)
    bought = api.create_order(BTC, "market", "buy", 0.1)
    assert (bought["status"], bought["filled"]) == ("closed", 0.1)
    (position,) = api.fetch_positions([BTC])
    assert (position["side"], position["contracts"]) == ("long", 0.1)
    assert 0 < position["liquidationPrice"] < 0.85 * bought["average"]
    balance = api.fetch_balance()["USDT"]
    assert balance["free"] == pytest.approx(10_000 - bought["cost"] * (1 / 5 + 0.0005), rel=1e-6)
    _step(url, 3600)
    sold = api.create_order(BTC, "market", "sell", 0.1, None, {"reduceOnly": True})
    assert api.fetch_positions([BTC]) == []
    profit = 0.1 * (sold["average"] - bought["average"])
    fees = 0.0005 * (sold["cost"] + bought["cost"])
    assert api.fetch_balance()["USDT"]["total"] == pytest.approx(10_000 + profit - fees, abs=0.01)
    trades = api.fetch_my_trades(BTC)
    assert [trade["side"] for trade in trades] == ["buy", "sell"]
    assert trades[0]["fee"] == {**trades[0]["fee"], "currency": "USDT"}


def test_a_stop_order_triggers_in_a_crash(served: tuple[Any, str]) -> None:
    api, url = served
    api.set_leverage(3, BTC)
    bought = api.create_order(BTC, "market", "buy", 0.1)
    stop = round(bought["average"] * 0.95, 1)
    params = {"stopPrice": stop, "reduceOnly": True}
    placed = api.create_order(BTC, "market", "sell", 0.1, None, params)
    assert (placed["status"], placed["triggerPrice"]) == ("open", stop)
    post(f"{url}/plimsoll/scenario", {"name": "flash-crash", "magnitude": -0.1})
    _step(url, 600)
    triggered = api.fetch_order(placed["id"], BTC, {"stop": True})
    assert triggered["status"] == "closed"
    real = api.fetch_order(triggered["info"]["actualOrderId"], BTC)
    assert (real["status"], real["filled"]) == ("closed", 0.1)
    assert 0.98 * stop < real["average"] <= stop
    assert api.fetch_positions([BTC]) == []


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (("limit", "buy", 0.0001, 10_000.0), ccxt.InvalidOrder),
        (("market", "buy", 100.0, None), ccxt.InsufficientFunds),
        (("market", "sell", 0.1, None, {"reduceOnly": True}), ccxt.InvalidOrder),
        (("limit", "buy", 0.1, 1e6, {"timeInForce": "GTX"}), ccxt.InvalidOrder),
    ],
)
def test_refused_orders_raise_what_the_real_exchange_raises(
    served: tuple[Any, str], order: tuple[Any, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        served[0].create_order(BTC, *order)


def test_a_stop_that_would_trigger_at_once_is_refused(served: tuple[Any, str]) -> None:
    api, _ = served
    bought = api.create_order(BTC, "market", "buy", 0.1)
    params = {"stopPrice": round(bought["average"] * 1.01, 1), "reduceOnly": True}
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        api.create_order(BTC, "market", "sell", 0.1, None, params)


def test_signed_endpoints_want_a_key(served: tuple[Any, str]) -> None:
    status, body = get(f"{served[1]}/fapi/v3/account")
    assert (status, body["code"]) == (401, -2014)


def test_every_signed_reader_answers(served: tuple[Any, str]) -> None:
    api, url = served
    resting = api.create_order(BTC, "limit", "buy", 0.01, 20_000.0)
    assert [order["id"] for order in api.fetch_open_orders(BTC)] == [resting["id"]]
    assert api.cancel_order(resting["id"], BTC)["status"] == "canceled"
    assert api.fetch_open_orders(BTC) == []
    assert [order["status"] for order in api.fetch_orders(BTC)] == ["canceled"]
    assert set(api.fetch_leverage_tiers()) == {BTC, "ETH/USDT:USDT"}
    assert api.fetch_trading_fee(BTC)["taker"] == 0.0005
    api.create_order(BTC, "market", "buy", 0.01)
    _step(url, 8 * 3600)
    (funding,) = api.fetch_funding_history(BTC)
    assert funding["amount"] != 0.0
    with pytest.raises(ccxt.OrderNotFound):
        api.fetch_order("42", BTC)


def test_ccxt_reads_transfers_profits_and_fees_as_ledger_entries(served: tuple[Any, str]) -> None:
    api, url = served
    api.create_order(BTC, "market", "buy", 0.1)
    api.create_order(BTC, "market", "sell", 0.1, None, {"reduceOnly": True})
    assert post(f"{url}/plimsoll/transfer", {"amount_usd": -500})[0] == 200
    assert post(f"{url}/plimsoll/transfer", {"amount_usd": -50, "recorded": False})[0] == 200
    entries = api.fetch_ledger("USDT", None, 100)
    kinds = [(entry["type"], entry["direction"]) for entry in entries]
    assert kinds == [
        ("commission", "out"),
        ("trade", "out"),
        ("commission", "out"),
        ("transfer", "out"),
    ]
    assert entries[-1]["amount"] == 500.0
    told = 10_000 + sum((e["amount"] if e["direction"] == "in" else -e["amount"]) for e in entries)
    assert api.fetch_balance()["USDT"]["total"] == pytest.approx(told - 50, abs=1e-6)
    only = api.fetch_ledger("USDT", None, 100, {"incomeType": "TRANSFER"})
    assert [entry["id"] for entry in only] == [entries[-1]["id"]]


def test_ccxt_reads_the_account_under_its_faults(served: tuple[Any, str]) -> None:
    api, url = served
    api.create_order(BTC, "market", "buy", 0.1)
    post(f"{url}/plimsoll/faults", {"kind": "missing-positions", "count": 1})
    assert [len(api.fetch_positions()) for _ in range(2)] == [0, 1]
    post(f"{url}/plimsoll/faults", {"kind": "reject-order", "reduce_only": True, "count": 1})
    with pytest.raises(ccxt.ExchangeError, match="ReduceOnly Order is rejected"):
        api.create_order(BTC, "market", "sell", 0.1, None, {"reduceOnly": True})
    post(f"{url}/plimsoll/faults", {"kind": "reject-order", "code": -4131})
    with pytest.raises(ccxt.ExchangeError, match="PERCENT_PRICE"):
        api.create_order(BTC, "market", "buy", 0.1)
    post(f"{url}/plimsoll/faults", {"kind": "cross-margin"})
    post(f"{url}/plimsoll/faults", {"kind": "hedge-mode"})
    assert api.fetch_position_mode()["hedged"] is True
    (position,) = api.fetch_positions()
    assert (position["side"], position["marginMode"], position["hedged"]) == ("long", "cross", True)
    with pytest.raises(ccxt.OperationRejected):
        api.create_order(BTC, "market", "sell", 0.1)


STRATEGY = """
from freqtrade.strategy import IStrategy

class OneRoundTrip(IStrategy):
    timeframe = "5m"
    stoploss = -0.2
    minimal_roi = {"0": 10}
    startup_candle_count = 30
    order_types = {"entry": "market", "exit": "market", "stoploss": "market",
                   "stoploss_on_exchange": True, "emergency_exit": "market",
                   "force_exit": "market"}

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[:, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def leverage(self, pair, current_time, current_rate, proposed_leverage, *args, **kwargs):
        return 3.0
"""


@pytest.mark.freqtrade
def test_freqtrade_trades_live_and_its_stop_on_the_exchange_saves_it(tmp_path: Path) -> None:
    profile, userdir = tmp_path / "venue.json", tmp_path / "user_data"
    (userdir / "strategies").mkdir(parents=True)
    (userdir / "data").mkdir()
    (userdir / "strategies" / "one_round_trip.py").write_text(STRATEGY)
    log_path = tmp_path / "bot.log"
    with venue("--symbols", "BTCUSDT,ETHUSDT", "--write-config", profile) as line:
        path = bot_config(profile, tmp_path)
        config = json.loads(path.read_text()) | {"dry_run": False, "max_open_trades": 2}
        path.write_text(json.dumps(config))
        database = f"sqlite:///{tmp_path}/bot.sqlite"
        arguments = ("--strategy", "OneRoundTrip", "--db-url", database)
        command = [sys.executable, "-m", "freqtrade", "trade", "--config", path]
        with log_path.open("w") as log:
            bot = subprocess.Popen(
                [*map(str, command), "--userdir", str(userdir), *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(),
                cwd=tmp_path,
            )
        try:
            assert _said(log_path, "entry_fill", 2), log_path.read_text()[-4000:]
            assert _orders(line["url"], "openAlgoOrders", 2)
            crash = {"name": "flash-crash", "magnitude": -0.15, "duration_seconds": 20}
            post(f"{line['url']}/plimsoll/scenario", crash)
            assert _said(log_path, "exit_fill", 2), log_path.read_text()[-4000:]
            # Until here only: SIGINT inside a commit makes freqtrade's own clean-up raise.
            log_text = log_path.read_text()
            os.kill(bot.pid, signal.SIGINT)
            bot.wait(timeout=120)
        finally:
            if bot.poll() is None:
                bot.kill()
                bot.wait()
    assert log_text.count("'exit_reason': 'stoploss_on_exchange'") >= 2
    assert "Traceback" not in log_text


def _said(path: Path, text: str, count: int, seconds: float = 180) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if path.read_text().count(f"'type': {text}") >= count:
            return True
        time.sleep(0.25)
    return False


def _orders(url: str, name: str, count: int, seconds: float = 120) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if len(signed(url, f"/fapi/v1/{name}")) >= count:
            return True
        time.sleep(0.25)
    return False
