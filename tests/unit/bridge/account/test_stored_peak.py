"""The highest equity on record: stored, moved with capital, never lost to a re-arming."""

from collections.abc import Iterator
from dataclasses import replace
from math import nan
from pathlib import Path

import pytest
from freqtrade.persistence import KeyValueStore
from freqtrade.persistence.usedb_context import enable_database_use

from plimsoll.bridge.account.levels import LiveLevels
from plimsoll.bridge.account.stored_levels import UnreadableLevelsError
from plimsoll.bridge.account.stored_peak import KEY, StoredPeak, read_peak, store_peak
from plimsoll.risk import RiskProfile
from tests.unit.bridge.account.test_levels import DAY, HOUR, NOW
from tests.unit.bridge.trades import database_trades
from tests.unit.risk.accounts import closed

STORED = StoredPeak(2000.0, NOW - DAY, None, 1000.0, 1600.0)


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    with database_trades(tmp_path / "bot.sqlite"):
        enable_database_use()
        yield
        enable_database_use()


def begun(capital: float = 1000.0, *trades: object, **others: object) -> LiveLevels:
    levels = LiveLevels(RiskProfile(), rearmed_at=None)
    levels.begin(NOW, starting_balance_usd=capital, outside_usd=0.0, closed=trades, **others)  # type: ignore[arg-type]
    return levels


def test_what_is_stored_is_read_back_and_fits_into_freqtrades_table() -> None:
    assert read_peak() is None
    exact = StoredPeak(1234567.123456789, NOW, NOW + HOUR, 1234567.123456789, 123456.987654321)
    store_peak(exact)
    assert read_peak() == exact
    assert len(str(KeyValueStore.get_value(KEY))) <= 255


def test_a_number_that_is_none_is_not_stored_and_what_was_stays() -> None:
    store_peak(STORED)
    with pytest.raises(ValueError, match="Out of range"):
        store_peak(replace(STORED, peak_usd=nan))
    assert read_peak() == STORED


@pytest.mark.parametrize("text", ["{}", "no JSON", '{"peak_usd":"x"}', '{"other_usd":1}'])
def test_a_value_that_is_none_of_ours_is_told_and_worked_out_again(text: str) -> None:
    KeyValueStore.store_value(KEY, text)  # type: ignore[arg-type]
    if text == "{}":
        assert read_peak() == StoredPeak()
        return
    with pytest.raises(UnreadableLevelsError):
        read_peak()
    levels = LiveLevels(RiskProfile(), rearmed_at=None)
    fault = levels.begin(NOW, starting_balance_usd=1000.0, outside_usd=0.0, closed=())
    assert fault is not None
    assert "the highest equity is worked out from closed trades" in fault
    assert levels.standing(990.0).peak_usd == 1000.0


def test_a_first_start_works_it_out_from_closed_trades_whenever_it_was_re_armed() -> None:
    trades = [closed(500.0, closed_at=NOW - DAY), closed(-600.0, closed_at=NOW - HOUR)]
    levels = LiveLevels(RiskProfile(), rearmed_at=NOW - HOUR)
    levels.begin(NOW, starting_balance_usd=1000.0, outside_usd=0.0, closed=trades)
    assert levels.standing(900.0).peak_usd == 1500.0
    assert levels.high_water_usd == 900.0


def test_a_re_arming_leaves_it_over_a_restart() -> None:
    levels = begun()
    levels.observe(NOW + HOUR, 1200.0)
    levels.observe(NOW + 2 * HOUR, 1200.0)
    levels.observe(NOW + 3 * HOUR, 900.0)
    levels.rearm(NOW + 4 * HOUR, 900.0, beyond_terminal=True)
    levels.store(NOW + 4 * HOUR, starting_balance_usd=1000.0)
    again = LiveLevels(RiskProfile(), rearmed_at=NOW + 4 * HOUR)
    again.begin(NOW + DAY, starting_balance_usd=1000.0, outside_usd=0.0, closed=())
    standing = again.standing(900.0)
    assert again.high_water_usd == 900.0
    assert (standing.peak_usd, standing.peak_at) == (1200.0, NOW + 2 * HOUR)
    assert standing.beyond_terminal_at == NOW + 4 * HOUR


def test_one_wrong_tick_is_no_highest_equity_not_even_after_a_re_arming() -> None:
    levels = begun()
    levels.rearm(NOW, 1000.0)
    levels.observe(NOW + HOUR, 5000.0)
    levels.observe(NOW + 2 * HOUR, 1000.0)
    assert levels.standing(1000.0).peak_usd == 1000.0


@pytest.mark.parametrize("capital", [500.0, 3000.0])
def test_money_moved_while_no_bot_ran_leaves_the_drawdown(capital: float) -> None:
    store_peak(STORED)
    moved = capital - 1000.0
    standing = begun(capital).standing(1600.0 + moved)
    assert standing.fall_fraction == pytest.approx(0.2)
    assert standing.peak_at == NOW - DAY


def test_money_moved_while_it_runs_leaves_the_drawdown() -> None:
    store_peak(STORED)
    levels = begun()
    levels.observe(NOW + HOUR, 1600.0)
    levels.shift(-800.0)
    assert levels.standing(800.0).fall_fraction == pytest.approx(0.2)


def test_the_same_money_summed_in_another_order_is_no_new_high() -> None:
    store_peak(StoredPeak(2000.0, NOW, None, 2000.0, 2000.0))
    levels = begun(2000.0)
    for hour in (1, 2, 3):
        levels.observe(NOW + hour * HOUR, 2000.0 + 3e-10)
    assert levels.standing(2000.0).peak_at == NOW
    levels.observe(NOW + 4 * HOUR, 2000.01)
    levels.observe(NOW + 5 * HOUR, 2000.01)
    assert levels.standing(2000.0).peak_at == NOW + 5 * HOUR


def test_noise_of_the_balance_moves_nothing() -> None:
    assert STORED.at_capital(1005.0) == STORED
    assert STORED.at_capital(1005.0, noise_fraction=0.0).peak_usd == pytest.approx(2006.25)


def test_whether_a_stopped_account_is_beyond_its_terminal_drawdown() -> None:
    limits = RiskProfile(terminal_drawdown_fraction=0.2)
    assert STORED.is_beyond(limits)
    assert not replace(STORED, mark_usd=1601.0).is_beyond(limits)
    assert not StoredPeak().is_beyond(limits)
