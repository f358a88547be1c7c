"""Analyse a pair's candles once, and act on what the newest says: the rest is for nobody."""

import weakref
from typing import Any

import pandas as pd
from freqtrade.data.dataprovider import DataProvider
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.strategy import IStrategy

Analysed = dict[str, tuple[pd.DataFrame, str]]
ENTRIES = ("enter_long", "enter_short")


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


def enter_where_marked() -> None:
    """Ask for an entry's signal only where the newest candle is marked: else there is none.

    A strategy that has its own idea of a signal, or of the newest candle, is asked every time.
    """
    create = FreqtradeBot.create_trade

    def create_trade(self: FreqtradeBot, pair: str) -> bool:
        strategy = self.strategy
        asked = getattr(strategy.get_entry_signal, "__func__", None)
        if asked is IStrategy.get_entry_signal and not strategy.disable_dataframe_checks:
            frame, _ = self.dataprovider.get_analyzed_dataframe(pair, strategy.timeframe)
            if not any(_ends_marked(frame, column) for column in ENTRIES):
                return False
        return bool(create(self, pair))

    FreqtradeBot.create_trade = create_trade  # type: ignore[method-assign]


def _ends_marked(frame: pd.DataFrame, column: str) -> bool:
    return column in frame.columns and len(frame) > 0 and bool(frame[column].iloc[-1] == 1)


def tell_frames_to_listeners() -> None:
    """Send analysed frames only where a module of Freqtrade's messages would take them."""
    emit = DataProvider._emit_df  # noqa: SLF001

    def emit_df(self: DataProvider, *given: Any) -> None:
        messages = self._DataProvider__rpc  # type: ignore[attr-defined]
        if messages is not None and messages.registered_modules:
            emit(self, *given)

    DataProvider._emit_df = emit_df  # type: ignore[method-assign]  # noqa: SLF001
