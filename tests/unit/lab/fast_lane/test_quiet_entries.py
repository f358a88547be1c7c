"""An entry that the loop lets in by itself is one that every guard lets in, whole."""

from collections import Counter
from dataclasses import replace
from math import isfinite, isnan
from random import Random
from typing import Any

import numpy as np
import pytest

from plimsoll.candles.windows import Window, volatility
from plimsoll.candles.windows import correlation as measured
from plimsoll.core import EntryRequest, Side
from plimsoll.lab.fast_lane.quiet_entries import (
    ASK,
    NO,
    YES,
    answers,
    correlation,
    is_let_in,
    most_cost,
    most_loss,
)
from plimsoll.lab.fast_lane.watching import latency_factor
from plimsoll.risk import evaluate, evaluate_entry, size_entry
from plimsoll.risk.costs import TradingCosts
from plimsoll.risk.exposure import entry_risk_usd
from plimsoll.risk.stops import nearest_stop_price
from tests.unit.lab.fast_lane.accounts import drawn_account, drawn_profile, last_row, snapshot

COSTS = TradingCosts()
ENTERED = 2


def drawn_entry(lot: Random) -> tuple[Any, Any, Any, EntryRequest, int]:
    """Return an account, and an entry of its third pair as guards are asked about it."""
    profile = drawn_profile(lot)
    asked, kept = drawn_account(lot, profile)
    watch, row = kept.watch[0], last_row(asked, kept, ENTERED) + 1
    sign, rate = lot.choice([-1, 1]), float(asked.open[row])
    distance, gain = rate * lot.uniform(0.002, 0.2), rate * lot.uniform(0.0005, 0.01)
    watch["stop"], watch["target"] = lot.random() < 0.8, lot.random() < 0.8
    watch["latency_factor"] = latency_factor(COSTS)
    kept.fill_cost[:] = COSTS.of_pair(None).fraction
    asked.stop_distance[row], asked.target_distance[row] = distance, gain
    side = Side.LONG if sign > 0 else Side.SHORT
    stop = nearest_stop_price(
        [(rate, distance if watch["stop"] else float("inf"))],
        side=side,
        widest_fraction=-float(asked.plan[0]["stoploss"]),
        leverage=1.0,
    )
    window = _window(asked, last_row(asked, kept, ENTERED), profile.correlation_candles)
    request = EntryRequest(
        pair=str(ENTERED),
        side=side,
        stake_usd=lot.choice([20.0, 100.0, 300.0]),
        price=rate,
        stop_price=stop,
        target_price=rate + sign * gain if watch["target"] else None,
        leverage=1.0,
        fill_cost_fraction=COSTS.fill_fraction_of("A/B", volatility(window, least_candles=20)),
        spread_fraction=0.0002,
        liquidity_usd=None,
        correlations=_correlations(asked, kept, profile),
        mark_price=float(asked.close[last_row(asked, kept, ENTERED)]),
    )
    return asked, kept, profile, request, row


def test_what_is_let_in_is_neither_denied_nor_cut_by_any_guard():
    lot, seen = Random(5), Counter()
    for _ in range(1500):
        asked, kept, profile, request, row = drawn_entry(lot)
        account, stake = snapshot(asked, kept), request.stake_usd
        evaluation = evaluate(account, profile, pairs=[request.pair])
        size = size_entry(replace(request, mark_price=request.price), account, profile, evaluation)
        verdict = evaluate_entry(request, account, profile, evaluation=evaluation)
        whole = size.stake_usd == stake and verdict.allows_entries and verdict.multiplier == 1
        short = 1 if request.side is Side.SHORT else 0
        let_in = is_let_in(asked, kept, ENTERED, row, short, request.price, stake, 1.0)
        assert whole or not let_in, (size, verdict)
        seen[let_in, whole] += 1
    assert seen[True, True] > 50
    assert seen[False, False] > 200
    assert seen[False, True] < seen[True, True] / 10


