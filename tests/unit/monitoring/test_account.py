"""The account at the simulated exchange, as a watchdog reads it and closes it."""

import threading
import time
from dataclasses import replace
from random import Random
from typing import Any

import ccxt
import pytest

from plimsoll.core import PlimsollError, UsageError
from plimsoll.monitoring import account as module
from plimsoll.monitoring.account import Account, Rights, utc_now, words
from plimsoll.monitoring.memory import High
from plimsoll.monitoring.sight import AccountSight
from tests.support.watching import held
from tests.unit.monitoring.conftest import Exchange
from tests.unit.monitoring.sights import BTC, ETH
from tests.unit.venue.serving import post

RACES = 50


def test_positions_orders_stops_and_equity_are_read(exchange: Exchange) -> None:
    exchange.buy(stop=True)
    exchange.person.create_order(ETH, "limit", "buy", 1.0, 1_000.0)
    sight = exchange.account().look(utc_now())
    assert sight.books.fault is None
    [position] = sight.books.positions
    assert (position.pair, position.amount, position.side.value) == (BTC, 0.1, "long")
    stop, entry = sorted(sight.books.orders, key=lambda one: one.pair)
    assert (stop.pair, stop.conditional, stop.reduce_only) == (BTC, True, True)
    assert (entry.pair, entry.conditional, entry.reduce_only) == (ETH, False, False)
    assert sight.books.steps[BTC] == 0.001
    assert sight.equity_usd is not None
    assert abs(sight.equity_usd - 10_000.0) < 100.0
    assert abs(sight.skew_seconds or 0.0) < 2.0


def test_a_stop_that_closes_the_whole_position_has_no_amount(exchange: Exchange) -> None:
    exchange.buy()
    params = {"stopPrice": 10_000.0, "closePosition": True}
    exchange.person.create_order(BTC, "market", "sell", None, None, params)
    [stop] = exchange.account().look(utc_now()).books.orders
    assert (stop.amount, stop.reduce_only, stop.conditional) == (0.0, True, True)


def test_a_position_is_closed_and_closing_it_again_is_no_fault(exchange: Exchange) -> None:
    exchange.buy()
    account = exchange.account()
    [position] = account.look(utc_now()).books.positions
    assert "0.1 of 0.1" in account.close(position)
    assert held(exchange.person) == {}
    assert account.close(position) == "there was nothing left to close"
    assert held(exchange.person) == {}


def test_orders_of_both_kinds_are_cancelled_and_a_second_time_is_no_fault(
    exchange: Exchange,
) -> None:
    exchange.buy(stop=True)
    exchange.person.create_order(ETH, "limit", "buy", 1.0, 1_000.0)
    account = exchange.account()
    orders = account.look(utc_now()).books.orders
    assert [account.cancel(one) for one in orders] == ["cancelled"] * 2
    assert account.look(utc_now()).books.orders == ()
    assert [account.cancel(one) for one in orders] == ["it was gone"] * 2


def test_an_exchange_that_does_not_answer_is_a_fault(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = exchange.account()
    assert account.look(utc_now()).books.fault is None
    exchange.fault("http-error", status=503, paths=["*"])
    sight = account.look(utc_now())
    assert sight.books.fault is not None
    assert (sight.equity_usd, sight.refused) == (None, None)
    assert "signature" not in sight.books.fault
    exchange.mend()
    assert account.look(utc_now()).books.fault is None


@pytest.mark.parametrize("code", [-2014, -2015])
def test_a_key_that_is_refused_is_told_from_blindness(exchange: Exchange, code: int) -> None:
    account = exchange.account()
    exchange.fault("http-error", status=401, code=code, paths=["/fapi/v3/positionRisk"])
    sight = account.look(utc_now())
    assert sight.refused is not None
    assert sight.books.fault == sight.refused


def test_a_close_that_is_refused_says_why(exchange: Exchange) -> None:
    exchange.buy()
    account = exchange.account()
    [position] = account.look(utc_now()).books.positions
    exchange.fault("reject-order", code=-4131, count=1)
    with pytest.raises(PlimsollError):
        account.close(position)
    account.close(position)
    assert held(exchange.person) == {}


def test_the_exchanges_clock_is_followed_for_what_is_signed(exchange: Exchange) -> None:
    exchange.fault("clock-skew", skew_seconds=8)
    sight = exchange.account().look(utc_now())
    assert sight.skew_seconds == pytest.approx(8.0, abs=2.0)
    assert sight.books.fault is None


def test_money_that_was_taken_out_is_asked_for_where_equity_fell(exchange: Exchange) -> None:
    account, before = exchange.account(), utc_now()
    equity = account.look(before).equity_usd
    assert equity is not None
    time.sleep(0.01)
    answer = post(f"{exchange.url}/plimsoll/transfer", {"amount_usd": -2_000.0, "recorded": True})
    assert answer[0] == 200
    high = High(at=before, usd=equity)
    assert account.look(utc_now(), high, 0.5).moved_usd is None
    assert account.look(utc_now(), high, 0.1).moved_usd == -2_000.0
    exchange.fault("http-error", status=503, paths=["/fapi/v1/income"], count=1)
    unread = account.look(utc_now(), high, 0.1)
    assert unread.moved_usd is None
    assert "fault" in (unread.transfers_fault or "")
    assert account.look(utc_now(), high, 0.1).transfers_fault is None
    post(f"{exchange.url}/plimsoll/transfer", {"amount_usd": 2_000.0, "recorded": True})


def test_an_exchange_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="ccxt knows"):
        Account({"name": "nowhere"}, {}, "USDT")


