"""Before the row that is named Freqtrade finds no exit of a trade, and leaves its stop alone."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ccxt import TICK_SIZE
from freqtrade.enums import TradingMode
from freqtrade.persistence import LocalTrade

from plimsoll.lab.fast_lane.candle_rows import Grid, PairRows
from plimsoll.lab.fast_lane.open_trade import Exits
from tests.unit.bridge.strategies.test_rules import load
from tests.unit.bridge.trades import trade_fields

START, STEP, CANDLES = datetime(2024, 1, 1, tzinfo=UTC), timedelta(minutes=5), 600
PLAIN = """
from freqtrade.strategy import IStrategy


class Plain(IStrategy):
    timeframe = "5m"
    can_short = True
    SETTINGS

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
    OWN
"""
TRAILING = "trailing_stop = True; trailing_stop_positive = 0.01; "
OFFSET = "trailing_stop_positive_offset = 0.02; "
SHAPES = {
    "stop and table": 'stoploss = -0.05; minimal_roi = {"0": 0.06, "300": 0.02, "900": 0.0}',
    "trailing": "stoploss = -0.04; trailing_stop = True; minimal_roi = {}",
    "trailing from a profit on": f"stoploss = -0.06; {TRAILING}{OFFSET}minimal_roi = {{}}",
    "trailing at a profit only": (
        f"stoploss = -0.06; {TRAILING}{OFFSET}"
        "trailing_only_offset_is_reached = True; minimal_roi = {}"
    ),
    "signals": "stoploss = -0.5; minimal_roi = {}",
    "freqtrade's custom stop": "stoploss = -0.03; use_custom_stoploss = True; minimal_roi = {}",
}


def plain(folder: Path, settings: str, own: str = "") -> Any:
    text = PLAIN.replace("SETTINGS", settings).replace("OWN", own)
    (folder / "Plain.py").write_text(text, encoding="utf-8")
    return load("Plain", folder, timeframe="5m")


def walked(seed: int, *, signals: bool) -> tuple[PairRows, Grid]:
    """Candles of a random walk with wicks, in prices of two decimals."""
    chance = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.003, CANDLES)))
    opened = np.concatenate([[100.0], close[:-1]])
    wicks = 1 + np.abs(chance.normal(0, 0.002, (2, CANDLES)))
    frame = pd.DataFrame(
        {
            "date": pd.date_range(START, periods=CANDLES, freq=STEP),
            "open": opened.round(2),
            "high": (np.maximum(opened, close) * wicks[0]).round(2) + 0.01,
            "low": (np.minimum(opened, close) / wicks[1]).round(2) - 0.01,
            "close": close.round(2),
        }
    )
    for name in ("enter_long", "exit_long", "enter_short", "exit_short"):
        frame[name] = (chance.random(CANDLES) < (0.02 if signals else 0.0)).astype(int)
    grid = Grid(START, START + (CANDLES - 1) * STEP, STEP)
    steps = grid.steps_of(frame["date"])
    assert steps is not None
    return PairRows("BTC/USDT:USDT", frame, steps, grid.steps, can_short=True), grid


def opened_at(row: int, rows: PairRows, strategy: Any, **fields: Any) -> LocalTrade:
    price = float(rows.open[row])
    precise = {"price_precision": 0.01, "precision_mode_price": TICK_SIZE}
    at = START + (row + 1) * STEP
    trade = LocalTrade(**trade_fields(at, open_rate=price, **precise, **fields))
    trade.trading_mode = TradingMode.FUTURES
    trade.recalc_open_trade_value()
    trade.adjust_stop_loss(price, strategy.stoploss, initial=True)
    return trade


def asked(strategy: Any, trade: LocalTrade, rows: PairRows, row: int) -> bool:
    """Whether Freqtrade finds an exit on a row, or moves the stop."""
    candle, stop = rows.at(row), trade.stop_loss
    enter, leave = (candle[7], candle[8]) if trade.is_short else (candle[5], candle[6])
    found = strategy.should_exit(
        trade,
        candle[1],
        candle[0].to_pydatetime(),
        enter=enter,
        exit_=leave,
        low=candle[3],
        high=candle[2],
    )
    return bool(found) or trade.stop_loss != stop


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_happens_before_the_row_that_is_named(tmp_path: Path, shape: str) -> None:
    strategy = plain(tmp_path, SHAPES[shape])
    passed = happened = 0
    for seed in range(12):
        chance = random.Random(seed)
        rows, grid = walked(seed, signals=shape == "signals")
        exits = Exits(strategy, TradingMode.FUTURES, grid)
        row, side = chance.randrange(100), {"is_short": seed % 2 == 0}
        trade = opened_at(row, rows, strategy, leverage=chance.choice([1.0, 3.0]), **side)
        while row < len(rows):
            waking = exits.waking_row(trade, rows, row)
            assert row <= waking <= len(rows)
            for quiet in range(row, waking):
                assert not asked(strategy, trade, rows, quiet)
            passed += waking - row
            if waking == len(rows):
                break
            happened += asked(strategy, trade, rows, waking)
            row = waking + 1
    assert passed > 1000
    assert happened > 10


OWN = {
    "custom_exit": "def custom_exit(self, *_, **__): return None",
    "custom_roi": "use_custom_roi = True\n    def custom_roi(self, *_, **__): return None",
    "custom_stoploss": (
        "use_custom_stoploss = True\n    def custom_stoploss(self, *_, **__): return None"
    ),
    "adjust_trade_position": (
        "position_adjustment_enable = True\n"
        "    def adjust_trade_position(self, *_, **__): return None"
    ),
    "should_exit": "def should_exit(self, *_, **__): return []",
}


@pytest.mark.parametrize("name", OWN)
def test_a_strategy_with_a_callback_of_its_own_sees_every_candle(tmp_path: Path, name: str) -> None:
    strategy = plain(tmp_path, "stoploss = -0.5; minimal_roi = {}", OWN[name])
    rows, grid = walked(1, signals=False)
    trade = opened_at(5, rows, strategy)
    assert Exits(strategy, TradingMode.FUTURES, grid).waking_row(trade, rows, 6) == 6


def test_a_setting_that_a_callback_changes_is_seen(tmp_path: Path) -> None:
    strategy = plain(tmp_path, "stoploss = -0.5; minimal_roi = {}")
    _, grid = walked(1, signals=False)
    exits = Exits(strategy, TradingMode.FUTURES, grid)
    assert not exits.settings.has_changed()
    strategy.minimal_roi[0] = 0.01
    assert exits.settings.has_changed()
    assert not exits.settings.has_changed()
