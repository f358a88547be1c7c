"""Analyse a pair's candles once: Freqtrade copies and clears frames in each loop, for nobody."""

import weakref
from typing import Any

import pandas as pd
from freqtrade.strategy import IStrategy

Analysed = dict[str, tuple[pd.DataFrame, str]]


def analyse_new_frames() -> None:
    """Leave out the analysis of a frame that is the very one that was analysed last.

    A strategy that looks at new candles only would copy it, take the signals out of the copy and
    drop that. One that looks at every loop does, and so does one whose last analysis failed.
    """
    analyze = IStrategy.analyze_pair
    known: weakref.WeakKeyDictionary[Any, Analysed] = weakref.WeakKeyDictionary()

    def analyze_pair(self: IStrategy, pair: str) -> None:
        analysed = known.setdefault(self, {})
        frame = self.dp.ohlcv(pair, self.timeframe, copy=False)
        last = analysed.get(pair)
        if (
            last is not None
            and last[0] is frame
            and last[1] == self.timeframe
            and self.process_only_new_candles
        ):
            return
        analyze(self, pair)
        if len(frame) and _seen(self).get(pair) == frame.iloc[-1]["date"]:
            analysed[pair] = frame, self.timeframe
        else:
            analysed.pop(pair, None)

    IStrategy.analyze_pair = analyze_pair  # type: ignore[method-assign]


def _seen(strategy: IStrategy) -> dict[str, Any]:
    """Return the last candle of each pair whose analysis has succeeded, as Freqtrade notes it."""
    return dict(strategy._IStrategy__last_candle_seen_per_pair)  # type: ignore[attr-defined]  # noqa: SLF001
