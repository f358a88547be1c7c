"""A backtest counts what its guards are asked, deny and cut."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from freqtrade.persistence import LocalTrade

from plimsoll.bridge.guarding.counted_session import NOTHING_ELSE
from plimsoll.bridge.guarding.entry import Wanted
from plimsoll.core import Side
from plimsoll.performance.guard_acts import Denials, GuardActs
from tests.unit.bridge.bots import BTC, FIVE, NOON, Bot, backtest, candles, entry
from tests.unit.bridge.trades import trade_fields

RISK = {"risk": {"max_position_fraction": 0.005, "max_leverage": 2.0, "proven_max_leverage": 2.0}}


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    """A backtest of 10,000 USD in which a position may be 50 USD."""
    with backtest(tmp_path, plimsoll=RISK) as made:
        made.strategy._session.learn(BTC, candles([100.0] * 31, end=NOON + FIVE))
        made.loop(NOON)
        yield made


def acts(bot: Bot) -> GuardActs:
    return bot.strategy._session.acts_of([], NOON - FIVE, NOON)


def only(bot: Bot) -> Denials:
    (denied,) = acts(bot).denials
    return denied


def wanted(stake_usd: float) -> Wanted:
    return Wanted(
        pair=BTC, side=Side.LONG, now=NOON, price=100.0, stake_usd=stake_usd, leverage=1.0
    )


def test_a_stake_that_was_cut_is_counted_with_what_was_cut_off_and_why(bot: Bot) -> None:
    stake = bot.strategy._session.stake(wanted(80.0), least=5.0)
    assert stake == pytest.approx(50.0, rel=0.01)
    denied = only(bot)
    assert (denied.rule, denied.kind, denied.count) == ("position_size", "cut", 1)
    assert denied.stake_usd == pytest.approx(80.0 - stake)
    totals = acts(bot).totals
    assert (totals.entries_asked, totals.stakes_cut, totals.entries_denied) == (1, 1, 0)


def test_a_stake_as_wanted_is_asked_and_not_cut(bot: Bot) -> None:
    assert bot.strategy._session.stake(wanted(20.0), least=5.0) == 20.0
    assert (acts(bot).denials, acts(bot).totals.entries_asked) == ([], 1)


def test_an_entry_that_is_denied_is_counted_as_one(bot: Bot) -> None:
    assert bot.strategy._session.stake(wanted(100.0), least=90.0) == 0
    denied = only(bot)
    assert (denied.rule, denied.kind, denied.stake_usd) == ("position_size", "entry", 100.0)


def test_a_run_on_the_same_object_counts_what_the_one_before_has_counted(bot: Bot) -> None:
    for _ in range(2):
        bot.loop(NOON - FIVE)
        bot.loop(NOON)
        assert bot.strategy._session.stake(wanted(100.0), least=90.0) == 0
        assert (only(bot).kind, only(bot).count) == ("entry", 1)


def test_an_addition_that_is_denied_is_no_entry(bot: Bot) -> None:
    LocalTrade.add_bt_trade(LocalTrade(**trade_fields(NOON - FIVE, trading_mode="futures")))
    assert bot.strategy._session.add(wanted(100.0), least=5.0) is None
    assert only(bot).kind == "addition"
    bot.loop(NOON + FIVE)
    bot.strategy._session.stake(replace(wanted(100.0), now=NOON + FIVE), least=90.0)
    assert {one.kind for one in acts(bot).denials} == {"addition", "entry"}


def test_leverage_that_was_cut_is_counted(bot: Bot) -> None:
    session = bot.strategy._session
    assert session.leverage(2.0, NOON, 20.0) == 2.0
    assert acts(bot).denials == []
    assert session.leverage(5.0, NOON, 20.0) == 2.0
    assert (only(bot).rule, only(bot).kind) == ("leverage", "leverage")


def test_an_entry_denied_because_the_question_failed_is_the_rule_fault(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(wanted: Wanted, *, least: float) -> float:
        raise RuntimeError("a bug")

    monkeypatch.setattr(bot.strategy._session, "stake", fails)
    assert not entry(bot.strategy, NOON)
    assert (only(bot).rule, only(bot).kind) == ("fault", "entry")
    totals = acts(bot).totals
    assert (totals.entries_asked, totals.entries_denied) == (1, 1)


def test_a_hyperopt_counts_nothing(tmp_path: Path) -> None:
    from freqtrade.enums import RunMode

    with backtest(tmp_path, runmode=RunMode.HYPEROPT, plimsoll=RISK) as bot:
        bot.strategy._session.learn(BTC, candles([100.0] * 30))
        bot.loop(NOON)
        assert bot.strategy._session.stake(wanted(80.0), least=5.0) < 80
        assert acts(bot).denials == []


def test_a_question_that_fails_from_the_first_entry_on_ends_the_run(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[str] = []
    monkeypatch.setattr(bot.strategy._session._errors, "_end", ends.append)
    ask(bot, monkeypatch, NOTHING_ELSE - 1)
    assert ends == []
    ask(bot, monkeypatch, 1)
    assert ends[0].startswith("plimsoll: Plain: sizing failed 100 times with RuntimeError: a bug")


def test_a_question_that_was_once_answered_may_fail_as_often(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[str] = []
    monkeypatch.setattr(bot.strategy._session._errors, "_end", ends.append)
    entry(bot.strategy, NOON)
    ask(bot, monkeypatch, NOTHING_ELSE + 1)
    assert ends == []


def ask(bot: Bot, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Ask about entries while the account cannot be looked at."""

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(bot.strategy._session.supervisor, "of_entry", fails)
        for _ in range(times):
            assert not entry(bot.strategy, NOON)
