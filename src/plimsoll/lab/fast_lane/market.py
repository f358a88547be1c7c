"""The candles and signals of a backtest, packed for the compiled loop."""

from collections.abc import Mapping
from math import inf, nan
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.data.converter import trim_dataframe
from freqtrade.enums import TradingMode

from plimsoll.lab.fast_lane.memory import Market
from plimsoll.lab.fast_lane.plan import plan_of, roi_of
from plimsoll.lab.fast_lane.records import PAIR, TIER

PRICES = ("open", "high", "low", "close")
COMPARED = {"enter_long": 1, "enter_short": 2, "exit_long": 4, "exit_short": 8}
"""The bit of a signal that is 1; four bits further that of one that is anything but 0."""
DISTANCES = ("stop_distance", "trailing_distance", "target_distance")
NO_TAG = -1


class Packed:
    """A market and the words that its tags stand for."""

    def __init__(self, market: Market, pairs: list[str], tags: list[Any]) -> None:
        self.market, self.pairs, self.tags = market, pairs, tags


def pack(
    backtesting: Any, processed: dict[str, pd.DataFrame], start_s: int, end_s: int
) -> Packed | str:
    """Pack what ``Backtesting.backtest`` is handed; a sentence where only Freqtrade can read it.

    As Freqtrade does, it asks for the signals, keeps them for the strategy to read, and trims
    ``processed`` in place.
    """
    frames, before = with_signals(backtesting, processed)
    columns: dict[str, list[np.ndarray]] = {}
    tags: dict[Any, int] = {}
    pairs = np.zeros(len(frames), PAIR)
    first = 0
    for number, (pair, frame) in enumerate(frames.items()):
        packed = _pair_columns(backtesting.strategy, frame, before[pair], tags)
        rows = len(packed["date_s"])
        pairs[number]["first"], pairs[number]["rows"] = first, rows
        first += rows
        for name, column in packed.items():
            columns.setdefault(name, []).append(column)
        if (problem := problem_of(packed, backtesting.timeframe_secs, start_s)) is not None:
            return f"{pair} {problem}"
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    static = Static()
    for number, pair in enumerate(frames):
        static.add(backtesting, pair, pairs, number)
    minutes, fractions = roi_of(backtesting.strategy)
    market = Market(
        **joined,
        pairs=pairs,
        **static.joined(),
        roi_minutes=minutes,
        roi_fractions=fractions,
        plan=plan_of(backtesting, start_s, end_s),
    )
    return Packed(market, list(frames), list(tags))


