"""Drawn accounts under drawn limits: as the loop's books have them, and as guards read them."""

from datetime import UTC, datetime
from math import isnan
from random import Random
from typing import Any

import numpy as np

from plimsoll.core import (
    AccountSnapshot,
    ApiHealth,
    ClosedTrade,
    DataHealth,
    PairData,
    Position,
    Side,
)
from plimsoll.lab.fast_lane.memory import Books, Market
from plimsoll.lab.fast_lane.watching import write_limits
from plimsoll.risk import RiskProfile
from tests.unit.lab.fast_lane.desk import STEP_S, books, market

CANDLES = 400
DAYS_S = 2 * 86_400


def drawn_profile(lot: Random) -> RiskProfile:
    """Return limits of which some are reached."""
    exposure = lot.choice([0.3, 1.0, 3.0])
    return RiskProfile(
        probation_days=0,
        drawdown_reduce_fraction=lot.choice([0.02, 0.08]),
        max_daily_loss_fraction=lot.choice([0.01, 0.1]),
        max_daily_loss_usd=lot.choice([None, 50.0]),
        day_starts_at_hour_utc=lot.choice([0, 7]),
        max_consecutive_losses=lot.choice([2, 4]),
        consecutive_losses_pause_hours=lot.choice([1e-9, 0.7, 24.0]),
        cooldown_seconds=lot.choice([0, 450.5, 3600]),
        max_trades_per_day=lot.choice([3, 8, 1000]),
        max_orders=lot.choice([3, 8, 1000]),
        order_window_seconds=lot.choice([60.0, 3600.5]),
        break_even_trades=lot.choice([None, 10]),
        break_even_z=lot.choice([0.0, 1.645]),
        terminal_drawdown_fraction=lot.choice([None, 0.25]),
        max_open_positions=lot.choice([1, 4]),
        max_position_fraction=lot.choice([0.1, 0.3]),
        max_exposure_fraction=exposure,
        max_portfolio_heat_fraction=lot.choice([0.05, 0.2]),
        max_risk_per_trade_fraction=lot.choice([0.003, 0.05]),
        fixed_risk_fraction=lot.choice([0.003, 0.05]),
        breaker_stop_fraction=lot.choice([0.1, 1.0]),
        max_correlation=lot.choice([0.1, 0.5, 1.0]),
        correlation_candles=lot.choice([20, 60]),
        max_price_deviation_fraction=lot.choice([None, 0.002, 0.02]),
        min_target_to_cost=lot.choice([1.0, 3.0]),
        min_liquidation_distance_fraction=0.05,
    )


def drawn_account(lot: Random, profile: RiskProfile) -> tuple[Market, Books]:
    """Return a market of three pairs and an account at one of its candles."""
    shared = [lot.gauss(0, 0.001) for _ in range(CANDLES)]
    asked = market(*(_walk(lot, shared) for _ in range(3)), signals={}, guarded=1, asks_entry=1)
    kept = books(asked)
    state, watch = kept.state[0], kept.watch[0]
    place = lot.randrange(CANDLES - 100, CANDLES - 1)
    asked.date_s[:] += lot.randrange(20_000, 20_002) * 86_400 - place * STEP_S
    asked.plan["start_s"], asked.plan["end_s"] = asked.date_s[0], asked.date_s[CANDLES - 1]
    state["now_s"] = now_s = int(asked.date_s[place])
    kept.next_row[:] = place + 1
    for number in range(lot.choice([0, 0, 1, 2])):
        _open(lot, asked, kept, number, now_s)
    for _ in range(lot.randrange(0, 14)):
        _close(lot, kept, now_s)
    done = kept.closed[: state["closed_trades"]]
    done[:] = done[np.argsort(done["close_s"], kind="stable")]
    times = sorted(now_s - STEP_S * lot.randrange(0, 15) for _ in range(lot.randrange(0, 12)))
    kept.ordered_s[: len(times)], state["orders"] = times, len(times)
    write_limits(watch, profile)
    watch["rearmed_s"] = lot.choice([0, now_s - 40 * STEP_S])
    watch["equity"] = equity = lot.uniform(900, 1100)
    watch["day_start"] = equity * lot.uniform(0.98, 1.03)
    watch["high_water"] = equity * lot.choice([1.0, lot.uniform(1.0, 1.1)])
    watch["peak"], watch["marked"] = watch["high_water"], state["closed_trades"]
    watch["starting"], watch["no_stop"] = 1000.0, 0.99
    return asked, kept


