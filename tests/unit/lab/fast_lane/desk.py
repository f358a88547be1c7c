"""A small market and empty books, for the compiled functions alone."""

from math import inf, nan
from typing import Any

import numpy as np
from freqtrade.enums import TradingMode
from freqtrade.persistence import LocalTrade

from plimsoll.lab.fast_lane.engine import books_of
from plimsoll.lab.fast_lane.market import Packed
from plimsoll.lab.fast_lane.memory import Books, Market
from plimsoll.lab.fast_lane.records import PAIR, PLAN, TIER

STEP_S = 300
TICK = 0.01
ONE_TIER = (0.0, inf, 50.0, 0.01, 0.0)

Prices = tuple[float, float, float, float]


def market(
    *pairs: list[Prices],
    signals: dict[tuple[int, int], int] | None = None,
    roi: dict[int, float] | None = None,
    funding: tuple[list[int], list[float]] = ([], []),
    **plan: Any,
) -> Market:
    """Return a market of candles of 5 minutes from 1970 on; ``signals`` by pair and candle."""
    counts = [len(one) for one in pairs]
    rows = [candle for one in pairs for candle in one]
    date_s = np.concatenate([(np.arange(n) + 1) * STEP_S for n in counts]).astype("i8")
    columns = np.array(rows, "f8")
    bits = np.zeros(len(rows), "u1")
    firsts = np.cumsum([0, *counts[:-1]])
    for (pair, candle), word in (signals or {}).items():
        bits[firsts[pair] + candle] = word
    table = sorted((roi or {}).items())
    unknown = np.full(len(rows), nan)
    return Market(
        date_s=date_s,
        open=columns[:, 0].copy(),
        high=columns[:, 1].copy(),
        low=columns[:, 2].copy(),
        close=columns[:, 3].copy(),
        signals=bits,
        enter_tag=np.full(len(rows), -1, "i8"),
        exit_tag=np.full(len(rows), -1, "i8"),
        stop_distance=unknown,
        trailing_distance=unknown.copy(),
        target_distance=unknown.copy(),
        pairs=_pairs(firsts, counts, len(funding[0])),
        tiers=np.array([ONE_TIER], TIER),
        tick_since_s=np.empty(0, "i8"),
        tick_size=np.empty(0),
        funding_s=np.array(funding[0], "i8"),
        funding_per_unit=np.array(funding[1], "f8"),
        roi_minutes=np.array([minute for minute, _ in table], "i8"),
        roi_fractions=np.array([profit for _, profit in table], "f8"),
        plan=_plan(max(counts), plan),
    )


def books(of: Market) -> Books:
    """Return the books of a run that has not begun."""
    names = [f"pair {number}" for number in range(len(of.pairs))]
    return books_of(Packed(of, names, []), captures=False)


def freqtrades(trade: Any, *, fee: float) -> LocalTrade:
    """Return Freqtrade's own object of an open trade."""
    made = LocalTrade(
        pair="A/USDT:USDT",
        open_rate=float(trade["open_rate"]),
        amount=float(trade["amount"]),
        stake_amount=float(trade["stake"]),
        fee_open=fee,
        fee_close=fee,
        is_short=bool(trade["is_short"]),
        leverage=float(trade["leverage"]),
        trading_mode=TradingMode.FUTURES,
        price_precision=float(trade["price_precision"]),
        precision_mode_price=int(trade["price_mode"]),
        funding_fees=float(trade["funding"]),
    )
    made.recalc_open_trade_value()
    return made


def _plan(candles: int, chosen: dict[str, Any]) -> np.ndarray:
    plan = np.zeros(1, PLAN)
    values = {
        "start_s": STEP_S,
        "end_s": candles * STEP_S,
        "step_s": STEP_S,
        "futures": 1,
        "can_short": 1,
        "max_open_trades": inf,
        "starting": 1000.0,
        "available_capital": nan,
        "tradable_ratio": 1.0,
        "stake": 100.0,
        "fee": 0.001,
        "reserve": 0.05,
        "liquidation_buffer": 0.05,
        "funding_step_s": 3600,
        "stoploss": -0.1,
        "trailing_positive": nan,
        "nearest_stop": 1e-9,
        "use_exit_signal": 1,
        "exit_timeout_s": 600.0,
    }
    for name, value in {**values, **chosen}.items():
        plan[name] = value
    return plan


def _pairs(firsts: np.ndarray, counts: list[int], fundings: int) -> np.ndarray:
    pairs = np.zeros(len(counts), PAIR)
    for name in ("least_cost", "least_amount", "most_cost", "most_amount"):
        pairs[name] = nan
    pairs["first"], pairs["rows"] = firsts, counts
    pairs["price_precision"], pairs["price_mode"] = TICK, 4
    pairs["amount_precision"], pairs["amount_mode"], pairs["contract_size"] = 0.001, 4, 1.0
    pairs["tiers"], pairs["fundings"] = 1, fundings
    return pairs
