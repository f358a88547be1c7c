"""What a backtest and a running bot have in common: stakes, confirmations, records, faults."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from math import nan
from pathlib import Path
from typing import Any

import pytest
import time_machine
from freqtrade.persistence import LocalTrade, Order

from plimsoll.bridge.guarding.entry import Wanted
from plimsoll.bridge.guarding.session import EXCHANGE_ROUNDING, Session
from plimsoll.core import Side
from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, backtest, candles, running_bot
from tests.unit.bridge.trades import trade_fields

HOUR = timedelta(hours=1)
Begin = Callable[..., AbstractContextManager[Bot]]
Records = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture(params=[running_bot, backtest], ids=["bot", "backtest"])
def begin(request: pytest.FixtureRequest) -> Begin:
    return request.param


def opened(bot: Bot) -> Session:
    """The session after its first loop, with candles."""
    session = bot.strategy._session
    if session.in_memory:
        for pair in (BTC, ETH):
            session.learn(pair, candles([100.0] * 30))
    bot.loop(NOON)
    return session


def wanted(stake_usd: float = 100.0, **others: Any) -> Wanted:
    made = {"pair": BTC, "side": Side.LONG, "now": NOON, "price": 100.0, "leverage": 1.0}
    return Wanted(stake_usd=stake_usd, **{**made, **others})


def recorded(session: Session) -> Records:
    """What is recorded from now on, by the session itself and by its supervisor."""
    records: Records = []

    def record(kind: str, at: object, *, durable: bool = False, **fields: Any) -> None:
        records.append({"kind": str(kind), "durable": durable, **fields})

    session.record = record
    if not session.in_memory:
        session.supervisor._record = record
    return records


def of(records: Records, kind: str) -> Records:
    return [one for one in records if one["kind"] == kind]


# Stakes at the exchange's minimum


def test_an_entry_is_taken_from_the_share_on_that_freqtrade_raises(
    tmp_path: Path, begin: Begin
) -> None:
    assert EXCHANGE_ROUNDING == 0.7
    with begin(tmp_path) as bot:
        session = opened(bot)
        assert session.stake(wanted(7.0), least=10.0) == 7.0
        records = recorded(session)
        assert session.stake(wanted(6.99), least=10.0) == 0.0
        (denial,) = of(records, "denial")
        assert (denial["rule"], denial["value"], denial["limit"]) == ("position_size", 6.99, 10.0)


def test_an_addition_below_the_minimum_is_not_raised_but_denied(
    tmp_path: Path, begin: Begin
) -> None:
    with begin(tmp_path) as bot:
        session = opened(bot)
        assert session.add(wanted(10.0, stop_price=98.0), least=10.0) == 10.0
        records = recorded(session)
        assert session.add(wanted(9.99, stop_price=98.0), least=10.0) is None
        assert [one["rule"] for one in of(records, "denial")] == ["position_size"]
        assert of(records, "order") == []


def test_an_addition_is_not_sized_by_the_plan(tmp_path: Path, begin: Begin) -> None:
    careful = {"risk": {"fixed_risk_fraction": 0.001}}
    with begin(tmp_path, plimsoll=careful) as bot:
        session = opened(bot)
        assert session.stake(wanted(500.0), least=0.0) < 200
        assert session.add(wanted(500.0), least=0.0) == 500.0


def test_without_a_minimum_any_stake_is_taken(tmp_path: Path, begin: Begin) -> None:
    with begin(tmp_path) as bot:
        session = opened(bot)
        assert session.stake(wanted(0.01), least=0.0) == 0.01
        assert session.stake(wanted(0.0), least=0.0) == 0.0


def test_while_the_loop_fails_a_stake_that_is_too_small_is_denied_for_that(tmp_path: Path) -> None:
    with running_bot(tmp_path) as bot:
        session = opened(bot)
        session.supervisor.failed(NOON, RuntimeError("no prices"))
        records = recorded(session)
        assert session.stake(wanted(3.0), least=10.0) == 0.0
        (denial,) = of(records, "denial")
        assert denial["rule"] == "loop"
        assert "no prices" in denial["reason"]


# Confirmation


def test_an_order_is_confirmed_with_its_own_amount_and_price(tmp_path: Path, begin: Begin) -> None:
    with begin(tmp_path) as bot:
        session = opened(bot)
        records = recorded(session)
        session.stake(wanted(leverage=2.0, tag="t"), least=5.0)
        assert session.confirm(BTC, amount=1.9, price=101.0, now=NOON, veto=lambda: None)
        (order,) = of(records, "order")
        assert order["stake_usd"] == pytest.approx(1.9 * 101.0 / 2.0)
        assert (order["price"], order["leverage"], order["tag"]) == (101.0, 2.0, "t")
        assert (order["side"], order["durable"]) == ("long", True)
        with pytest.raises(RuntimeError, match="no stake"):
            session.confirm(BTC, amount=1.9, price=101.0, now=NOON, veto=lambda: None)


def test_a_veto_is_a_denial_of_the_strategys_own(tmp_path: Path, begin: Begin) -> None:
    with begin(tmp_path) as bot:
        session = opened(bot)
        session.stake(wanted(), least=5.0)
        records = recorded(session)
        assert not session.confirm(BTC, amount=1.0, price=100.0, now=NOON, veto=lambda: "not today")
        (denial,) = of(records, "denial")
        assert (denial["rule"], denial["reason"]) == ("strategy", "not today")
        assert of(records, "order") == []


def test_a_denial_is_recorded_once_for_each_candle_and_pair(tmp_path: Path, begin: Begin) -> None:
    with begin(tmp_path) as bot:
        session = opened(bot)
        records = recorded(session)
        for pair in (BTC, ETH):
            for _ in range(3):
                session.stake(wanted(3.0, pair=pair), least=10.0)
        assert [one["pair"] for one in of(records, "denial")] == [BTC, ETH]


# Leverage


def test_leverage_is_at_most_what_the_profile_and_the_exchange_allow(
    tmp_path: Path, begin: Begin
) -> None:
    with begin(tmp_path) as bot:
        session = opened(bot)
        highest = bot.strategy._settings.risk.max_leverage
        assert session.leverage(highest, NOON, 20.0) == highest
        assert session.leverage(highest + 1, NOON, 20.0) == highest
        assert session.leverage(highest, NOON, 2.0) == 2.0
        with pytest.raises(ValueError, match="a leverage that is a number"):
            session.leverage(nan, NOON, 20.0)


# What leaves


def sold(amount: float) -> Order:
    return Order(
        ft_order_side="sell",
        ft_pair=BTC,
        ft_amount=amount,
        ft_price=101.0,
        amount=amount,
        filled=amount,
        average=101.0,
        status="closed",
    )


def held() -> LocalTrade:
    return LocalTrade(**trade_fields(NOON - HOUR, trading_mode="futures"), id=7)


def test_a_fill_and_what_it_made_are_recorded(tmp_path: Path) -> None:
    with backtest(tmp_path) as bot:
        session = opened(bot)
        records = recorded(session)
        session.leaving(held(), "exit_signal", 101.0, 10.0, NOON)
        session.filled(held(), sold(10.0), NOON)
    sent, fill, left = records
    assert (sent["kind"], sent["side"], sent["tag"]) == ("order", "close long", "exit_signal")
    assert sent["stake_usd"] == pytest.approx(1010.0)
    assert (fill["kind"], fill["closes"], fill["amount"]) == ("fill", True, 10.0)
    assert left["kind"] == "exit"
    assert left["profit_usd"] == pytest.approx(10 - 0.0007 * (1000 + 1010), abs=1e-6)
    assert all(one["durable"] for one in records)


def test_a_partial_exit_of_a_backtest_is_no_end_of_the_trade(tmp_path: Path) -> None:
    with backtest(tmp_path) as bot:
        session = opened(bot)
        records = recorded(session)
        session.filled(held(), sold(5.0), NOON)
    assert [one["kind"] for one in records] == ["fill"]


# Faults


def test_an_answer_that_cannot_be_given_is_the_denial_and_is_recorded(
    tmp_path: Path, begin: Begin
) -> None:
    def fails() -> float:
        raise ValueError("a bug")

    with begin(tmp_path) as bot:
        session = opened(bot)
        records = recorded(session)
        assert session.safely(0.0, NOON, "sizing", lambda: 5.0) == 5.0
        assert session.safely(0.0, NOON, "sizing", fails) == 0.0
        (error,) = of(records, "error")
        assert (error["where"], error["message"]) == ("sizing", "ValueError: a bug")


def test_before_the_first_loop_there_is_nobody_to_ask(tmp_path: Path, begin: Begin) -> None:
    with begin(tmp_path) as bot:
        session = bot.strategy._session
        assert session.exit_rule(BTC, NOON) is None
        assert not session.closes_something
        with pytest.raises(RuntimeError, match="have not looked at the account yet"):
            session.stake(wanted(), least=5.0)


def test_answers_of_a_running_bot_wait_for_one_another(tmp_path: Path) -> None:
    with running_bot(tmp_path) as bot:
        session = opened(bot)
        mutex = session.supervisor.mutex
        assert mutex is not None
        assert session.safely(False, NOON, "entry", mutex._is_owned)
        assert not mutex._is_owned()
