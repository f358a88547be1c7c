"""Whether a bot is up, by REST or without; conditions that nobody can judge are absent."""

from datetime import timedelta

import pytest

from plimsoll.monitoring.bot_api import not_asked
from plimsoll.monitoring.exporter.health import BotLook, bot_samples, exchange_samples
from plimsoll.monitoring.exporter.samples import Samples
from plimsoll.monitoring.memory import Memory
from plimsoll.monitoring.profile import Condition, WatchProfile
from plimsoll.monitoring.sight import Answer, DatabaseSight, Sight
from tests.unit.monitoring.sights import BLIND, NOON, account, bot, gone, sight

PROFILE = WatchProfile()


def samples(seen: Sight) -> Samples:
    return bot_samples(seen, BotLook(seen.bot), PROFILE, Memory())


def conditions(seen: Samples) -> dict[str, float]:
    return {
        labels[0]: float(value)  # type: ignore[arg-type]
        for name, labels, value in seen.rows()
        if name == "plimsoll_condition"
    }


def test_a_well_bot_is_up_and_every_condition_is_judged() -> None:
    seen = samples(sight())
    assert seen.value("bot_up") == 1.0
    assert seen.value("bot_state", "running") == 1.0
    assert seen.value("bot_state", "stopped") == 0.0
    assert seen.value("bot_loop_age_seconds") == 3.0
    assert seen.value("bot_candle_age_seconds") == 100.0
    assert seen.value("bot_open_trades") == 1.0
    assert conditions(seen) == dict.fromkeys([one.value for one in Condition], 0.0)


def test_nobody_was_asked_yet() -> None:
    seen = bot_samples(None, None, PROFILE, Memory())
    assert [(name, value) for name, _, value in seen.rows()] == [("plimsoll_bot_up", 0.0)]


@pytest.mark.parametrize(
    "answer", [Answer.REFUSED, Answer.TIMEOUT, Answer.CUT, Answer.DENIED, Answer.FAULTY]
)
def test_a_bot_that_does_not_answer_is_not_up_and_shows_nothing_of_before(answer: Answer) -> None:
    seen = samples(sight(bot=gone(answer)))
    assert seen.value("bot_up") == 0.0
    for absent in ("bot_state", "bot_open_trades", "bot_candle_age_seconds"):
        assert f"plimsoll_{absent}" not in {name for name, _, _ in seen.rows()}
    judged = conditions(seen)
    assert "late_candle" not in judged
    assert 1.0 in (judged["bot_dead"], judged["bot_hung"], judged["api_silent"])


def test_a_dead_bot_is_that_condition() -> None:
    assert conditions(samples(sight(bot=gone(Answer.REFUSED))))["bot_dead"] == 1.0


@pytest.mark.parametrize(("age", "up"), [(10, 1.0), (1000, 0.0)])
def test_without_rest_a_bot_is_up_while_it_writes(age: float, up: float) -> None:
    traced = NOON - timedelta(seconds=age)
    assert samples(sight(bot=gone(Answer.NOT_ASKED, traced_at=traced))).value("bot_up") == up


def test_what_nobody_looks_at_is_absent_and_what_cannot_be_seen_is_said() -> None:
    alone = conditions(samples(sight(account=None, database=None)))
    assert set(alone) == {"bot_dead", "bot_hung", "bot_stopped", "api_silent", "late_candle"}
    blind = conditions(samples(sight(account=BLIND, database=DatabaseSight(fault="locked"))))
    assert blind["blind"] == blind["database_gone"] == 1.0
    assert "missing_stop" not in blind


def test_a_loops_length_is_of_one_loop_or_absent() -> None:
    told = bot()
    ended = told.looped_at
    assert ended is not None
    assert BotLook(told, ended - timedelta(seconds=0.5)).loop_seconds == 0.5
    assert BotLook(told, ended + timedelta(seconds=1)).loop_seconds is None
    assert BotLook(told, None).loop_seconds is None


def test_the_exchanges_books_in_figures() -> None:
    seen = exchange_samples(account(), 42.0)
    assert seen.value("exchange_equity_usd") == pytest.approx(10_100.0)
    assert seen.value("exchange_positions") == seen.value("exchange_orders") == 1.0
    assert seen.value("exchange_used_weight") == 42.0
    assert exchange_samples(account(wallet_usd=None), None).value("exchange_equity_usd") is None


def test_a_sign_of_the_future_is_none_of_life() -> None:
    """Its clock was set back: dead since, it would be up for as long as the clock was ahead."""
    ahead = sight(bot=not_asked(NOON + timedelta(hours=9)))
    seen = samples(ahead)
    assert seen.value("bot_up") == 0.0
    assert seen.value("bot_loop_age_seconds") == -9 * 3600.0
    assert samples(sight(bot=not_asked(NOON + timedelta(seconds=2)))).value("bot_up") == 1.0
