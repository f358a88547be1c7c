"""What one evaluation of all guards costs; the target is 5 ms with 20 positions."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

from plimsoll.core import (
    AccountSnapshot,
    ApiHealth,
    ClosedTrade,
    DataHealth,
    EntryRequest,
    Expectation,
    PairData,
    Position,
    Side,
)
from plimsoll.risk import Evaluation, LatchState, RiskProfile, evaluate, evaluate_entry, observe

NOW = datetime(2025, 6, 30, 12, tzinfo=UTC)
PROFILE = RiskProfile(max_open_positions=100, max_trades_per_day=1000)


def busy_account(*, positions: int, trades: int) -> AccountSnapshot:
    """An account that every guard reads to its end: wins and losses by turns, all data there."""
    pairs = [f"COIN{index}/USDT:USDT" for index in range(max(positions, 1))]
    data = PairData(newest_candle_closed_at=NOW, candle_seconds=300.0)
    return AccountSnapshot(
        as_of=NOW,
        equity_usd=10_000.0,
        day_start_equity_usd=10_000.0,
        high_water_equity_usd=10_000.0,
        peak_equity_usd=10_000.0,
        starting_balance_usd=10_000.0,
        sees_open_positions=True,
        positions=[_position(pair) for pair in pairs[:positions]],
        closed_trades=[_closed(pairs[n % len(pairs)], n, trades) for n in range(trades)],
        order_times=[NOW - timedelta(minutes=trades - n) for n in range(trades)],
        data_health=DataHealth(pairs=dict.fromkeys(pairs, data)),
        api_health=ApiHealth(error_times=[NOW - timedelta(hours=n) for n in range(100, 0, -1)]),
        models=(),
        expectation=Expectation(
            source="bench",
            trades=trades,
            mean_profit_fraction=0.01,
            profit_std_fraction=0.03,
            win_rate_fraction=0.5,
        ),
    )


def _position(pair: str) -> Position:
    return Position(
        pair=pair,
        side=Side.LONG,
        entry_price=100.0,
        mark_price=100.5,
        amount=1.0,
        leverage=3.0,
        stop_price=99.0,
        liquidation_price=70.0,
        margin_usd=33.0,
        opened_at=NOW - timedelta(hours=2),
    )


def _closed(pair: str, number: int, count: int) -> ClosedTrade:
    at = NOW - timedelta(minutes=30 * (count - number))
    profit = 3.0 if number % 2 else -1.0
    return ClosedTrade(
        pair=pair,
        side=Side.LONG,
        opened_at=at - timedelta(hours=1),
        closed_at=at,
        profit_usd=profit,
        profit_fraction=profit / 100,
        stake_usd=100.0,
    )


def milliseconds(work: Callable[[], object], *, repeats: int = 200) -> float:
    """Return the median time of one call."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return median(taken) * 1000


def run(*, trades: int = 5000) -> dict[str, float]:
    """Return milliseconds of one loop's evaluation, of an entry check and of a backtest candle."""
    busy = busy_account(positions=20, trades=trades)
    flat = busy_account(positions=0, trades=trades)
    pairs = [position.pair for position in busy.positions or ()]
    asked = EntryRequest(
        pair="NEW/USDT:USDT",
        side=Side.LONG,
        stake_usd=100.0,
        price=100.0,
        stop_price=99.0,
        target_price=103.0,
        leverage=2.0,
        fill_cost_fraction=0.0007,
        mark_price=100.0,
        spread_fraction=0.0002,
        correlations=dict.fromkeys(pairs, 0.1),
    )

    def loop() -> Evaluation:
        return observe(LatchState(), evaluate(busy, PROFILE), observations=3)[1]

    return {
        "risk_evaluate_20_positions_ms": milliseconds(loop),
        "risk_evaluate_flat_ms": milliseconds(lambda: evaluate(flat, PROFILE)),
        "risk_evaluate_entry_ms": milliseconds(lambda: evaluate_entry(asked, busy, PROFILE)),
    }
