"""A rule strategy's market for the epochs of a search: packed from its rules, without frames.

Between epochs only parameters change. Prices, limits and funding are packed once, a feature is
computed once for all epochs that ask for it, and what the rules answer goes into the loop as it
is: no column is written of signals and tags that nobody reads.
"""

from collections import OrderedDict
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.data.converter import trim_dataframe
from freqtrade.enums import RunMode
from freqtrade.strategy import IStrategy

from plimsoll.bridge.strategies.rules import RuleStrategy
from plimsoll.core import Side
from plimsoll.features import Candles, FeatureUse
from plimsoll.lab.fast_lane.market import (
    DISTANCES,
    NO_TAG,
    PRICES,
    Packed,
    Static,
    price_columns,
    problem_of,
    usable_distance,
)
from plimsoll.lab.fast_lane.memory import Market
from plimsoll.lab.fast_lane.plan import asks_entries, plan_of, roi_of
from plimsoll.lab.fast_lane.records import PAIR

OF_FREQTRADE = ("ft_advise_signals", "advise_entry", "advise_exit")
OF_RULES = ("populate_indicators", "populate_entry_trend", "populate_exit_trend")
ENTER = {Side.LONG: 1, Side.SHORT: 2}
LEAVE = {Side.LONG: 4, Side.SHORT: 8}
BOTH = 0x11
"""A signal's bit and that of one that is anything but 0: a rule's signal is always 1."""
KEPT_BYTES = 256 * 2**20
"""Of features of all pairs that are kept between epochs."""


class RuleMarket:
    """What the epochs of one search have in common.

    Parameters
    ----------
    backtesting
        A backtest whose strategy is set; `says_all` is true of it.
    frames
        The analysed candles of each pair, as ``advise_all_indicators`` returns them. They are
        never written.
    """

    def __init__(self, backtesting: Any, frames: dict[str, pd.DataFrame]) -> None:
        self._backtesting = backtesting
        self._pairs = list(frames)
        most = KEPT_BYTES // max(1, len(frames))
        self._features = [KeptFeatures(frame, most) for frame in frames.values()]
        self._rows = [self._traded(frame) for frame in frames.values()]
        self._records = np.zeros(len(frames), PAIR)
        static, first = Static(), 0
        for number, (pair, rows) in enumerate(zip(frames, self._rows, strict=True)):
            self._records[number]["first"] = first
            self._records[number]["rows"] = count = max(0, rows.stop - rows.start - 1)
            first += count
            static.add(backtesting, pair, self._records, number)
        self._static = static.joined()
        self._prices = [
            price_columns(frame.iloc[rows])
            for frame, rows in zip(frames.values(), self._rows, strict=True)
        ]
        self._joined = {
            name: np.concatenate([one[name] for one in self._prices])
            for name in ("date_s", *PRICES)
        }
        self._said = _room(first)
        self._problems: dict[int, str | None] = {}

    def pack(self, start_s: int, end_s: int) -> Packed | str:
        """Pack the market of the strategy's present parameters; a sentence where it cannot be.

        It holds until the next call, which writes into the same memory.
        """
        problem = self._problem(start_s)
        if problem is not None:
            return problem
        strategy, tags = self._backtesting.strategy, dict[Any, int]()
        for number, (kept, rows) in enumerate(zip(self._features, self._rows, strict=True)):
            first, count = self._records[number]["first"], self._records[number]["rows"]
            said = {name: column[first : first + count] for name, column in self._said.items()}
            seen = slice(rows.start, rows.start + count)  # each stands one candle late
            _say(strategy, kept, seen, said, tags)
        minutes, fractions = roi_of(strategy)
        unused = {name: np.empty(0) for name in DISTANCES if getattr(strategy, name)() is None}
        market = Market(
            **self._joined,
            **(self._said | unused),
            pairs=self._records,
            **self._static,
            roi_minutes=minutes,
            roi_fractions=fractions,
            plan=plan_of(self._backtesting, start_s, end_s),
        )
        return Packed(market, self._pairs, list(tags))

    def _problem(self, start_s: int) -> str | None:
        """Return what the loop does not expect of a pair's candles."""
        if start_s not in self._problems:
            step_s = self._backtesting.timeframe_secs
            found = (
                f"{pair} {problem}"
                for pair, prices in zip(self._pairs, self._prices, strict=True)
                if (problem := problem_of(prices, step_s, start_s)) is not None
            )
            self._problems[start_s] = next(found, None)
        return self._problems[start_s]

    def _traded(self, frame: pd.DataFrame) -> slice:
        """Return the rows that Freqtrade trades on: without warm-up, up to the span's end."""
        backtesting = self._backtesting
        dates = pd.DataFrame({"date": frame["date"].array})
        left = trim_dataframe(
            dates, backtesting.timerange, startup_candles=backtesting.required_startup
        )
        return slice(int(left.index[0]), int(left.index[-1]) + 1) if len(left) else slice(0, 0)


