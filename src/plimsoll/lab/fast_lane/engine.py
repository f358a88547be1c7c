"""The door of the fast lane: what Freqtrade's own backtest would answer, sooner."""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.enums import RunMode
from freqtrade.optimize.optimize_reports.optimize_reports import convert_bt_wallet_collection
from freqtrade.persistence import PairLocks

from plimsoll.lab.fast_lane.asking import Questions
from plimsoll.lab.fast_lane.loop import ASK_ENTRY, ASK_LOOK, DONE, FULL, GAVE_UP, run
from plimsoll.lab.fast_lane.market import Packed, pack
from plimsoll.lab.fast_lane.memory import Books
from plimsoll.lab.fast_lane.plan import refusal_of
from plimsoll.lab.fast_lane.records import STATE, TRADE
from plimsoll.lab.fast_lane.rule_market import RuleMarket
from plimsoll.lab.fast_lane.sparse import SparseLane
from plimsoll.lab.fast_lane.trades import frame_of

ROOM = 1024
"""Closed trades that there is room for at first; it doubles."""


class FastLane:
    """Stands in for ``Backtesting.backtest`` of one prepared backtest.

    The compiled loop takes what it can honour whole. For the rest Freqtrade's own code runs on the
    candles that matter (`SparseLane`), and where even these cannot be told, on all of them.

    Parameters
    ----------
    backtesting
        A ``freqtrade.optimize.backtesting.Backtesting`` whose strategy is set and has started.
    kept
        What a search's epochs have in common: its candles are taken instead of the signals of
        ``processed``, which stays as it is.

    Attributes
    ----------
    refusal
        What neither can honour: Freqtrade's own loop runs. ``None`` when one of them can.
    slower
        Why the compiled loop is not taken; ``None`` when it is.
    """

    def __init__(self, backtesting: Any, kept: RuleMarket | None = None) -> None:
        self._backtesting, self._kept = backtesting, kept
        self._sparse = SparseLane(backtesting)
        self.slower: str | None = refusal_of(backtesting)
        self.refusal: str | None = None if self.slower is None else self._sparse.refusal
        self._unchanged_usd: float = 0.0

    def backtest(
        self, processed: dict[str, pd.DataFrame], start_date: datetime, end_date: datetime
    ) -> dict[str, Any]:
        """Return what ``Backtesting.backtest`` returns: trades, locks, counts, final balance."""
        if self.slower is None:
            whole = dict(processed)
            answer = self._raced(processed, start_date, end_date)
            if answer is not None:
                return answer
            processed.update(whole)
        return self._sparse.backtest(processed, start_date, end_date)

    def _raced(
        self, processed: dict[str, pd.DataFrame], start_date: datetime, end_date: datetime
    ) -> dict[str, Any] | None:
        """Return the compiled loop's answer; ``None`` where it cannot go on."""
        backtesting = self._backtesting
        backtesting.reset_backtest(backtesting.enable_protections)
        backtesting.wallets.update()
        currency = backtesting.strategy.config["stake_currency"]
        self._unchanged_usd = backtesting.wallets.get_total(currency)
        start_s, end_s = int(start_date.timestamp()), int(end_date.timestamp())
        if self._kept is not None:
            packed = self._kept.pack(start_s, end_s)
        else:
            packed = pack(backtesting, processed, start_s, end_s)
        if isinstance(packed, str):
            self.slower = packed
            return None
        captures = backtesting.config["runmode"] == RunMode.BACKTEST
        books = books_of(packed, captures=captures)
        rules: list[str] = []
        questions = Questions(backtesting, packed, rules)
        asks = bool(packed.market.plan[0]["asks_entry"])
        while (code := run(packed.market, books)) != DONE:
            if code == ASK_LOOK:
                questions.look(books)
            elif code == ASK_ENTRY:
                questions.enter(books)
            elif code == FULL:
                if asks:
                    questions.flush(books)
                books = _with_room(books)
            elif code == GAVE_UP:
                self.slower = "an order that Freqtrade leaves unfilled, or refuses by raising"
                return None
        if asks:
            questions.flush(books)
        return self._answer(packed, books, rules)

    def _answer(self, packed: Packed, books: Books, rules: list[str]) -> dict[str, Any]:
        backtesting, state = self._backtesting, books.state[0]
        closed = books.closed[: state["closed_trades"]]
        currency = backtesting.strategy.config["stake_currency"]
        traded = (
            state["numbers"] > 0
        )  # until then a balance is the config's own number, be it whole
        captured = [
            (
                pd.Timestamp(at, unit="s", tz="UTC").to_pydatetime(),
                currency,
                1,
                total if traded else self._unchanged_usd,
            )
            for at, total in _captured(packed, books)
        ]
        return {
            "results": frame_of(closed, packed, fee=backtesting.fee, rules=rules),
            "config": backtesting.strategy.config,
            "locks": PairLocks.get_all_locks(),
            "rejected_signals": int(state["rejected"]),
            "timedout_entry_orders": 0,
            "timedout_exit_orders": int(state["timed_out_exits"]),
            "canceled_trade_entries": 0,
            "canceled_entry_orders": 0,
            "replaced_entry_orders": 0,
            "final_balance": float(state["balance"]) if traded else self._unchanged_usd,
            "wallet_summary": convert_bt_wallet_collection(captured),
        }


def books_of(packed: Packed, *, captures: bool) -> Books:
    """Return the books of a run that has not begun; with ``captures``, room for each balance."""
    plan, pairs = packed.market.plan[0], len(packed.pairs)
    state = np.zeros(1, STATE)
    state["now_s"] = plan["start_s"]
    steps = max(0, int((plan["end_s"] - plan["start_s"]) // plan["step_s"]) + 1)
    guarded = pairs if plan["guarded"] else 0
    return Books(
        state=state,
        trades=np.zeros(pairs, TRADE),
        closed=np.zeros(ROOM + 2 * pairs, TRADE),
        opened=np.zeros(pairs, "i8"),
        turns=np.zeros(pairs, "i8"),
        next_row=np.zeros(pairs, "i8"),
        seen=np.full(pairs, -1, "i8"),
        closing=np.zeros(pairs, "i8"),
        confirmed_s=np.zeros(ROOM + 10 * pairs if plan["guarded"] else 0, "i8"),
        balances=np.zeros(steps if captures else 0),
        locked_until_s=np.zeros((pairs, 2), "i8"),
        lowest_mark=np.zeros(guarded),
        highest_mark=np.zeros(guarded),
        marked_funding=np.zeros(guarded),
    )


def _with_room(books: Books) -> Books:
    """Return the books with room for twice as many closed trades."""
    return books._replace(closed=np.concatenate([books.closed, np.zeros_like(books.closed)]))


def _captured(packed: Packed, books: Books) -> list[tuple[int, float]]:
    """Return the balance at each candle, without those of nothing, as Freqtrade keeps them."""
    plan = packed.market.plan[0]
    times = plan["start_s"] + np.arange(len(books.balances)) * plan["step_s"]
    pairs = zip(times.tolist(), books.balances.tolist(), strict=True)
    return [(at, total) for at, total in pairs if total]
