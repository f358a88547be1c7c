"""Freqtrade's own backtest code on exactly those candles on which something can happen.

For strategies with callbacks: `Backtesting.backtest_loop` runs unmodified, with everything that it
calls, on each candle of a pair that may matter. Which ones may is found by compiled scans over
necessary conditions (`plimsoll.lab.fast_lane.waking`), so that trades, counts and state are those
of Freqtrade's loop by construction. What a candle that is passed by would have changed is caught
up before the next one is visited: the extremes and the funding of open trades, the data provider's
place, the wallet's record, the count of entries for which there was no slot.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.data.btanalysis import trade_list_to_dataframe
from freqtrade.data.converter import trim_dataframe
from freqtrade.enums import BacktestState, MarginMode, TradingMode
from freqtrade.persistence import LocalTrade, PairLocks
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

from plimsoll.bridge.wrapping.callbacks import is_freqtrades
from plimsoll.bridge.wrapping.resting import closes_something, has_own_loop, rest_of
from plimsoll.lab.fast_lane.calm import guards_wake
from plimsoll.lab.fast_lane.candle_rows import NEVER, Grid, Line, PairRows
from plimsoll.lab.fast_lane.counted_trade import counted
from plimsoll.lab.fast_lane.open_trade import Exits
from plimsoll.lab.fast_lane.quick_answers import quick_answers
from plimsoll.lab.fast_lane.waking import extremes
from plimsoll.lab.fast_lane.wallet_captures import WalletCaptures

COUNTS = (
    *("timedout_entry_orders", "timedout_exit_orders", "canceled_trade_entries"),
    *("canceled_entry_orders", "replaced_entry_orders"),
)
"""What of orders Freqtrade counts, by its own names."""


class SparseLane:
    """Stands in for ``Backtesting.backtest`` of one prepared backtest.

    Parameters
    ----------
    backtesting
        A ``freqtrade.optimize.backtesting.Backtesting`` whose strategy is set and has started.
    """

    def __init__(self, backtesting: Any) -> None:
        self._backtesting = backtesting
        self.refusal: str | None = refusal_of(backtesting)
        self.visits = 0
        """How many candles the last run visited."""

    def backtest(
        self, processed: dict[str, pd.DataFrame], start_date: datetime, end_date: datetime
    ) -> dict[str, Any]:
        """Return what ``Backtesting.backtest`` returns: trades, locks, counts, final balance.

        Freqtrade's own loop runs where the lane is refused, and on candles that lie beside the
        backtest's grid.
        """
        run = Run(self._backtesting, Grid(start_date, end_date, self._backtesting.timeframe_td))
        if self.refusal is None and run.fits(processed):
            answer = run.result(processed)
            self.visits = run.visits
            return answer
        slow: dict[str, Any] = self._backtesting.backtest(
            processed=processed, start_date=start_date, end_date=end_date
        )
        return slow


def refusal_of(backtesting: Any) -> str | None:
    """Return what of a prepared backtest the lane cannot honour; ``None`` when it can run."""
    refused = {
        "timeframe_detail": bool(backtesting.timeframe_detail),
        "position_stacking": backtesting._position_stacking,  # noqa: SLF001 - nowhere else to read
        "enable_dynamic_pairlist": backtesting.dynamic_pairlist,
        "trading_mode margin": backtesting.trading_mode == TradingMode.MARGIN,
    }
    named = [name for name, is_set in refused.items() if is_set]
    if not named:
        return None
    return f"{backtesting.strategy.get_strategy_name()}: {', '.join(named)}"


class Run:
    """One run: visits the candles that matter, in Freqtrade's order.

    Parameters
    ----------
    backtesting
        Freqtrade's own.
    grid
        Its candles.
    """

    def __init__(self, backtesting: Any, grid: Grid) -> None:
        self._bt, self._grid = backtesting, grid
        self._strategy = backtesting.strategy
        self._lines: dict[str, Line] = {}
        self._steps: dict[str, Any] = {}
        self._has_funding = backtesting.trading_mode == TradingMode.FUTURES
        self._is_cross = backtesting.margin_mode == MarginMode.CROSS
        self._skips_full = False
        self.visits = 0

    def fits(self, processed: dict[str, pd.DataFrame]) -> bool:
        """Return whether all candles lie on the grid, in order, with sound prices."""
        for pair, frame in processed.items():
            trimmed = self._trimmed(frame)
            steps = self._grid.steps_of(trimmed["date"])
            if steps is None:
                return False
            self._steps[pair] = steps
            prices = trimmed[["open", "high", "low", "close"]].to_numpy(dtype="float64")
            if not ((prices > 0) & np.isfinite(prices)).all():
                return False
        return bool(processed) and self._grid.steps > 0

    def result(self, processed: dict[str, pd.DataFrame]) -> dict[str, Any]:
        """Run, and return what Freqtrade's own method returns."""
        bt = self._bt
        bt.reset_backtest(bt.enable_protections)
        bt.wallets.update()
        self._read(processed)
        self._exits = Exits(self._strategy, bt.trading_mode, self._grid)
        pairs = {pair: line.rows for pair, line in self._lines.items()}
        self._captures = WalletCaptures(bt, self._grid, pairs)
        self._everything = has_own_loop(self._strategy)
        with quick_answers(bt):
            self._loop()
            last_rows = {
                pair: [line.rows.at(len(line.rows) - 1)]
                for pair, line in self._lines.items()
                if LocalTrade.bt_trades_open_pp[pair]
            }
            bt.handle_left_open(LocalTrade.bt_trades_open_pp, data=last_rows)
        bt.wallets.update()
        return {
            "results": trade_list_to_dataframe(LocalTrade.bt_trades),
            "config": self._strategy.config,
            "locks": PairLocks.get_all_locks(),
            "rejected_signals": bt.rejected_trades,
            **{name: getattr(bt, name) for name in COUNTS},
            "final_balance": bt.wallets.get_total(self._strategy.config["stake_currency"]),
            "wallet_summary": self._captures.summary(),
        }

    def _trimmed(self, frame: pd.DataFrame) -> pd.DataFrame:
        return trim_dataframe(frame, self._bt.timerange, startup_candles=self._bt.required_startup)

    def _read(self, processed: dict[str, pd.DataFrame]) -> None:
        """Let the strategy give its signals, and keep them as columns."""
        bt = self._bt
        bt._set_progress_step(BacktestState.CONVERT, len(processed))  # noqa: SLF001 - as it does
        for pair, frame in list(processed.items()):
            bt.check_abort()
            bt._increment_progress()  # noqa: SLF001 - as it does
            analysed = self._strategy.ft_advise_signals(frame, {"pair": pair})
            bt.dataprovider._set_cached_df(  # noqa: SLF001 - as it does
                pair, bt.timeframe, analysed, bt.config["candle_type_def"]
            )
            trimmed = processed[pair] = self._trimmed(analysed)
            if not len(self._steps[pair]):  # it begins after the end, or with its last candle
                continue
            rows = PairRows(
                pair,
                trimmed,
                self._steps[pair],
                self._grid.steps,
                can_short=bt._can_short,  # noqa: SLF001 - nowhere else to read
            )
            if self._has_funding:
                rates = bt.futures_data[pair]
                rows.learn_funding(rates, self._grid, bt.funding_fee_timeframe_secs)
            self._lines[pair] = Line(rows)
        # At the end Freqtrade closes what is left by the order in which it first met the pairs.
        for line in sorted(self._lines.values(), key=lambda one: int(one.rows.steps[0])):
            LocalTrade.bt_trades_open_pp[line.rows.pair] = []

    def _loop(self) -> None:
        bt, last = self._bt, self._grid.steps - 1
        bt._set_progress_step(BacktestState.BACKTEST, self._grid.steps)  # noqa: SLF001 - as it does
        before, step = -1, 0
        while step <= last:
            self._pass_by(before + 1, step)
            self._visit(step)
            bt._increment_progress(step - before)  # noqa: SLF001 - as it does
            before, step = step, self._next(step)
        for line in self._lines.values():
            if line.trade is not None:
                self._catch_up(line, int(line.rows.rows_until[last]))

    def _pass_by(self, first: int, step: int) -> None:
        """Do what the candles ``[first, step)`` would have done."""
        if first >= step:
            return
        self._captures.passed_by(first, step)
        for pair, line in self._lines.items():
            until = int(line.rows.rows_until[step - 1])
            if line.trade is not None:
                self._catch_up(line, until)
            elif self._skips_full:
                self._bt.rejected_trades += line.rows.entries_between(first, step)
            if until != line.told:
                self._tell(pair, line, until)
        self._bt.dataprovider._set_dataframe_max_date(  # noqa: SLF001 - as Freqtrade does
            self._grid.time(step - 1)
        )

    def _tell(self, pair: str, line: Line, until: int) -> None:
        """Let the data provider show the first ``until`` rows of a pair, and those before them."""
        line.told = until
        self._bt.dataprovider._set_dataframe_max_index(  # noqa: SLF001 - as Freqtrade does
            pair, self._bt.required_startup + until
        )

    def _catch_up(self, line: Line, until: int) -> None:
        """Bring the extremes and the funding of an open trade up to a row, itself excluded."""
        first, trade, rows = line.next_row, line.trade, line.rows
        if trade is None or until <= first:
            return
        highest, lowest = extremes(first, until, rows.high, rows.low)
        trade.adjust_min_max_rates(highest, lowest)
        line.next_row = until
        if not self._has_funding:
            return
        booked = int(rows.funding_rows[until - 1])
        if booked >= first and line.booked != rows.stamps[booked]:
            line.booked = int(rows.stamps[booked])
            moment = self._grid.time(int(rows.steps[booked]))
            self._bt._run_funding_fees(trade, moment)  # noqa: SLF001 - as Freqtrade does

    def _visit(self, step: int) -> None:
        """Do one candle as Freqtrade does, leaving out pairs for which it changes nothing."""
        bt, now = self._bt, self._grid.time(step)
        self.visits += 1
        bt.check_abort()
        loop = self._strategy.bot_loop_start
        if not is_freqtrades(loop, "bot_loop_start"):
            strategy_safe_wrapper(loop, supress_error=True)(current_time=now)
        self._captures.stake(step)
        rests, closes, visited = None, closes_something(self._strategy), set()
        closed, is_last = len(LocalTrade.bt_trades), step == self._grid.steps - 1
        for pair, line in self._in_order():
            row = int(line.rows.row_of[step])
            if row < 0:
                continue
            self._tell(pair, line, row + 1)
            self._captures.coin(line.rows, row, step)
            if rests is None:
                bt.dataprovider._set_dataframe_max_date(now)  # noqa: SLF001 - as Freqtrade does
                rests = not (closes or is_last) and self._rests(line, row, step, now)
            if rests:
                if line.trade is not None:
                    self._catch_up(line, row + 1)
                    self._wake_at(line)
                continue
            if self._is_idle(line, row, step, now, closes=closes, is_last=is_last):
                continue
            self._visit_pair(line, row, now, is_last=is_last)
            visited.add(pair)
        acts = self._exits.closed(LocalTrade.bt_trades[closed:], step)
        self._look_ahead(visited, again=acts)

    def _rests(self, first: Line, row: int, step: int, now: datetime) -> bool:
        """Return whether only a strategy of ours might act, and surely does not; `first` begins."""
        if self._everything or first.trade is None:
            return False
        enters = acts = False
        for line in self._lines.values():
            if line.trade is None:
                enters = enters or line.next_entry(step) == step
            elif line.wake <= step:
                acts = True
                if not line.acts:
                    return False
        if not acts or (enters and (PairLocks.locks or not self._has_slot())):
            return False
        self._catch_up(first, row + 1)
        return self._exits.rests(now, with_entries=enters)

    def _is_idle(
        self, line: Line, row: int, step: int, now: datetime, *, closes: bool, is_last: bool
    ) -> bool:
        """Return whether a candle changes nothing of a pair, whose trade is caught up then."""
        if line.trade is None:
            if line.next_entry(step) != step:
                return True
            direction = line.rows.direction(row)
            if is_last or direction is None or PairLocks.locks or not self._has_slot():
                return False
            return not self._exits.wants_entry(line.rows.pair, direction, now)
        if closes or (line.wake <= step and not line.acts):
            return False
        self._catch_up(line, row + 1)
        if line.wake > step:
            return True
        if self._exits.wants_change(line.trade, now, float(line.rows.open[row])):
            line.next_row = row
            return False
        self._wake_at(line)
        return True

    def _wake_at(self, line: Line) -> None:
        """Set the step on which an open trade matters next."""
        rows = line.rows
        acts = self._exits.acting_row(rows, line.next_row)
        row = min(acts, line.level_row)
        line.acts = acts < line.level_row
        line.wake = int(rows.steps[row]) if row < len(rows) else NEVER

    def _has_slot(self) -> bool:
        most = self._strategy.max_open_trades
        return most <= 0 or LocalTrade.bt_open_open_trade_count < most

    def _in_order(self) -> Iterator[tuple[str, Line]]:
        """Yield the pairs with open trades, in the order of their opening, then the others."""
        lines = self._lines
        opened = [trade.pair for trade in LocalTrade.bt_trades_open]
        if not opened:
            yield from list(lines.items())
            return
        for pair in dict.fromkeys([*opened, *lines]):
            yield pair, lines[pair]

    def _visit_pair(self, line: Line, row: int, now: datetime, *, is_last: bool) -> None:
        """Run Freqtrade's loop for one pair on one candle."""
        bt, rows, trade = self._bt, line.rows, line.trade
        if trade is not None:
            self._catch_up(line, row)
        orders = 0 if trade is None else len(trade.orders)
        candle, direction = rows.at(row), rows.direction(row)
        for _ in (0, 1):
            left = bt.backtest_loop(candle, rows.pair, now, direction, not is_last)
            reverses = bt._can_short and direction is not None  # noqa: SLF001 - as it does
            if not reverses or not left or left == direction:
                break
        line.next_row = row + 1
        held = LocalTrade.bt_trades_open_pp[rows.pair]
        if held and not self._is_cross:
            counted(held[0])
        if not held or held[0] is not trade or len(trade.orders) != orders:
            line.booked = None
        elif int(rows.funding_rows[row]) == row:
            line.booked = int(rows.stamps[row])

    def _look_ahead(self, visited: set[str], *, again: bool) -> None:
        """Work out when each open trade matters next, where what that rests on has changed."""
        exits = self._exits
        every = self._everything or closes_something(self._strategy)
        again = exits.settings.has_changed() or again or self._is_cross
        for pair, line in self._lines.items():
            held = LocalTrade.bt_trades_open_pp[pair]
            if not held:
                line.trade = None
                continue
            trade = line.trade = held[0]
            key = line.key_of(trade)
            if every:
                line.level_row = line.next_row
            elif again or pair in visited or key != line.key:
                line.level_row = exits.waking_row(trade, line.rows, line.next_row)
            else:
                continue
            line.key = () if every else key
            self._wake_at(line)

    def _next(self, step: int) -> int:
        """Return the next step on which anything may happen; the last one is always visited."""
        last = self._grid.steps - 1
        if step >= last:
            return NEVER
        if self._everything:
            return step + 1
        nearest, self._skips_full = last, self._is_full()
        for line in self._lines.values():
            if line.trade is not None:
                nearest = min(nearest, line.wake)
            elif not self._skips_full:
                nearest = min(nearest, line.next_entry(step + 1))
        if nearest > step + 1:
            rest, trades = rest_of(self._strategy), LocalTrade.bt_trades_open
            seen = trades, self._lines, self._grid, step
            nearest = min(nearest, guards_wake(rest, *seen, has_funding=self._has_funding))
        return max(nearest, step + 1)

    def _is_full(self) -> bool:
        """Return whether an entry could only be counted as one that has no slot."""
        bt = self._bt
        collates = bt.config.get("export", "none") == "signals"
        return (
            not self._has_slot()
            and not PairLocks.locks
            and not (collates and bt._is_backtest_runmode)  # noqa: SLF001 - nowhere else to read
        )