def price_columns(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return when each candle but the first opened, and its prices."""
    dates = pd.DatetimeIndex(frame["date"]).as_unit("s").asi8
    return {"date_s": dates[1:]} | {name: frame[name].to_numpy("f8")[1:] for name in PRICES}


def with_signals(
    backtesting: Any, processed: dict[str, pd.DataFrame]
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Return each pair's analysed candles, trimmed and whole."""
    frames, whole = {}, {}
    strategy, config = backtesting.strategy, backtesting.config
    for pair, candles in processed.items():
        analysed = strategy.ft_advise_signals(candles, {"pair": pair})
        backtesting.dataprovider._set_cached_df(  # noqa: SLF001 - as Freqtrade's backtest does
            pair, backtesting.timeframe, analysed, config["candle_type_def"]
        )
        whole[pair] = analysed
        frames[pair] = processed[pair] = trim_dataframe(
            analysed, backtesting.timerange, startup_candles=backtesting.required_startup
        )
    return frames, whole


def _pair_columns(
    strategy: Any, frame: pd.DataFrame, whole: pd.DataFrame, tags: dict[Any, int]
) -> dict[str, np.ndarray]:
    """Return the columns of one pair as the loop sees them: without the first candle."""
    columns = price_columns(frame)
    signals = _bits(frame)
    columns["signals"] = signals[:-1]
    entered, left = (signals & 3) != 0, (signals & 192) != 0
    columns["enter_tag"] = _numbers(frame, "enter_tag", entered, tags)[:-1]
    columns["exit_tag"] = _numbers(frame, "exit_tag", left, tags, empty_is_none=True)[:-1]
    for name in DISTANCES:
        columns[name] = distances(strategy, frame, name)[:-1]
    return columns


def _bits(frame: pd.DataFrame) -> np.ndarray:
    bits = np.zeros(len(frame), "u1")
    for name, bit in COMPARED.items():
        if name in frame.columns:
            values = np.nan_to_num(frame[name].to_numpy("f8", na_value=0.0), nan=0.0)
            bits |= ((values == 1) * bit).astype("u1") | ((values != 0) * (bit << 4)).astype("u1")
    return bits


def _numbers(
    frame: pd.DataFrame,
    name: str,
    needed: np.ndarray,
    tags: dict[Any, int],
    *,
    empty_is_none: bool = False,
) -> np.ndarray:
    """Return the tags of the candles that need one as numbers, new ones added to ``tags``."""
    numbers = np.full(len(frame), NO_TAG, "i8")
    if name not in frame.columns or not needed.any():
        return numbers
    rows = np.flatnonzero(needed)
    tagged = frame[name].iloc[rows].to_numpy(dtype=object)
    codes, words = pd.factorize(tagged, use_na_sentinel=True)
    known = np.array(
        [
            NO_TAG if empty_is_none and word == "" else tags.setdefault(word, len(tags))
            for word in words
        ]
        + [NO_TAG],
        "i8",
    )
    numbers[rows] = known[codes]
    return numbers


def distances(strategy: Any, frame: pd.DataFrame, name: str) -> np.ndarray:
    """Return a declared distance in price units by candle, NaN where it is unknown."""
    wanted = getattr(strategy, name, lambda: None)()
    if wanted is None:
        return np.empty(len(frame) and 1)[:0]
    use, multiple = wanted
    return usable_distance(frame[use.column].to_numpy("f8")) * multiple


def usable_distance(values: np.ndarray) -> np.ndarray:
    """Return distances, NaN where one is not above 0 or not finite."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(values) & (values > 0), values, nan)


def problem_of(columns: Mapping[str, np.ndarray], step_s: int, start_s: int) -> str | None:
    """Return what the loop does not expect of a pair's candles."""
    dates = columns["date_s"]
    if len(dates) and ((np.diff(dates) <= 0).any() or ((dates - start_s) % step_s).any()):
        return "has candles out of step"
    if any(not np.isfinite(columns[name]).all() for name in PRICES):
        return "has candles without a price"
    if any((columns[name] <= 0).any() for name in PRICES):
        return "has prices that are not above 0"
    return None


class Static:
    """What the exchange says of the pairs: limits, tiers, ticks, funding."""

    def __init__(self) -> None:
        self._tiers: list[tuple[float, ...]] = []
        self._tick_since: list[int] = []
        self._tick_size: list[float] = []
        self._funding: list[tuple[np.ndarray, np.ndarray]] = []
        self._fundings = 0

    def add(self, backtesting: Any, pair: str, pairs: np.ndarray, number: int) -> None:
        """Add a pair."""
        exchange, record = backtesting.exchange, pairs[number]
        record["price_precision"] = _number(exchange.get_precision_price(pair))
        record["price_mode"] = backtesting.precision_mode_price
        record["amount_precision"] = _number(exchange.get_precision_amount(pair))
        record["amount_mode"] = backtesting.precision_mode
        record["contract_size"] = _number(exchange.get_contract_size(pair))
        limits = exchange.markets[pair]["limits"]
        for kind in ("cost", "amount"):
            for bound, name in (("min", f"least_{kind}"), ("max", f"most_{kind}")):
                limit = limits[kind][bound]
                record[name] = (
                    nan if limit is None else exchange._contracts_to_amount(pair, limit)  # noqa: SLF001
                )
        record["first_tier"] = len(self._tiers)
        self._tiers += _tiers(exchange, pair)
        record["tiers"] = len(self._tiers) - record["first_tier"]
        record["first_tick"] = len(self._tick_since)
        self._add_ticks(backtesting.price_pair_prec.get(pair))
        record["ticks"] = len(self._tick_since) - record["first_tick"]
        record["first_funding"] = self._fundings
        self._add_funding(backtesting, pair)
        record["fundings"] = self._fundings - record["first_funding"]

    def joined(self) -> dict[str, np.ndarray]:
        """Return the columns of all pairs."""
        stamps = [stamp for stamp, _ in self._funding]
        fees = [fee for _, fee in self._funding]
        return {
            "tiers": np.array(self._tiers or [(nan,) * 5], TIER),
            "tick_since_s": np.array(self._tick_since, "i8"),
            "tick_size": np.array(self._tick_size, "f8"),
            "funding_s": np.concatenate(stamps) if stamps else np.empty(0, "i8"),
            "funding_per_unit": np.concatenate(fees) if fees else np.empty(0),
        }

    def _add_ticks(self, ticks: "pd.Series[float] | None") -> None:
        if ticks is None:
            return
        known = ticks.dropna()
        since = pd.DatetimeIndex(known.index).as_unit("s").asi8
        self._tick_since += since.tolist()
        self._tick_size += known.tolist()

    def _add_funding(self, backtesting: Any, pair: str) -> None:
        if backtesting.trading_mode != TradingMode.FUTURES:
            return
        frame = backtesting.futures_data[pair]
        if frame.empty:
            return
        if "_ff_fee_per_unit" not in frame.columns:
            frame = backtesting.exchange._add_funding_columns(frame)  # noqa: SLF001
        stamps = frame["_ff_date_ns"].to_numpy() // 1_000_000_000
        self._funding.append((stamps, frame["_ff_fee_per_unit"].to_numpy("f8")))
        self._fundings += len(stamps)


def _tiers(exchange: Any, pair: str) -> list[tuple[float, ...]]:
    return [
        (
            tier["minNotional"],
            inf if tier["maxNotional"] is None else tier["maxNotional"],
            tier["maxLeverage"],
            tier["maintenanceMarginRate"],
            nan if tier["maintAmt"] is None else tier["maintAmt"],
        )
        for tier in exchange._leverage_tiers.get(pair, [])  # noqa: SLF001 - no other way to them
    ]


def _number(value: float | None) -> float:
    return nan if value is None else float(value)