def snapshot(asked: Market, kept: Books) -> AccountSnapshot:
    """Return what guards read of it."""
    state, watch = kept.state[0], kept.watch[0]
    opened = kept.opened[: state["open_trades"]].tolist()
    now = at(state["now_s"])
    known = PairData(newest_candle_closed_at=now, candle_seconds=STEP_S)
    return AccountSnapshot(
        as_of=now,
        equity_usd=float(watch["equity"]),
        day_start_equity_usd=float(watch["day_start"]),
        high_water_equity_usd=float(watch["high_water"]),
        peak_equity_usd=float(watch["peak"]),
        starting_balance_usd=1000.0,
        sees_open_positions=True,
        positions=[_position(asked, kept, number) for number in opened],
        closed_trades=[_ended(one) for one in kept.closed[: state["closed_trades"]]],
        order_times=[at(one) for one in kept.ordered_s[: state["orders"]]],
        data_health=DataHealth(pairs={str(one): known for one in range(3)}),
        api_health=ApiHealth(),
        models=(),
        breaks=(),
        rearmed_at=at(watch["rearmed_s"]) if watch["rearmed_s"] else None,
    )


def at(seconds: Any) -> datetime:
    """Return a time, UTC."""
    return datetime.fromtimestamp(int(seconds), UTC)


def last_row(asked: Market, kept: Books, number: int) -> int:
    """Return the row of a pair's candle that closes now."""
    return int(asked.pairs[number]["first"] + kept.next_row[number] - 2)


def _walk(lot: Random, shared: list[float]) -> list[tuple[float, float, float, float]]:
    price, candles, weight = lot.uniform(50, 150), [], lot.choice([0.0, 0.5, 1.0])
    for common in shared:
        close = price * (1 + weight * common + lot.gauss(0, 0.0005))
        candles.append((price, max(price, close) * 1.0005, min(price, close) * 0.9995, close))
        price = close
    return candles


def _open(lot: Random, asked: Market, kept: Books, number: int, now_s: int) -> None:
    state, trade = kept.state[0], kept.trades[number]
    mark = float(asked.close[last_row(asked, kept, number)])
    sign, liquid = lot.choice([-1, 1]), lot.choice([None, 0.3, 0.051])
    trade["number"], trade["pair"], trade["is_open"] = number + 1, number, 1
    trade["is_short"], trade["leverage"] = sign < 0, 1.0
    trade["open_s"] = now_s - STEP_S * lot.randrange(0, 300)
    trade["open_rate"] = mark * lot.uniform(0.97, 1.03)
    trade["amount"] = lot.uniform(0.1, 3.0)
    trade["stake"] = trade["amount"] * trade["open_rate"]
    trade["stop"] = lot.choice([0.0, trade["open_rate"] * (1 - sign * lot.uniform(0.0, 0.2))])
    trade["liquidation"] = np.nan if liquid is None else mark * (1 - sign * liquid)
    trade["funding"] = lot.choice([0.0, lot.uniform(-1, 1)])
    kept.opened[state["open_trades"]] = number
    state["open_trades"] += 1


def _close(lot: Random, kept: Books, now_s: int) -> None:
    state = kept.state[0]
    trade = kept.closed[state["closed_trades"]]
    trade["pair"] = lot.randrange(3)
    trade["close_s"] = now_s - STEP_S * lot.randrange(0, DAYS_S // STEP_S // 8)
    trade["open_s"] = trade["close_s"] - STEP_S * lot.randrange(0, 100)
    trade["profit_usd"] = lot.choice([0.0, lot.gauss(0.3, 1), lot.gauss(-0.3, 1)])
    state["closed_trades"] += 1


def _position(asked: Market, kept: Books, number: int) -> Position:
    trade = kept.trades[number]
    return Position(
        pair=str(number),
        side=Side.SHORT if trade["is_short"] else Side.LONG,
        entry_price=float(trade["open_rate"]),
        mark_price=float(asked.close[last_row(asked, kept, number)]),
        amount=float(trade["amount"]),
        leverage=float(trade["leverage"]),
        stop_price=float(trade["stop"]) or None,
        liquidation_price=None if isnan(trade["liquidation"]) else float(trade["liquidation"]),
        margin_usd=float(trade["stake"]),
        opened_at=at(trade["open_s"]),
    )


def _ended(trade: Any) -> ClosedTrade:
    profit = float(trade["profit_usd"])
    return ClosedTrade(
        pair=str(trade["pair"]),
        side=Side.LONG,
        opened_at=at(trade["open_s"]),
        closed_at=at(trade["close_s"]),
        profit_usd=profit,
        profit_fraction=profit / 100,
        stake_usd=100.0,
    )
