"""What the loop asks Python: the guards at a candle's beginning, and about an entry.

The guards and a strategy's own callbacks read Freqtrade's lists of trades. So before each
question the trades of the loop are put there, as Freqtrade's own objects.
"""

from datetime import UTC
from typing import Any

import numpy as np
from freqtrade.exchange import amount_to_contract_precision
from freqtrade.persistence import LocalTrade, PairLocks
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

from plimsoll.bridge.guarding.backtest_session import FOR_EVER, BacktestSession
from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.lab.fast_lane.lane_trades import LaneTrade, LaneTrades, moment, told_of
from plimsoll.lab.fast_lane.market import Packed
from plimsoll.lab.fast_lane.memory import Books
from plimsoll.lab.fast_lane.records import (
    EXIT_LONG_IS_1,
    EXIT_SHORT_IS_1,
    LONG_IS_1,
    SHORT_IS_1,
)
from plimsoll.lab.fast_lane.trades import Words
from plimsoll.lab.fast_lane.watching import Watching

FAR_S = np.iinfo("i8").max
SIDES = ("long", "short")
NO_PRECISION = None, 0
"""Of a price of the strategy's own, which the lane does not ask for."""


class Questions:
    """Answers the questions of one run."""

    def __init__(self, backtesting: Any, packed: Packed, rules: list[str]) -> None:
        self._backtesting, self._packed, self._rules = backtesting, packed, rules
        self._words, self._trades = Words(packed, rules), LaneTrades(backtesting, packed, rules)
        self._open: dict[int, LaneTrade] = {}
        guard = guard_of(backtesting.strategy)
        session = None if guard is None else guard.session
        self._session = session if isinstance(session, BacktestSession) else None
        self._watching = Watching(backtesting, packed, self._session)
        self._looked_s = -1
        self._seen_changes = -1
        self._locks = -1

    def look(self, books: Books) -> None:
        """Let the guards look at the account before a candle is played."""
        now_s = int(books.state[0]["now_s"])
        self._looked_s = now_s
        self._watching.take_back(books)
        self.show(books)
        loop = self._backtesting.strategy.bot_loop_start
        strategy_safe_wrapper(loop, supress_error=True)(current_time=moment(now_s))
        self._take(books)

    def enter(self, books: Books) -> None:
        """Ask about an entry: leverage, stake and confirmation, as Freqtrade asks."""
        state, backtesting = books.state[0], self._backtesting
        now_s = int(state["now_s"])
        number = int(books.turns[state["turn"]])
        self._watching.take_back(books)
        if state["is_calm"] and self._looked_s != now_s and self._session is not None:
            self._looked_s = now_s
            self._session.rested(moment(now_s))
        self.show(books)
        pair = self._packed.pairs[number]
        row_in_pair = int(books.next_row[number])
        provider = backtesting.dataprovider
        provider._set_dataframe_max_index(  # noqa: SLF001 - as Freqtrade's loop does
            pair, backtesting.required_startup + row_in_pair
        )
        provider._set_dataframe_max_date(moment(now_s))  # noqa: SLF001
        backtesting.wallets.update()
        answer = self._asked(number, row_in_pair - 1, SIDES[0 if state["direction"] > 0 else 1])
        state["answered"] = answer is not None
        if answer is not None:
            state["answer_rate"], state["answer_amount"], state["answer_leverage"] = answer
        self._watching.take_orders(books)
        self._take(books)

    def _asked(self, number: int, row: int, side: str) -> tuple[float, float, float] | None:
        """Return price, amount and leverage of an entry; ``None`` when there is none."""
        backtesting, pair = self._backtesting, self._packed.pairs[number]
        candle = self._row(number, row)
        strategy, exchange = backtesting.strategy, backtesting.exchange
        now, tag = candle[0], candle[9]
        order_type = strategy.order_types["entry"]
        rate, stake, leverage, least = backtesting.get_valid_entry_price_and_stake(
            pair,
            candle,
            candle[1],
            0.0,
            side,
            now,
            tag,
            None,
            order_type,
            *NO_PRECISION,
        )
        if not stake or not (not least or stake >= least):
            return None
        amount = amount_to_contract_precision(
            (stake / rate) * leverage,
            exchange.get_precision_amount(pair),
            backtesting.precision_mode,
            exchange.get_contract_size(pair),
        )
        if not amount:
            return None
        confirmed = strategy_safe_wrapper(strategy.confirm_trade_entry, default_retval=True)(
            pair=pair,
            order_type=order_type,
            amount=amount,
            rate=rate,
            time_in_force=strategy.order_time_in_force["entry"],
            current_time=now,
            entry_tag=tag,
            side=side,
        )
        return (rate, amount, leverage) if confirmed else None

    def _row(self, number: int, row: int) -> tuple[Any, ...]:
        """Return a candle as a row of Freqtrade's loop."""
        market = self._packed.market
        at = int(market.pairs[number]["first"]) + row
        bits = int(market.signals[at])
        signals = [
            1 if bits & bit else 0
            for bit in (LONG_IS_1, EXIT_LONG_IS_1, SHORT_IS_1, EXIT_SHORT_IS_1)
        ]
        prices = [
            float(column[at]) for column in (market.open, market.high, market.low, market.close)
        ]
        tags = [self._words.tag(int(column[at])) for column in (market.enter_tag, market.exit_tag)]
        return (moment(int(market.date_s[at])), *prices, *signals, *tags)

    def show(self, books: Books) -> None:
        """Put the trades of the loop where Freqtrade keeps its own."""
        state = books.state[0]
        if state["changes"] != self._seen_changes:
            self._seen_changes = int(state["changes"])
            self._show_closed(books)
            self._show_open(books)
        for number, trade in self._open.items():
            for told in told_of(books.trades[number : number + 1]):
                self._trades.refresh(trade, told)

    def _show_closed(self, books: Books) -> None:
        new = books.closed[len(LocalTrade.bt_trades) : books.state[0]["closed_trades"]]
        for told in told_of(new):
            trade = self._open.pop(told["pair"], None)
            if trade is None or trade.id != told["number"]:
                trade = self._trades.made(told)
            self._trades.close(trade, told)
            LocalTrade.bt_trades.append(trade)

    def _show_open(self, books: Books) -> None:
        state = books.state[0]
        listed = []
        for number in books.opened[: state["open_trades"]].tolist():
            trade = self._open.get(number)
            if trade is None or trade.id != books.trades[number]["number"]:
                [told] = told_of(books.trades[number : number + 1])
                trade = self._open[number] = self._trades.made(told)
            listed.append(trade)
        LocalTrade.bt_trades_open = listed
        LocalTrade.bt_trades_open_pp.clear()
        for trade in listed:
            LocalTrade.bt_trades_open_pp[trade.pair].append(trade)
        LocalTrade.bt_open_open_trade_count = len(listed)
        LocalTrade.bt_total_profit = float(state["total_profit"])

    def flush(self, books: Books) -> None:
        """Let the guards know what has gathered since the last question."""
        self._watching.take_back(books)
        self._watching.make_room(books)

    def give_up(self) -> None:
        """Let the guards forget the run."""
        if self._session is not None:
            self._session.start_over()

    def _take(self, books: Books) -> None:
        """Take from Python what the loop goes by: locks, what is to be closed, when to look."""
        self._take_locks(books)
        session = self._session
        if session is None or not books.lowest_mark.size:
            return
        now = moment(int(books.state[0]["now_s"]))
        for number, pair in enumerate(self._packed.pairs if session.closes_something else ()):
            rule = session.exit_rule(pair, now)
            books.closing[number] = 0 if rule is None else self._number_of(rule)
        if not session.closes_something:
            books.closing[:] = 0
        self._watching.hand_over(books)
        if not books.watch[0]["is_on"]:
            self._take_bounds(books, session)

    def _take_bounds(self, books: Books, session: Any) -> None:
        state, bounds = books.state[0], session.rest()
        state["rests_until_s"] = 0
        if bounds is None:
            return
        opened = books.opened[: state["open_trades"]]
        if bounds.marks is None:
            books.lowest_mark[:], books.highest_mark[:] = -np.inf, np.inf
            books.marked_funding[:] = books.trades["funding"]
        elif len(bounds.marks) != len(opened):
            return
        else:
            for number, (lowest, highest, funding) in zip(
                opened.tolist(), bounds.marks, strict=True
            ):
                books.lowest_mark[number], books.highest_mark[number] = lowest, highest
                books.marked_funding[number] = funding
        state["rests_changes"] = state["changes"]
        state["rests_until_s"] = (
            FAR_S if bounds.until >= FOR_EVER else int(bounds.until.timestamp())
        )

    def _take_locks(self, books: Books) -> None:
        locks = [lock for lock in PairLocks.get_all_locks() if lock.active]
        if not locks and self._locks == 0:
            return
        self._locks = len(locks)
        books.locked_until_s[:] = 0
        for lock in locks:
            end = int(np.ceil(lock.lock_end_time.replace(tzinfo=UTC).timestamp()))
            for column, side in enumerate(SIDES):
                if lock.side not in ("*", side):
                    continue
                for number, pair in enumerate(self._packed.pairs):
                    if lock.pair in ("*", pair):
                        held = books.locked_until_s[number, column]
                        books.locked_until_s[number, column] = max(held, end)

    def _number_of(self, rule: str) -> int:
        if rule not in self._rules:
            self._rules.append(rule)
        return self._rules.index(rule) + 1
