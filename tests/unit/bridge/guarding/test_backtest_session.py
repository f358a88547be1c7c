"""The guards of a backtest: what they keep of a halt, what they say, and when they begin again."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import RunMode
from freqtrade.persistence import LocalTrade

from plimsoll.bridge.guarding.entry import Wanted
from plimsoll.core import Mode, Side, Verdict
from plimsoll.performance.guard_acts import GuardActs
from plimsoll.risk import Evaluation
from tests.unit.bridge.bots import BTC, NOON, PLAIN, Bot, backtest, candles, entry
from tests.unit.bridge.trades import trade_fields

STEP = timedelta(minutes=5)
HOUR = timedelta(hours=1)
SPEAKER = "plimsoll.bridge.guarding.backtest_session"
AT_ONCE = {"risk": {"backtest_breach_observations": 1}}
BASELINE = PLAIN.replace('timeframe = "5m"', 'timeframe = "5m"\n    baseline = True')


@contextmanager
def falling(
    folder: Path,
    to: float,
    *,
    source: str = PLAIN,
    amount: float = 50.0,
    stop_loss: float = 0.0,
    **others: Any,
) -> Iterator[Bot]:
    """A backtest with 5,000 of 10,000 USD in a pair that falls from 100 in the last candle."""
    settings = {"plimsoll": AT_ONCE, "original_config": {"stake_currency": "USDT"}, **others}
    with backtest(folder, source, **settings) as bot:
        trade = LocalTrade(
            **trade_fields(NOON - HOUR, pair=BTC, trading_mode="futures", amount=amount),
            stop_loss=stop_loss,
            realized_profit=0.0,
        )
        LocalTrade.add_bt_trade(trade)
        bot.strategy._session.learn(BTC, candles([100.0] * 29 + [to]))
        bot.loop(NOON - STEP)
        bot.loop(NOON)
        yield bot


def acts(bot: Bot, *trades: dict[str, Any]) -> GuardActs:
    """What the run so far would have in its result."""
    return bot.strategy._session.acts_of(trades, NOON - HOUR, NOON + HOUR)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == SPEAKER]


# What is kept and said


def test_a_halt_is_stored_as_a_record_and_said_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with falling(tmp_path, 70.0) as bot:
        bot.loop(NOON + STEP)
        kept = acts(bot)
        (halt,) = kept.halts
        assert (halt.rule, halt.event, halt.pair) == ("drawdown", "halted", None)
        assert halt.at == NOON
        assert halt.value > halt.limit == 0.12
        assert kept.totals.days_halted == pytest.approx(1 / 24)
    line = f"Plain: plimsoll: HALTED the account by drawdown: {halt.reason}; "
    line += "until a person re-arms it, at 2026-11-19 12:00:00+00:00"
    assert warnings(caplog) == [line]
    assert {one.event for one in kept.acts} == {"halted", "flatten"}


def test_a_flatten_is_stored_and_not_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with falling(tmp_path, 92.0) as bot:
        assert bot.strategy._session.supervisor.mode is Mode.FLATTEN
        kept = acts(bot)
    (flatten,) = kept.acts
    assert (flatten.event, flatten.rule, flatten.pair) == ("flatten", "daily_loss", None)
    assert flatten.until == datetime(2026, 11, 20, tzinfo=UTC)
    assert kept.halts == ()
    assert kept.totals.days_halted == 0
    assert warnings(caplog) == []


def test_a_calm_backtest_stores_that_nothing_acted(tmp_path: Path) -> None:
    with falling(tmp_path, 100.0) as bot:
        kept = acts(bot)
        assert (kept.acts, kept.denials, kept.totals.entries_asked) == ([], [], 0)


@pytest.mark.parametrize("runmode", [RunMode.HYPEROPT, RunMode.UTIL_NO_EXCHANGE], ids=str)
def test_a_run_without_a_result_halts_and_keeps_quiet(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, runmode: RunMode
) -> None:
    with falling(tmp_path, 70.0, runmode=runmode) as bot:
        assert bot.strategy._session.supervisor.mode is Mode.HALTED
        assert acts(bot).acts == []
    assert warnings(caplog) == []


def test_a_config_that_nobody_stores_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with falling(tmp_path, 70.0, original_config={}) as bot:
        del bot.config["original_config"]
        bot.strategy.ft_bot_start()
        bot.loop(NOON - STEP)
        bot.loop(NOON)
    assert len(warnings(caplog)) >= 1


def test_a_halt_is_in_the_decision_log_too_where_backtests_write_one(tmp_path: Path) -> None:
    recorded: list[tuple[str, dict[str, Any]]] = []
    with falling(tmp_path, 100.0) as bot:
        session = bot.strategy._session
        session.record = lambda kind, at, *, durable=False, **fields: recorded.append(
            (str(kind), {"durable": durable, **fields})
        )
        session.learn(BTC, candles([100.0] * 30 + [70.0], end=NOON + STEP))
        bot.loop(NOON + STEP)
    ((_, halt),) = [one for one in recorded if one[0] == "halt"]
    assert (halt["rule"], halt["durable"], halt["event"]) == ("drawdown", True, "acted")
    assert {kind for kind, _ in recorded} == {"halt", "verdict"}


# The policy that stands in for a person


def rearming(days: float | None, **risk: Any) -> dict[str, Any]:
    risk = {"backtest_breach_observations": 1, **risk}
    return {"plimsoll": {"risk": risk, "backtest_rearm": {"after_days": days}}}


def close_all() -> None:
    """Book what the guards have closed: 15 % of the account."""
    (trade,) = LocalTrade.bt_trades_open
    trade.is_open, trade.close_date, trade.close_profit_abs = False, NOON, -1500.0
    trade.close_profit, trade.exit_reason = -0.3, "plimsoll_drawdown"
    LocalTrade.bt_trades_open.clear()
    LocalTrade.bt_trades.append(trade)
    LocalTrade.bt_total_profit = -1500.0


def days_on(bot: Bot, days: int) -> None:
    """Loop through so many days, an hour at a time."""
    for hour in range(1, 24 * days + 1):
        bot.loop(NOON + hour * HOUR)


def test_a_halt_ends_after_the_policys_days_with_probation_and_the_cost_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with falling(tmp_path, 70.0, **rearming(2)) as bot:
        close_all()
        days_on(bot, 3)
        session = bot.strategy._session
        kept = session.acts_of([], NOON - HOUR, NOON + 3 * 24 * HOUR)
        assert session.supervisor.held == {}
        account = session.supervisor.account.snapshot(NOON + 3 * 24 * HOUR)
        assert account.high_water_equity_usd == account.equity_usd
        assert account.peak_equity_usd > account.equity_usd
        _, evaluation = session.supervisor.of_entry(BTC, NOON + 3 * 24 * HOUR, leverage=1.0)
        shares = {one.rule: one.multiplier for one in evaluation.denials if one.pair is None}
        assert shares == {"drawdown": 0.5, "probation": 0.5} or shares == {"probation": 0.5}
    (rearmed,) = [one for one in kept.acts if one.event == "rearmed"]
    assert rearmed.at - NOON == 48 * HOUR
    assert "backtest_rearm" in rearmed.reason
    assert kept.totals.rearmed == 1
    assert kept.totals.days_halted == pytest.approx(2.0)
    assert kept.rearm == {"after_days": 2.0}
    assert any("re-armed at 2026-11-21" in line for line in warnings(caplog))


def test_the_next_halt_waits_as_long_as_the_first(tmp_path: Path) -> None:
    with falling(tmp_path, 70.0, **rearming(2, terminal_drawdown_fraction=None)) as bot:
        close_all()
        days_on(bot, 3)
        again = LocalTrade(
            **trade_fields(NOON, pair=BTC, trading_mode="futures", amount=50.0, id=2),
            realized_profit=0.0,
        )
        LocalTrade.add_bt_trade(again)
        for hour in range(72, 72 + 72):
            if hour == 73:
                close_again(again)
            bot.loop(NOON + (hour + 1) * HOUR)
        kept = acts(bot)
    first, second = [one.at for one in kept.acts if one.event == "rearmed"]
    halts = [one.at for one in kept.halts]
    assert second - halts[-1] == first - halts[0] >= 48 * HOUR


def close_again(trade: LocalTrade) -> None:
    """Book another loss of 15 % and more."""
    trade.is_open, trade.close_date, trade.close_profit_abs = False, NOON + 73 * HOUR, -1500.0
    trade.close_profit, trade.exit_reason = -0.3, "stop_loss"
    LocalTrade.bt_trades_open.clear()
    LocalTrade.bt_trades.append(trade)
    LocalTrade.bt_total_profit = -3000.0


def test_the_end_of_probation_is_kept_as_well(tmp_path: Path) -> None:
    with falling(tmp_path, 70.0, **rearming(1, probation_days=1)) as bot:
        close_all()
        days_on(bot, 3)
        kept = acts(bot)
    events = [one.event for one in kept.acts]
    assert events.count("probation_ended") == 1
    assert events.index("probation_ended") > events.index("rearmed")


@pytest.mark.parametrize(
    "settings", [rearming(None), rearming(1, terminal_drawdown_fraction=0.12)], ids=["", "terminal"]
)
def test_without_days_or_beyond_the_terminal_drawdown_a_halt_stays(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    with falling(tmp_path, 70.0, **settings) as bot:
        close_all()
        days_on(bot, 4)
        assert bot.strategy._session.supervisor.mode is Mode.HALTED
        assert acts(bot).totals.rearmed == 0


# When it begins again


def test_going_back_in_time_forgets_the_halt_of_the_run_before(tmp_path: Path) -> None:
    with falling(tmp_path, 70.0) as bot:
        assert acts(bot).halts
        session = bot.strategy._session
        session.stake(
            Wanted(pair=BTC, side=Side.LONG, now=NOON, price=70.0, stake_usd=9.0, leverage=1.0),
            least=5.0,
        )
        assert session._pending
        LocalTrade.reset_trades()
        bot.loop(NOON - HOUR)
        assert bot.strategy._session.supervisor.mode is Mode.ACTIVE
        assert acts(bot).acts == []
        assert not session._pending, "a question to the account of before"


# Within a candle, as a detail shows it


@pytest.mark.parametrize(
    ("late", "price", "added"),
    [
        (timedelta(0), 99.0, 10.0),
        (timedelta(0), 97.0, None),
        (timedelta(seconds=150), 97.0, 10.0),
        (STEP, 97.0, None),
    ],
    ids=["at its open", "jumped", "fell since", "a candle is missing"],
)
def test_an_addition_within_a_candle_is_at_the_market_whatever_the_last_close(
    tmp_path: Path, late: timedelta, price: float, added: float | None
) -> None:
    with falling(tmp_path, 100.0, amount=1.0, stop_loss=96.0) as bot:
        session, at = bot.strategy._session, NOON + late
        more = Wanted(
            pair=BTC,
            side=Side.LONG,
            now=at,
            price=price,
            stake_usd=10.0,
            leverage=1.0,
            stop_price=96.0,
        )
        assert session.add(more, least=5.0) == added
        if added is None:
            assert {one.rule for one in acts(bot).denials} == {"price_collar"}
        if late < STEP:
            assert session.mark_price(BTC, at + timedelta(seconds=1)) == 100.0, "of others"


def test_the_same_candle_again_is_the_same_run(tmp_path: Path) -> None:
    with falling(tmp_path, 70.0) as bot:
        before = bot.strategy._session.supervisor
        bot.loop(NOON)
        assert bot.strategy._session.supervisor is before


# Without guards, and with guards that fail


@pytest.mark.parametrize(
    ("source", "plimsoll"),
    [(PLAIN, {**AT_ONCE, "guards": "off"}), (BASELINE, AT_ONCE)],
    ids=["switched off", "a baseline"],
)
def test_without_guards_nothing_is_closed_nor_denied(
    tmp_path: Path, source: str, plimsoll: dict[str, Any]
) -> None:
    with falling(tmp_path, 70.0, source=source, plimsoll=plimsoll) as bot:
        session = bot.strategy._session
        assert session.exit_rule(BTC, NOON) is None
        assert not session.closes_something
        assert entry(bot.strategy, NOON)
        assert (acts(bot).guards, acts(bot).acts, acts(bot).denials) == ("off", [], [])


def test_guards_that_cannot_be_asked_deny_until_they_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with falling(tmp_path, 100.0) as bot:
        account = bot.strategy._session.supervisor.account

        def fails(now: object) -> bool:
            raise RuntimeError("a bug")

        with monkeypatch.context() as patch:
            patch.setattr(account, "update", fails)
            with caplog.at_level(logging.ERROR):
                bot.loop(NOON + STEP)
            assert not entry(bot.strategy, NOON + STEP)
        assert any("could not be asked" in one for one in warnings(caplog))
        bot.strategy._session.learn(BTC, candles([100.0] * 31, end=NOON + 2 * STEP))
        bot.loop(NOON + 2 * STEP)
        assert not bot.strategy._session.closes_something


def test_a_quiet_account_is_handed_over_and_a_halted_one_is_not(tmp_path: Path) -> None:
    with falling(tmp_path, 100.0) as bot:
        session = bot.strategy._session
        assert session.plain == session.account.marked
    with falling(tmp_path, 50.0) as bot:
        assert bot.strategy._session.plain is None


def test_guards_that_only_observe_hand_nothing_over(tmp_path: Path) -> None:
    settings = {"plimsoll": {**AT_ONCE, "guards": "observe"}}
    with falling(tmp_path, 100.0, **settings) as bot:
        assert bot.strategy._session.plain is None


def test_a_mode_that_shrinks_stakes_is_kept_where_it_is_counted_alone(tmp_path: Path) -> None:
    with falling(tmp_path, 100.0) as bot:
        session = bot.strategy._session
        reducing = Verdict(Mode.REDUCING, "trades_per_day", "reached")
        session.supervisor.evaluation = Evaluation(NOON, (reducing,))
        assert session.counts
        assert session.plain is None
        session._counts = False
        assert session.plain is not None


def test_entries_that_a_lane_has_let_in_are_counted_as_asked(tmp_path: Path) -> None:
    with falling(tmp_path, 100.0) as bot:
        session = bot.strategy._session
        marked = session.plain
        session.went_on(NOON + STEP, marked._replace(equity_usd=9_990.0), entries=3)
        assert acts(bot).totals.entries_asked == 3
        assert session.account.facts()["equity_usd"] == 9_990.0


def test_a_run_that_is_thrown_away_leaves_no_account(tmp_path: Path) -> None:
    with falling(tmp_path, 100.0) as bot:
        session = bot.strategy._session
        before = session.account
        session.start_over()
        bot.loop(NOON + STEP)
        assert session.account is not before
