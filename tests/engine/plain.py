"""Indicators, rules and fills in plain numpy and pandas.

Nothing here imports the package or Freqtrade (a test holds that): where both agree, neither a
feature nor the backtest's order of events is wrong alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

LONG, SHORT = 1, -1


def seeded(values: np.ndarray, period: int, weight: float) -> np.ndarray:
    """An exponential mean that begins with the plain mean of its first values."""
    made = np.full(len(values), np.nan)
    first = int(np.flatnonzero(np.isfinite(values))[0]) + period - 1
    made[first] = values[first - period + 1 : first + 1].mean()
    for row in range(first + 1, len(values)):
        made[row] = made[row - 1] + weight * (values[row] - made[row - 1])
    return made


def ema(close: np.ndarray, period: int) -> np.ndarray:
    return seeded(close, period, 2 / (period + 1))


def wilder(values: np.ndarray, period: int = 14) -> np.ndarray:
    return seeded(values, period, 1 / period)


def true_range(c: pd.DataFrame) -> np.ndarray:
    before = c["close"].shift(1)
    reach = np.maximum(c["high"], before) - np.minimum(c["low"], before)
    return reach.where(before.notna()).to_numpy()


def atr(c: pd.DataFrame) -> np.ndarray:
    return wilder(true_range(c))


def rsi(c: pd.DataFrame) -> np.ndarray:
    moves = c["close"].diff().to_numpy()
    ups, downs = wilder(np.maximum(moves, 0)), wilder(np.maximum(-moves, 0))
    return 100 * ups / (ups + downs)


def adx(c: pd.DataFrame) -> np.ndarray:
    up, down = c["high"].diff().to_numpy(), -c["low"].diff().to_numpy()
    plus = np.where(np.isnan(up), np.nan, np.where((up > down) & (up > 0), up, 0.0))
    minus = np.where(np.isnan(up), np.nan, np.where((down > up) & (down > 0), down, 0.0))
    plus, minus = wilder(plus), wilder(minus)
    return wilder(100 * np.abs(plus - minus) / (plus + minus))


def ticks(c: pd.DataFrame) -> np.ndarray:
    """The price step of each candle's month: the finest decimal that any of its prices shows."""
    digits = pd.concat(
        [
            c[name].map(lambda price: len(f"{price:.10f}".rstrip("0").partition(".")[2]))
            for name in ("open", "high", "low", "close")
        ],
        axis=1,
    ).max(axis=1)
    return 10.0 ** -digits.groupby(c["date"].dt.strftime("%Y-%m")).transform("max").to_numpy()


def begins(mask: np.ndarray) -> np.ndarray:
    return mask & ~np.concatenate([[False], mask[:-1]])


@dataclass
class Rules:
    """Masks by side, a value a candle, and how a trade is left.

    ``stop`` and ``target`` are distances from the entry in price units, read on the candle before
    it; ``widest`` is the farthest stop as a fraction of the entry. ``leave`` is asked at each
    candle with the trade and the row of the candle before. ``may_enter`` is where a position has
    a size.
    """

    enter: dict[int, np.ndarray]
    exit: dict[int, np.ndarray]
    widest: float
    stop: np.ndarray | None = None
    target: np.ndarray | None = None
    leave: Callable[["Trade", int], bool] | None = None
    rest_candles: int = 0
    may_enter: np.ndarray | None = None


@dataclass
class Trade:
    side: int
    opened: int
    open_rate: float
    stop: float
    target: float
    closed: int = -1
    close_rate: float = np.nan


def trades_of(c: pd.DataFrame, rules: Rules, first: int, last: int) -> list[Trade]:
    """Walk from the candle after ``first`` to ``last``: signals fill at the next open.

    As Freqtrade does: a signal to leave comes before the stop, the stop before the target; a
    position that was closed in a candle may be turned round at that candle's open; what is left
    at the end goes at the last open.
    """
    o, h, low = (c[name].to_numpy() for name in ("open", "high", "low"))
    tick = ticks(c)
    made: list[Trade] = []
    held: Trade | None = None
    free_from = 0

    def entered(row: int, side: int) -> Trade:
        distance = min(np.inf if rules.stop is None else rules.stop[row - 1], o[row] * rules.widest)
        far = np.inf if rules.target is None else rules.target[row - 1]
        steps = side * (o[row] - side * distance) / tick[row]
        stop = round(side * np.ceil(round(steps, 6)) * tick[row], 10)  # to the nearer step
        return Trade(side, row, o[row], stop, o[row] + side * far)

    def left(trade: Trade, row: int) -> float | None:
        signal = rules.exit[trade.side][row - 1] and not rules.enter[trade.side][row - 1]
        if signal or (rules.leave is not None and rules.leave(trade, row - 1)):
            return o[row]
        worst, best = (low[row], h[row]) if trade.side == LONG else (h[row], low[row])
        if trade.side * (trade.stop - worst) >= 0:
            return o[row] if trade.side * (trade.stop - best) > 0 else trade.stop
        if trade.side * (best - trade.target) > 0:
            return float(np.clip(trade.target, low[row], h[row]))
        return None

    for row in range(first + 1, last + 1):
        sized = rules.may_enter is None or rules.may_enter[row]
        want = wanted(rules, row - 1) if row < last and row >= free_from and sized else 0
        before = held
        if held is None and want:
            held = entered(row, want)
        for _ in range(2):
            rate = None if held is None else left(held, row)
            if held is None or rate is None:
                break
            held.closed, held.close_rate = row, rate
            made.append(held)
            side, held = held.side, None
            free_from = row + rules.rest_candles
            if before is None or want != -side or row < free_from:
                break
            before, held = None, entered(row, want)
    if held is not None:
        held.closed, held.close_rate = last, o[last]
        made.append(held)
    return made