def test_costs_and_losses_are_never_less_than_the_guards_work_out():
    lot = Random(6)
    for _ in range(200):
        asked, kept, profile, request, row = drawn_entry(lot)
        cost = most_cost(asked, kept, ENTERED, row - 1)
        assert request.fill_cost_fraction <= cost < request.fill_cost_fraction * 1.5
        sign = request.side.sign
        loss = most_loss(asked, kept.watch[0], row, sign, request.price, cost, 1.0)
        known = entry_risk_usd(request, profile)
        assert loss * request.stake_usd >= known * (1 - 1e-12)


def test_without_enough_candles_a_cost_is_not_known():
    asked, kept, profile, _, row = drawn_entry(Random(7))
    first = int(asked.pairs[ENTERED]["first"])
    count = profile.correlation_candles
    assert isfinite(most_cost(asked, kept, ENTERED, first + count - 1))
    assert not isfinite(most_cost(asked, kept, ENTERED, first + count - 2))
    asked.date_s[row - 1] += 1
    assert not isfinite(most_cost(asked, kept, ENTERED, row - 1))


@pytest.mark.parametrize("column", ["stop_distance", "target_distance"])
def test_an_unknown_distance_is_asked_about(column: str):
    lot, checked = Random(8), 0
    for _ in range(300):
        asked, kept, _, request, row = drawn_entry(lot)
        kept.watch["stop"] = kept.watch["target"] = 1
        short = 1 if request.side is Side.SHORT else 0
        entry = asked, kept, ENTERED, row, short, request.price, request.stake_usd, 1.0
        checked += is_let_in(*entry)
        getattr(asked, column)[row] = np.nan
        assert not is_let_in(*entry)
    assert checked > 10


def test_correlations_are_those_of_the_guards():
    lot = Random(9)
    for _ in range(50):
        asked, kept = drawn_account(lot, drawn_profile(lot))
        one, other = (last_row(asked, kept, number) for number in (0, 1))
        expected = measured(_window(asked, one, 60), _window(asked, other, 60), least_candles=30)
        assert correlation(asked, one, other, 59) == pytest.approx(expected, abs=1e-9)
    asked.close[one - 60 : one + 1] = 100.0
    assert isnan(correlation(asked, one, other, 59))


def test_an_answer_is_an_order_that_is_counted_and_one_that_is_not_leaves_no_trace():
    lot, seen = Random(10), Counter()
    for _ in range(600):
        asked, kept, _, request, row = drawn_entry(lot)
        kept.watch["is_counted"] = 1
        orders = int(kept.state[0]["orders"])
        short = 1 if request.side is Side.SHORT else 0
        answer = answers(asked, kept, ENTERED, row, short)
        done = int(answer == YES)
        assert kept.state[0]["orders"] == orders + done
        assert kept.watch[0]["entries"] == done
        if done:
            assert kept.ordered_s[orders] == kept.state[0]["now_s"]
            assert kept.state[0]["answer_rate"] == asked.open[row]
        seen[answer] += 1
    assert seen[YES] > 20
    assert seen[ASK] > 20


def test_where_nobody_counts_denials_the_loop_denies_as_well():
    lot, seen = Random(11), Counter()
    for _ in range(300):
        asked, kept, profile, request, row = drawn_entry(lot)
        kept.watch["is_counted"] = 0
        short = 1 if request.side is Side.SHORT else 0
        answer = answers(asked, kept, ENTERED, row, short)
        if answer == NO:
            verdict = evaluate(snapshot(asked, kept), profile, pairs=[request.pair])
            assert verdict.of_pair(request.pair).multiplier == 0
        seen[answer] += 1
    assert min(seen[YES], seen[NO]) > 10


def _window(asked: Any, last: int, candles: int) -> Window:
    rows = slice(last - candles + 1, last + 1)
    return Window(asked.date_s[rows], asked.close[rows])


def _correlations(asked: Any, kept: Any, profile: Any) -> dict[str, float]:
    count, found = profile.correlation_candles, {}
    own = _window(asked, last_row(asked, kept, ENTERED), count)
    for number in kept.opened[: kept.state[0]["open_trades"]].tolist():
        other = _window(asked, last_row(asked, kept, number), count)
        found[str(number)] = measured(own, other, least_candles=count // 2)
    return found