def says_all(backtesting: Any) -> bool:
    """Return whether a search's strategy is its rules: no code of its own between them and us."""
    strategy = backtesting.strategy
    if backtesting.config["runmode"] != RunMode.HYPEROPT or not isinstance(strategy, RuleStrategy):
        return False
    if asks_entries(strategy):  # Python that is asked may read the frame
        return False
    own = [(name, IStrategy) for name in OF_FREQTRADE] + [(name, RuleStrategy) for name in OF_RULES]
    return all(
        getattr(getattr(strategy, name), "__func__", None) is getattr(base, name)
        for name, base in own
    )


class KeptFeatures:
    """The columns of one pair's features by name, the least used forgotten first.

    Parameters
    ----------
    frame
        Candles, with the features of some parameters.
    most_bytes
        Of columns that are kept beside those of the frame: a third of features, a third of
        distances, and about a third of what several features share.
    """

    def __init__(self, frame: pd.DataFrame, most_bytes: int) -> None:
        self._frame = frame
        self._most = max(1, most_bytes // (24 * max(1, len(frame))))
        self._kept: OrderedDict[str, pd.Series] = OrderedDict()
        self._usable: OrderedDict[str, np.ndarray] = OrderedDict()
        self._shared, self._computed = Candles(frame), 0

    def frame(self, features: list[FeatureUse]) -> pd.DataFrame:
        """Return the candles with the columns of these features."""
        missing = {
            use.column: self._column(use)
            for use in features
            if use.column not in self._frame.columns
        }
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return self._frame.assign(**missing)

    def usable(self, candles: pd.DataFrame, column: str) -> np.ndarray:
        """Return a distance in a column of `frame`'s, NaN where it is none."""
        if column not in self._usable:
            if len(self._usable) >= self._most:
                self._usable.popitem(last=False)
            self._usable[column] = usable_distance(candles[column].to_numpy("f8"))
        return self._usable[column]

    def _column(self, use: FeatureUse) -> pd.Series:
        if use.column in self._kept:
            self._kept.move_to_end(use.column)
            return self._kept[use.column]
        if self._computed >= self._most:
            self._shared, self._computed = Candles(self._frame), 0
        self._computed += 1
        self._kept[use.column] = column = use(self._shared)
        return column


def _room(candles: int) -> dict[str, np.ndarray]:
    """Return the columns that rules fill."""
    room = {"signals": np.zeros(candles, "u1")}
    room |= {name: np.zeros(candles, "i8") for name in ("enter_tag", "exit_tag")}
    return room | {name: np.zeros(candles) for name in DISTANCES}


def _say(
    strategy: RuleStrategy,
    kept: KeptFeatures,
    seen: slice,
    said: dict[str, np.ndarray],
    tags: dict[Any, int],
) -> None:
    """Write what one pair's rules say on the candles that are traded after."""
    candles = kept.frame(strategy.features())
    signals = said["signals"]
    signals[:] = 0
    for bits, name, masks in (
        (ENTER, "enter_tag", strategy.entry_masks(candles)),
        (LEAVE, "exit_tag", strategy.exit_masks(candles)),
    ):
        said[name][:] = NO_TAG
        for side, mask, tag in masks:
            marked = mask.to_numpy()[seen]
            signals |= marked * np.uint8(bits[side] * BOTH)
            said[name][marked] = tags.setdefault(tag, len(tags))
    for name in DISTANCES:
        if (declared := getattr(strategy, name)()) is not None:
            use, multiple = declared
            np.multiply(kept.usable(candles, use.column)[seen], multiple, out=said[name])