def wanted(rules: Rules, row: int) -> int:
    """The side to enter after a candle; none when both sides call, or the side's own exit does."""
    long, short = bool(rules.enter[LONG][row]), bool(rules.enter[SHORT][row])
    if long and not short and not rules.exit[LONG][row]:
        return LONG
    return SHORT if short and not long and not rules.exit[SHORT][row] else 0


def sizes(hourly: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Each pair's share of a volatility of 10 % a year, days by pairs; NaN while it is unknown.

    A day has a close when its last hour was traded; a pair takes part after sixty of them, with
    two thirds of the last thirty returns.
    """
    closes = pd.DataFrame({pair: daily(c) for pair, c in hourly.items()}).asfreq("D")
    logs = np.log(closes)
    yearly = ((logs - logs.shift(1)).rolling(30, min_periods=20).std() * 365**0.5).clip(lower=0.1)
    ready = closes.notna() & (closes.notna().cumsum() > 60) & yearly.notna()
    count = ready.sum(axis=1).where(lambda pairs: pairs > 0)
    together = (1 / count + (1 - 1 / count) * 0.65) ** 0.5
    return (1 / yearly.where(ready)).mul(0.10 / together / count, axis=0)


def daily(c: pd.DataFrame) -> pd.Series:
    """The close of each day whose last hour was traded."""
    traded = c[c["volume"] > 0].set_index("date")["close"]
    return traded[traded.index.hour == 23].rename(index=lambda at: at.floor("D"))


def both(rule: Callable[[int], np.ndarray]) -> dict[int, np.ndarray]:
    return {side: np.asarray(rule(side), dtype=bool) for side in (LONG, SHORT)}


def never(c: pd.DataFrame) -> dict[int, np.ndarray]:
    return both(lambda _: np.zeros(len(c), dtype=bool))


def trend(c: pd.DataFrame) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    close = c["close"].to_numpy()
    fast, slow = ema(close, 20), ema(close, 80)
    slope = slow / np.concatenate([np.full(12, np.nan), slow[:-12]]) - 1
    strong, large = adx(c) >= 25, atr(c) / close >= 0.0015

    def rule(side: int) -> np.ndarray:
        aligned = (side * (fast - slow) > 0) & (side * slope > 0) & strong
        return begins(aligned) & large

    return both(rule), both(lambda side: side * (fast - slow) < 0)


def trend_follow(c: pd.DataFrame) -> Rules:
    enter, leave = trend(c)
    return Rules(enter, leave, 0.10, stop=0.9 * atr(c), target=1.25 * atr(c))


def slow_trend(c: pd.DataFrame) -> Rules:
    enter, leave = trend(c)
    return Rules(enter, leave, 0.30, stop=3 * atr(c), rest_candles=4)


def momentum_cross(c: pd.DataFrame) -> Rules:
    close = c["close"].to_numpy()
    gap, strength = ema(close, 20) / ema(close, 100) - 1, rsi(c)
    enter = both(lambda side: begins((side * gap > 0) & (side * (strength - 50) > 0)))
    return Rules(enter, both(lambda side: side * gap < 0), 0.30, stop=3 * atr(c))


def mean_reversion(c: pd.DataFrame) -> Rules:
    window = c["close"].rolling(20)
    place = ((c["close"] - window.mean()) / window.std(ddof=1)).to_numpy()
    calm = adx(c) < 20
    enter = both(lambda side: (side * place < -2.5) & calm)
    return Rules(enter, both(lambda side: side * place >= 0), 0.30, stop=3 * atr(c))


def basis_reversion(c: pd.DataFrame, spot: pd.DataFrame) -> Rules:
    beside = c["date"].map(spot.set_index("date")["close"])
    level = (c["close"] / beside - 1).rolling(8, min_periods=6).mean()
    past = level.rolling(720, min_periods=480)
    place = ((level - past.mean()) / past.std(ddof=1)).to_numpy()
    return Rules(
        enter=both(lambda side: side * place < -1.0),
        exit=both(lambda side: side * place >= 0),
        widest=0.30,
        leave=lambda trade, row: row + 1 - trade.opened >= 72,
    )


def open_interest_flow(c: pd.DataFrame, interest: pd.DataFrame) -> Rules:
    held = interest.set_index("date")["open_interest_amount"]
    newest = c["date"].map(held).fillna((c["date"] - pd.Timedelta(hours=1)).map(held))

    def move(values: pd.Series, over: int) -> np.ndarray:
        logs = np.log(values.where(values > 0))
        spread = logs.diff().rolling(336, min_periods=224).std(ddof=1)
        return ((logs - logs.shift(over)) / (spread * over**0.5)).to_numpy()

    price, price_4 = move(c["close"], 24), move(c["close"], 4)
    grown, grown_4 = move(newest, 24), move(newest, 4)
    flush = both(lambda side: begins((side * price_4 < -2.5) & (grown_4 < -2.5)))
    follow = both(lambda side: begins((side * price > 1.0) & (grown > 1.0)))

    def leave(trade: Trade, row: int) -> bool:
        flushed = flush[trade.side][trade.opened - 1]
        if row + 1 - trade.opened >= (24 if flushed else 72):
            return True
        alone = trade.side * price[row] > 1 and grown[row] < -1
        return not flushed and bool(trade.side * price[row] < 0 or grown[row] < 0 or alone)

    enter = both(lambda side: flush[side] | (follow[side] & ~flush[-side]))
    return Rules(enter, never(c), 0.30, stop=6 * atr(c), leave=leave)
