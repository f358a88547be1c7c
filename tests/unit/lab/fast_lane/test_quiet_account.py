"""What the loop says of an account is what the guards say, and its marks are theirs to the bit."""

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from plimsoll.bridge.account.freqtrade_trades import open_profit_usd
from plimsoll.bridge.account.levels import EquityLevels
from plimsoll.core import Mode
from plimsoll.lab.fast_lane.quiet_account import is_denied, is_free, looks_quietly, marked_usd
from plimsoll.risk import evaluate
from plimsoll.risk.quiet import loss_floor_usd
from tests.unit.lab.fast_lane.accounts import (
    at,
    drawn_account,
    drawn_profile,
    last_row,
    snapshot,
)
from tests.unit.lab.fast_lane.desk import STEP_S, books, freqtrades, market

COUNTING = {"order_throttle", "trades_per_day", "consecutive_losses"}


def test_entries_are_denied_exactly_where_a_counting_guard_denies_the_account():
    lot, seen = Random(1), Counter()
    for _ in range(400):
        profile = drawn_profile(lot)
        asked, kept = drawn_account(lot, profile)
        said = evaluate(snapshot(asked, kept), profile, pairs=[])
        rules = {one.rule for one in said.denials} & COUNTING
        assert is_denied(kept) is bool(rules)
        seen.update(rules or {"none"})
    assert min(seen[rule] for rule in (*COUNTING, "none")) > 10


def test_an_account_that_is_free_is_one_of_which_no_guard_says_anything():
    lot, seen = Random(2), Counter()
    for _ in range(600):
        profile = drawn_profile(lot)
        asked, kept = drawn_account(lot, profile)
        watch, account = kept.watch[0], snapshot(asked, kept)
        high = float(watch["high_water"])
        if watch["equity"] <= loss_floor_usd(float(watch["day_start"]), high, profile):
            continue
        mode = evaluate(account, profile, pairs=[]).mode
        free = is_free(kept, float(watch["equity"]), high)
        assert mode is Mode.ACTIVE or not free
        seen[free, mode is Mode.ACTIVE] += 1
    assert seen[True, True] > 50
    assert seen[False, False] > 50
    assert seen[False, True] < 5  # what is free of guards is seen to be so


def test_equity_is_added_up_as_the_account_does_it():
    lot, checked = Random(3), 0
    for _ in range(60):
        asked, kept = drawn_account(lot, drawn_profile(lot))
        kept.state["total_profit"] = lot.gauss(0, 50)
        expected = 1000.0 + float(kept.state[0]["total_profit"])
        for number in kept.opened[: kept.state[0]["open_trades"]].tolist():
            trade = freqtrades(kept.trades[number], fee=float(asked.plan[0]["fee"]))
            expected += 0.0 + open_profit_usd(
                trade, float(asked.close[last_row(asked, kept, number)])
            )
        got = marked_usd(asked, kept)
        if got == got:
            assert got == expected
            checked += 1
    assert checked > 30


def test_an_account_is_not_marked_without_a_candle_or_near_a_liquidation():
    asked, kept = _holding([100.0] * 4)
    assert marked_usd(asked, kept) == marked_usd(asked, kept)
    kept.trades[0]["liquidation"] = 94.9
    assert marked_usd(asked, kept) == marked_usd(asked, kept)
    kept.trades[0]["liquidation"] = 95.0
    assert marked_usd(asked, kept) != marked_usd(asked, kept)
    kept.trades[0]["liquidation"] = 90.0
    asked.date_s[0] -= 1
    assert marked_usd(asked, kept) != marked_usd(asked, kept)


def test_levels_are_kept_as_the_account_keeps_them():
    lot = Random(4)
    closes = [100.0]
    for _ in range(700):
        closes.append(closes[-1] * (1 + lot.gauss(0, 0.0005)))
    asked, kept = _holding(closes)
    watch, levels = kept.watch[0], EquityLevels(day_starts_at_hour_utc=7, confirm_highs=False)
    watch["day_shift_s"] = 7 * 3600
    levels.observe(at(watch["looked_s"]), float(watch["equity"]))
    watch["day_ends_s"] = int(levels.day_ends_at.timestamp())
    for place in range(1, 700):
        kept.next_row[0] = place
        kept.state["now_s"] = now_s = int(asked.date_s[place])
        assert looks_quietly(asked, kept) == 1
        levels.observe(at(now_s), float(watch["equity"]))
        assert float(watch["day_start"]) == levels.day_start_usd
        assert float(watch["high_water"]) == levels.high_water_usd
        assert float(watch["peak"]) == levels.peak_usd
        assert at(watch["peak_s"]) == levels.peak_at
        assert at(watch["day_ends_s"]) == levels.day_ends_at


@pytest.mark.parametrize(("fall", "quiet"), [(0.99, 1), (1.01, 0)])
def test_a_loss_beyond_the_floor_is_pythons_and_changes_nothing(fall: float, quiet: int):
    asked, kept = _holding([100.0, 100.0 - 30.0 * fall, 100.0, 100.0])
    kept.watch["daily_usd"] = 300.0 + 0.1 * (100.0 + 70.0)
    kept.next_row[0] = 1
    kept.state["now_s"] = 2 * STEP_S
    kept.next_row[0] = 2
    kept.state["now_s"] = 3 * STEP_S
    before = kept.watch.copy()

    assert looks_quietly(asked, kept) == quiet
    assert (kept.watch == before).all() != bool(quiet)


def _holding(closes: list[float]):
    """Return a market of one pair, of which an account of 10,000 USD holds 10 since the start."""
    asked = market([(price, price, price, price) for price in closes], guarded=1, fee=0.01)
    kept = books(asked)
    watch, trade = kept.watch[0], kept.trades[0]
    trade["number"], trade["is_open"], trade["leverage"] = 1, 1, 1.0
    trade["amount"], trade["open_rate"], trade["liquidation"] = 10.0, 100.0, float("nan")
    kept.state["open_trades"] = 1
    kept.next_row[0], kept.state["now_s"] = 1, 2 * STEP_S
    watch["starting"] = watch["equity"] = watch["day_start"] = 10_000.0
    watch["high_water"] = watch["peak"] = 10_000.0
    watch["looked_s"] = watch["peak_s"] = int(datetime(1970, 1, 1, tzinfo=UTC).timestamp())
    watch["day_ends_s"] = 86_400
    watch["daily_fraction"] = watch["halt_fraction"] = watch["terminal_fraction"] = 0.9
    watch["daily_usd"], watch["near_fraction"] = float("inf"), 0.05
    return asked, kept