def test_rights_are_told_or_not_known(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    account = exchange.account()
    assert account.rights() == Rights()
    told = {"enableFutures": True, "enableWithdrawals": False}
    monkeypatch.setattr(account._api, "sapiGetAccountApiRestrictions", lambda: told)
    assert account.rights() == Rights(trade=True, withdraw=False)


def test_words_hide_what_is_signed() -> None:
    error = ccxt.NetworkError("binance GET https://a/b?timestamp=1&signature=ab12 failed\nmore")
    assert words(error) == "NetworkError: binance GET https://a/b failed"


def test_a_large_position_is_closed_in_parts(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.buy(amount=0.1)
    account = exchange.account()
    monkeypatch.setattr(account, "_largest", lambda pair: 0.06)
    for left in (0.04, 0.0):
        [position] = account.look(utc_now()).books.positions
        account.close(position)
        assert held(exchange.person).get(BTC, 0.0) == pytest.approx(left)


def test_of_two_that_close_at_once_neither_turns_the_position_round(exchange: Exchange) -> None:
    """Fifty races with a second closer: each ends at exactly nothing, and no fill is beyond it."""
    random, account = Random(7), exchange.account()
    other = module.Account(
        exchange.section, {"key": exchange.person.apiKey, "secret": exchange.person.secret}, "USDT"
    )
    assert other.look(utc_now()).books.fault is None
    both_filled = 0
    for race in range(RACES):
        side = random.choice(["buy", "sell"])
        amount = round(random.randint(2, 60) / 1000, 3)
        exchange.person.create_order(BTC, "market", side, amount)
        start = exchange.person.milliseconds()
        [position] = account.look(utc_now()).books.positions
        halves = replace(position, amount=round(position.amount / 2, 3)) if race % 3 else position
        gate = threading.Barrier(2)
        threads = [
            threading.Thread(target=_closes, args=(gate, account, position, random.random() / 500)),
            threading.Thread(target=_closes, args=(gate, other, halves, random.random() / 500)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert held(exchange.person) == {}, f"race {race}"
        closing = "sell" if side == "buy" else "buy"
        fills = exchange.person.fetch_my_trades(BTC, limit=1000)
        mine = [one for one in fills if one["side"] == closing and one["timestamp"] >= start - 1]
        assert sum(one["amount"] for one in mine) == pytest.approx(amount, abs=1e-9), f"race {race}"
        both_filled += len({one["order"] for one in mine}) > 1
    assert both_filled > 0, "expected races in which both were filled a part, found none"


def _closes(gate: threading.Barrier, account: Account, position: Any, wait: float) -> None:
    gate.wait(10)
    time.sleep(wait)
    account.close(position)


def test_a_sight_of_no_account_has_no_equity(exchange: Exchange) -> None:
    exchange.fault("missing-positions")
    exchange.buy()
    sight = exchange.account().look(utc_now())
    assert isinstance(sight, AccountSight)
    assert sight.books.positions == ()
    assert (sight.books.margin_usd or 0.0) > 0.0


def test_a_pair_that_was_listed_since_the_start_is_read(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = exchange.account()
    exchange.buy(ETH, 1.0)
    account.look(utc_now())
    api = account._api
    api.set_markets([one for one in api.markets.values() if one["symbol"] != ETH])
    assert ETH not in api.markets
    assert account.look(utc_now()).books.fault is not None
    monkeypatch.setattr("plimsoll.monitoring.account.MARKETS_SECONDS", 0.0)
    [position] = account.look(utc_now()).books.positions
    assert (position.pair, position.amount) == (ETH, 1.0)


def test_an_amount_that_is_no_number_is_blindness(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = exchange.account()
    given = {"symbol": BTC, "side": "long", "contracts": float("nan")}
    monkeypatch.setattr(account._api, "fetch_positions", lambda: [given])
    fault = account.look(utc_now()).books.fault
    assert fault is not None
    assert "expected an amount" in fault


@pytest.mark.parametrize(
    ("said", "is_gone"),
    [
        ('{"code":-2022,"msg":"ReduceOnly Order is rejected."}', True),
        ('{"code": -4118, "msg": "ReduceOnly Order Failed. Please check your position"}', False),
    ],
)
def test_only_a_position_that_is_gone_counts_as_closed(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, said: str, is_gone: bool
) -> None:
    import ccxt

    exchange.buy()
    account = exchange.account()
    [position] = account.look(utc_now()).books.positions

    def refuse(*_: object) -> None:
        raise ccxt.InvalidOrder(f"binance {said}")

    monkeypatch.setattr(account._api, "create_order", refuse)
    if is_gone:
        assert account.close(position) == "there was nothing left to close"
        return
    with pytest.raises(PlimsollError, match="-4118"):
        account.close(position)
