from datetime import timedelta
from pathlib import Path

import pytest

from plimsoll.core import UsageError
from plimsoll.journal.history import History, known_pair, newest_moment, read_history
from tests.unit.journal.decisions import BTC, CANDLE, ETH, START, Bot


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def history(bot: Bot, pair: str = BTC, **later: float) -> History:
    return read_history(bot.folder, pair, bot.now + timedelta(**later))


def test_a_moment_falls_into_the_last_candle_before_it(bot: Bot) -> None:
    bot.candle("long")
    bot.candle()
    earlier = history(bot, minutes=-5)
    assert earlier.row == {"signal": "long", "tag": None, "locked": None}
    assert earlier.candle is not None
    assert earlier.candle["seq"] == 2
    assert history(bot).row == {"signal": "none", "tag": None, "locked": None}


def test_before_the_first_candle_there_is_a_start_and_no_row(bot: Bot) -> None:
    bot.candle()
    early = history(bot, seconds=-1)
    assert early.candle is None
    assert early.row is None
    assert early.started is not None
    assert early.seen_at == START + timedelta(seconds=2)


def test_a_position_is_open_between_its_fill_and_its_exit(bot: Bot) -> None:
    bot.trade(1)
    assert not history(bot, seconds=1).is_open
    assert history(bot, seconds=2).is_open
    assert not history(bot, ETH, seconds=2).is_open
    bot.leave(1)
    assert not history(bot, seconds=3).is_open


def test_an_order_without_a_fill_does_not_take_that_of_the_next_order(bot: Bot) -> None:
    bot.candle("long")
    bot.write("order", after_seconds=1, pair=BTC, side="long")
    asked = bot.now + timedelta(seconds=5)
    bot.trade(2)
    assert read_history(bot.folder, BTC, asked).later == []


def test_the_outcome_of_a_filled_order_comes_after_the_moment_too(bot: Bot) -> None:
    bot.trade(1)
    asked = bot.now + timedelta(seconds=1)
    bot.candles(2)
    bot.leave(1)
    later = read_history(bot.folder, BTC, asked).later
    assert [(record["kind"], record["trade"]) for record in later] == [("fill", 1), ("exit", 1)]


def test_a_halt_lasts_from_its_first_record_to_the_re_arm(bot: Bot) -> None:
    bot.write("verdict", after_seconds=1, mode="FLATTEN", rule="drawdown", pair=None)
    bot.write("halt", after_seconds=2, rule="drawdown")
    halted = history(bot, seconds=2)
    assert halted.halted_since is not None
    assert halted.halted is not None
    assert (halted.halted_since["kind"], halted.halted["kind"]) == ("verdict", "halt")
    bot.write("rearm", after_seconds=3, by="a person")
    assert history(bot, seconds=3).halted is None


def test_a_verdict_on_a_pair_halts_no_account(bot: Bot) -> None:
    bot.write("verdict", after_seconds=1, mode="FLATTEN", rule="stale_data", pair=BTC)
    seen = history(bot, seconds=1)
    assert seen.halted is None
    assert seen.pair_verdict is not None
    assert history(bot, ETH, seconds=1).pair_verdict is None


def test_two_usual_candles_of_silence_are_allowed(bot: Bot) -> None:
    assert history(bot).longest_silence == timedelta(hours=2)
    bot.candles(3)
    assert history(bot).longest_silence == 2 * CANDLE


def test_the_newest_moment_is_that_of_the_last_record(bot: Bot, tmp_path: Path) -> None:
    bot.candle()
    assert newest_moment(bot.folder) == bot.now
    assert newest_moment(tmp_path / "empty") is None


def test_a_pair_is_found_by_a_part_of_its_name(bot: Bot) -> None:
    bot.candle()
    assert known_pair(bot.folder, "eth") == ETH
    with pytest.raises(UsageError, match=f"found DOGE; the newest candle has {BTC}, {ETH}"):
        known_pair(bot.folder, "DOGE")


def test_a_name_that_fits_two_pairs_is_refused(bot: Bot) -> None:
    bot.write("candle", pairs={"BTC/USDT:USDT": {}, "BTC/USDC:USDC": {}})
    with pytest.raises(UsageError, match="BTC to be BTC/USDC:USDC or BTC/USDT:USDT"):
        known_pair(bot.folder, "BTC")
