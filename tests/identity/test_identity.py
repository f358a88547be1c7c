"""The lane's trades are Freqtrade's; what compares them sees a difference in any field."""

import json
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.conftest import REAL_DATA
from tests.identity.comparing import Difference, first_difference
from tests.identity.drawing import ALL_KINDS, KINDS, REAL, setting
from tests.identity.markets import candles_of, stored
from tests.identity.page import write_page
from tests.identity.record import Record, row_of, state_of
from tests.identity.running import Bench, Outcome

SEED = 20
QUICK: dict[str, tuple[int, ...]] = {"plain": (1, 2), "guards": (0, 2), "portfolio": (1, 2)}
QUICK |= {"rules": (0, 1), "callbacks": (0, 1), "spot": (0, 2), REAL: (0, 2)}
"""Two settings of each kind that trade and are quick; `make identity` draws thousands."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """What runs settings."""
    with Bench() as made:
        yield made


@pytest.fixture(scope="module")
def result(bench: Bench) -> dict[str, Any]:
    """Freqtrade's answer to a setting whose trades have funding, tags and several orders."""
    return bench.freqtrade(setting("plain", 2, 2))


def outcomes(bench: Bench, kind: str) -> list[Outcome]:
    """Run the settings of a kind; that Freqtrade or the lane runs none would prove nothing."""
    made = [bench.outcome(setting(kind, SEED, number)) for number in QUICK[kind]]
    assert [one.error for one in made if one.error] == []
    assert [one.refusal for one in made if one.refusal] == []
    assert all(one.trades for one in made)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_drawn_settings_trade_as_freqtrade_does(bench: Bench, kind: str) -> None:
    told = [str(one.difference) for one in outcomes(bench, kind) if one.difference is not None]
    assert told == []


@pytest.mark.data
@pytest.mark.skipif(not REAL_DATA.is_dir(), reason="no real market data")
def test_recorded_candles_trade_as_freqtrade_does(bench: Bench) -> None:
    told = [str(one.difference) for one in outcomes(bench, REAL) if one.difference is not None]
    assert told == []


def row(state: str, number: int) -> dict[str, Any]:
    drawn = {**setting("plain", 1, 0), "number": number}
    told = {"refused": {"refusal": "a hook"}, "error": {"error": "no candles"}}
    told["different"] = {"difference": Difference(3, "amount", 1.0, 2.0)}
    return row_of(
        drawn, Outcome(trades=7, way="compiled", ends={"roi": 7}, **told.get(state, {})), "code"
    )


def test_what_is_refused_counts_as_neither_equal_nor_different(tmp_path: Path) -> None:
    states = ["identical", "identical", "refused", "error", "different"]
    rows = [row(state, number) for number, state in enumerate(states)]
    assert [state_of(one) for one in rows] == states
    write_page(rows, 1, tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "| all | 5 | 3 | 0 | 21 | 2 | 1 | 1 | 1 |" in text
    assert "| a hook | 1 |" in text
    assert "| roi | 14 |" in text
    assert "- plain 4 (Drawn): trade 3, amount" in text


def test_a_record_goes_on_unless_the_code_has_changed(tmp_path: Path) -> None:
    Record(1, "code", tmp_path).add(row("identical", 2))
    assert set(Record(1, "code", tmp_path).rows) == {("plain", 2)}
    assert Record(1, "other code", tmp_path).rows == {}
    assert Record(2, "code", tmp_path).rows == {}


def test_freqtrade_run_twice_does_not_differ_from_itself(bench: Bench) -> None:
    made = bench.outcome(setting("callbacks", SEED, 1), refused_too=True)
    assert made.difference is None
    assert made.error is None


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_same_seed_draws_the_same(kind: str) -> None:
    drawn = [setting(kind, 3, number) for number in range(20)]
    assert drawn == [setting(kind, 3, number) for number in range(20)]
    assert json.loads(json.dumps(drawn)) == drawn
    assert drawn != [setting(kind, 4, number) for number in range(20)]


def test_a_description_makes_the_same_candles_twice() -> None:
    market = setting("plain", 3, 1)["market"]
    for pair in market["pairs"]:
        pd.testing.assert_frame_equal(stored(market, pair), stored(market, pair))
        candles = candles_of(market, pair)
        assert (candles["low"] > 0).all()
        assert (candles["high"] >= candles[["open", "close", "low"]].max(axis=1)).all()
        assert (candles["low"] <= candles[["open", "close", "high"]].min(axis=1)).all()


def test_settings_draw_what_they_should() -> None:
    drawn = [setting("plain", 1, number) for number in range(200)]
    sources = "".join(one["source"] for one in drawn)
    for word in ("trailing_only_offset_is_reached = True", "can_short = True", ": -1", "75.0"):
        assert word in sources
    pairs = [pair for one in drawn for pair in one["market"]["pairs"]]
    assert min(one["price"] for one in pairs) < 1e-5
    assert max(one["price"] for one in pairs) > 5e4
    assert Counter(one["market"]["timeframe"] for one in drawn).keys() == {"5m", "15m", "1h", "4h"}


def nearby(value: Any) -> Any:
    """Return the next value to one: a difference as small as there is."""
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, float | np.floating):
        return 0.0 if np.isnan(value) else float(np.nextafter(value, np.inf))
    if isinstance(value, int | np.integer):
        return int(value) + 1
    if isinstance(value, pd.Timestamp):
        return value + timedelta(milliseconds=1)
    return "other" if value != "other" else None


