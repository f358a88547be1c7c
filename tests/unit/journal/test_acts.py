"""What a bot's guards did, counted from its decision log."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.journal.acts import acts_of
from plimsoll.journal.reading import Reading
from plimsoll.performance.guard_acts import SECTION, GuardActs
from tests.unit.journal.decisions import BTC, ETH, Bot

HALT = {"mode": "HALTED", "scope": "account", "rule": "drawdown", "value": 0.13, "limit": 0.12}
DAY = {"mode": "FLATTEN", "scope": "account", "rule": "daily_loss"}
ANN = {"rules": ["drawdown"], "released": [{"rule": "drawdown", "pair": None}], "by": "Ann"}


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def acts(bot: Bot, **span: Any) -> GuardActs:
    """Return the acts as a report reads them."""
    section = acts_of(Reading().records(bot.folder), **span)
    read = GuardActs.from_result({SECTION: section})
    assert read is not None
    return read


def wait(bot: Bot, **span: float) -> None:
    bot.now += timedelta(**span)


def test_a_halt_lasts_until_a_person_rearms_and_says_who_and_why(bot: Bot) -> None:
    wait(bot, days=1)
    bot.write("halt", event="acted", reason="fell 13 %", equity_usd=8_700.0, **HALT)
    wait(bot, days=2)
    bot.write("rearm", halted=True, reason="seen", **ANN)
    wait(bot, days=1)
    bot.write("error", where="x", message="y")
    read = acts(bot)
    assert [(act.event, act.rule) for act in read.acts] == [
        ("halted", "drawdown"),
        ("rearmed", "drawdown"),
    ]
    assert (read.acts[0].value, read.acts[0].limit) == (0.13, 0.12)
    assert read.acts[1].reason == "by Ann: seen"
    assert read.totals.days_halted == pytest.approx(2.0)
    assert read.totals.days_of_run == pytest.approx(4.0)
    assert read.totals.rearmed == 1


def test_a_halt_that_nobody_ended_lasts_until_the_last_record(bot: Bot) -> None:
    bot.write("halt", event="acted", reason="fell 13 %", **HALT)
    wait(bot, hours=36)
    bot.write("error", where="x", message="y")
    assert acts(bot).totals.days_halted == pytest.approx(1.5)


def test_a_halt_from_before_the_span_counts_within_it_alone(bot: Bot) -> None:
    bot.write("halt", event="acted", reason="fell 13 %", **HALT)
    wait(bot, days=3)
    since = bot.now - timedelta(days=1)
    bot.write("rearm", halted=True, reason="seen", **ANN)
    read = acts(bot, since=since)
    assert [act.event for act in read.acts] == ["rearmed"]
    assert read.totals.days_halted == pytest.approx(1.0)


def test_a_start_that_names_a_held_halt_begins_halted(tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    bot.write("start", mode="dry_run", config={}, held=[{**HALT, "pair": None}])
    wait(bot, days=1)
    bot.write("error", where="x", message="y")
    assert acts(bot).totals.days_halted == pytest.approx(1.0)


def test_denials_are_counted_by_rule_and_day_with_their_stakes(bot: Bot) -> None:
    for hours, rule in (
        (0, "correlation"),
        (1, "correlation"),
        (20, "correlation"),
        (21, "spread"),
    ):
        bot.write(
            "denial", after_seconds=hours * 3600, pair=BTC, side="long", rule=rule, stake_usd=50.0
        )
    bot.write("order", after_seconds=80_000, pair=BTC, side="long", stake_usd=50.0)
    bot.write("order", after_seconds=80_001, pair=BTC, side="close long", stake_usd=50.0)
    read = acts(bot)
    [correlation, spread] = read.denials
    assert (correlation.rule, correlation.count, correlation.stake_usd) == ("correlation", 3, 150.0)
    assert [(day.isoformat(), n) for day, n in correlation.by_day.items()] == [
        ("2026-11-20", 2),
        ("2026-11-21", 1),
    ]
    assert (spread.rule, spread.kind, spread.count) == ("spread", "entry", 1)
    assert (read.totals.entries_asked, read.totals.entries_denied) == (5, 4)


def test_a_flatten_has_its_end_and_reducing_is_a_change_of_mode(bot: Bot) -> None:
    until = bot.now + timedelta(hours=10)
    bot.write("verdict", event="acted", until=until, reason="lost", **DAY)
    bot.write("verdict", event="ended", after_seconds=60, until=until, reason="lost", **DAY)
    mode: dict[str, Any] = {"event": "mode", "rule": "loss_streak", "reason": "5 in a row"}
    bot.write("verdict", after_seconds=70, mode_before="ACTIVE", **{**mode, "mode": "REDUCING"})
    bot.write("verdict", after_seconds=90, mode_before="REDUCING", **{**mode, "mode": "ACTIVE"})
    read = acts(bot)
    assert [(act.event, act.rule) for act in read.acts] == [
        ("flatten", "daily_loss"),
        ("ended", "daily_loss"),
        ("reducing", "loss_streak"),
        ("ended", "loss_streak"),
    ]
    assert read.acts[0].until == until


def test_what_a_guard_closed_has_its_position(bot: Bot) -> None:
    bot.write("exit", pair=ETH, trade=7, reason="plimsoll_drawdown", profit_usd=-12.5)
    bot.write("exit", pair=BTC, trade=8, reason="roi", profit_usd=3.0)
    position = {"open_time": bot.now.isoformat(), "stake_usd": 100.0}
    section = acts_of(Reading().records(bot.folder))
    assert [act["event"] for act in section["acts"]] == ["closed"]
    from plimsoll.journal.acts import ActsReader

    reader = ActsReader()
    for record in Reading().records(bot.folder):
        reader.take(record)
    read = GuardActs.from_result({SECTION: reader.section({7: position})})
    assert read is not None
    [closed] = read.closed
    assert closed.rule == "drawdown"
    assert closed.trade is not None
    assert (closed.trade.stake_usd, closed.trade.profit_usd) == (100.0, -12.5)


def test_what_was_only_observed_says_so(tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    bot.write("start", mode="dry_run", config={"plimsoll.guards": "observe"})
    bot.write("halt", event="acted", reason="fell 13 %", observed=True, **HALT)
    read = acts(bot)
    assert read.observed
    assert read.acts[0].observed


def test_records_after_the_span_do_not_count(bot: Bot) -> None:
    until = bot.now + timedelta(seconds=30)
    bot.write("denial", after_seconds=10, pair=BTC, rule="spread")
    bot.write("denial", after_seconds=40, pair=BTC, rule="spread")
    assert acts(bot, until=until).totals.entries_denied == 1


def test_what_was_observed_and_entered_all_the_same_was_asked_once(tmp_path: Path) -> None:
    bot = Bot(tmp_path)
    bot.write("denial", pair=BTC, side="long", rule="spread", observed=True)
    bot.write("order", after_seconds=1, pair=BTC, side="long", stake_usd=50.0)
    totals = acts(bot).totals
    assert (totals.entries_asked, totals.entries_denied) == (1, 1)


def test_a_strategys_own_veto_is_no_act_of_a_guard(bot: Bot) -> None:
    bot.write("denial", pair=BTC, side="long", rule="strategy", reason="not now")
    assert acts(bot).denials == ()
    assert acts(bot).totals.entries_denied == 0


def test_the_end_of_a_probation_is_an_act(bot: Bot) -> None:
    mode = {"mode_before": "ACTIVE", "mode": "ACTIVE", "scope": "account", "rule": "probation"}
    bot.write("verdict", event="probation_ended", reason="its 7 days are over", **mode)
    assert [act.event for act in acts(bot).acts] == ["probation_ended"]