def test_a_result_equals_itself(result: dict[str, Any]) -> None:
    assert first_difference(result, copied(result)) is None
    assert len(result["results"]) > 10


def copied(result: dict[str, Any]) -> dict[str, Any]:
    made = deepcopy({name: value for name, value in result.items() if name != "config"})
    made["results"]["orders"] = [deepcopy(orders) for orders in made["results"]["orders"]]
    return {**made, "config": result["config"]}


def test_a_difference_in_any_field_of_a_trade_is_seen(result: dict[str, Any]) -> None:
    trades = result["results"]
    for name in trades.columns:
        if name == "orders":
            continue
        planted = copied(result)
        values = list(trades[name])
        values[7] = nearby(values[7])
        kind = trades[name].dtype
        planted["results"][name] = pd.Series(values, dtype=kind if kind != "str" else object)
        told = first_difference(result, planted)
        assert told is not None, name
        assert (told.trade, told.field) == (7, name)
        assert name in str(told)


def test_a_difference_in_any_field_of_an_order_is_seen(result: dict[str, Any]) -> None:
    for name in result["results"]["orders"][3][1]:
        planted = copied(result)
        order = planted["results"]["orders"][3][1]
        order[name] = nearby(order[name])
        told = first_difference(result, planted)
        assert told is not None, name
        assert (told.trade, told.field) == (3, f"orders[1]['{name}']")


def test_a_difference_beside_the_trades_is_seen(result: dict[str, Any]) -> None:
    names = [one for one in result if one not in ("config", "results")]
    for name in names:
        planted = copied(result)
        value = planted[name]
        planted[name] = [] if isinstance(value, pd.DataFrame) else nearby(value)
        told = first_difference(result, planted)
        assert told is not None, name
        assert told.field.startswith(name)
    assert {"final_balance", "rejected_signals", "locks", "timedout_exit_orders"} <= set(names)


def test_order_number_and_columns_of_trades_are_seen(result: dict[str, Any]) -> None:
    trades = result["results"]
    rows = list(range(len(trades)))
    others = {
        "swapped": trades.iloc[[1, 0, *rows[2:]]].reset_index(drop=True),
        "shorter": trades.iloc[:-1],
        "without a column": trades.drop(columns="stop_loss_abs"),
    }
    for name, other in others.items():
        told = first_difference(result, {**copied(result), "results": other})
        assert told is not None, name
    assert first_difference({**copied(result), "results": trades.iloc[:-1]}, result) is not None


def test_a_lock_of_another_moment_is_seen(result: dict[str, Any]) -> None:
    class Lock:
        """What is compared of Freqtrade's locks."""

        def __init__(self, minute: int) -> None:
            self.pair, self.side, self.reason, self.active = "BTC/USDT:USDT", "*", "rest", True
            self.lock_time = pd.Timestamp("2024-01-01", tz="UTC")
            self.lock_end_time = self.lock_time + pd.Timedelta(minutes=minute)

    one, same = {**result, "locks": [Lock(1)]}, {**copied(result), "locks": [Lock(1)]}
    assert first_difference(one, same) is None
    told = first_difference(one, {**copied(result), "locks": [Lock(2)]})
    assert told is not None
    assert "lock_end_time" in told.field


def test_minus_zero_is_not_zero_and_nan_is_nan(result: dict[str, Any]) -> None:
    one = {**copied(result), "final_balance": 0.0}
    assert first_difference(one, {**copied(result), "final_balance": -0.0}) is not None
    both = [{**copied(result), "final_balance": float("nan")} for _ in range(2)]
    assert first_difference(*both) is None
