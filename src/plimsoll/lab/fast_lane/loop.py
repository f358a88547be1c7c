"""The loop over time and pairs, in the order of Freqtrade's backtest. Compiled.

It stops where Python has to be asked, and goes on from there with the answer.
"""

from math import isnan
from typing import Any

from plimsoll.lab.fast_lane.compiled import compiled, inlined, uncounted
from plimsoll.lab.fast_lane.entries import ENTERED, UNKNOWN, begin, enter
from plimsoll.lab.fast_lane.exits import fill, force, look_at
from plimsoll.lab.fast_lane.memory import Books, Market
from plimsoll.lab.fast_lane.quiet_account import looks_quietly
from plimsoll.lab.fast_lane.quiet_entries import NO, YES, answers
from plimsoll.lab.fast_lane.records import (
    EXIT_LONG_IS_1,
    EXIT_SHORT_IS_1,
    LONG_IS_1,
    SHORT_IS_1,
)
from plimsoll.lab.fast_lane.wallet import balance_usd

DONE, ASK_LOOK, ASK_ENTRY, FULL, GAVE_UP = range(5)
"""Why the loop came back: it is done; a guard looks, or an entry is asked about; there is no room
for another closed trade; or it met what only Freqtrade's own loop can go on from."""

BEGIN, LOOKED, TURN, PASS, ANSWERED, EXITS = range(6)
"""Where the loop goes on."""

NO_DIRECTION, LONG, SHORT = 0, 1, -1


@compiled
def run(market: Market, books: Books) -> int:
    """Play candles until the end, or until Python has to be asked."""
    return _play(market, books)


@uncounted
def _play(market: Market, books: Books) -> int:
    plan, state = market.plan[0], books.state[0]
    while state.now_s <= plan.end_s:
        if state.stage == BEGIN:
            if _is_full(market, books):
                return FULL
            state.stage = LOOKED
            if plan.guarded:
                state.is_calm = _rests(market, books)
                if not state.is_calm:
                    return ASK_LOOK
        if state.stage == LOOKED:
            if books.balances.size > 0:
                turn = (state.now_s - plan.start_s) // plan.step_s
                books.balances[turn] = balance_usd(market, books)
            _line_up(market, books)
            state.stage = TURN
        while state.turn < state.turns:
            if state.stage == TURN:
                number = books.turns[state.turn]
                row = books.next_row[number]
                if not books.trades[number].is_open and row < market.pairs[number].rows:  # noqa: SIM102
                    if books.seen[number] >= 0 and not market.signals[
                        market.pairs[number].first + row
                    ] & (LONG_IS_1 | SHORT_IS_1):
                        # Nearly all candles: nothing is held, and nothing calls.
                        if market.date_s[market.pairs[number].first + row] <= state.now_s:
                            books.next_row[number] = row + 1
                        state.turn += 1
                        continue
            answer = _take_turn(market, books)
            if answer != DONE:
                return answer
        state.now_s += plan.step_s
        state.stage = BEGIN
    _end(market, books)
    state.balance = balance_usd(market, books)
    return DONE


@inlined
def _is_full(market: Market, books: Books) -> bool:
    """Return whether what a candle may add would not fit: each pair can close twice."""
    state, room = books.state[0], 2 * market.pairs.size
    if state.closed_trades + room > books.closed.size:
        return True
    # A trade may have four reasons to leave on each of a pair's two passes, be forced out, and be
    # followed by an entry.
    asked = 6 * room
    return bool(market.plan[0].guarded and state.orders + asked > books.ordered_s.size)


@inlined
def _rests(market: Market, books: Books) -> int:
    """Return 1 when the guards surely have nothing to say of the candle that has closed."""
    plan, state = market.plan[0], books.state[0]
    if books.watch[0].is_on:
        return looks_quietly(market, books)
    if state.now_s >= state.rests_until_s or state.changes != state.rests_changes:
        return 0
    for place in range(state.open_trades):
        number = books.opened[place]
        if books.trades[number].funding != books.marked_funding[number]:
            return 0
        row = market.pairs[number].first + books.next_row[number] - 1
        if books.next_row[number] == 0 or market.date_s[row] != state.now_s - plan.step_s:
            return 0
        if not books.lowest_mark[number] < market.close[row] < books.highest_mark[number]:
            return 0
    return 1


@inlined
def _line_up(market: Market, books: Books) -> None:
    """Put pairs with open trades first, by opening, and the others as the whitelist has them."""
    state, turns = books.state[0], 0
    for place in range(state.open_trades):
        books.turns[turns] = books.opened[place]
        turns += 1
    for number in range(market.pairs.size):
        if not books.trades[number].is_open:
            books.turns[turns] = number
            turns += 1
    state.turn, state.turns = 0, turns


@inlined
def _take_turn(market: Market, books: Books) -> int:
    """Play a pair's candle; return `DONE`, or what has to be asked."""
    plan, state = market.plan[0], books.state[0]
    number = books.turns[state.turn]
    pair, trade = market.pairs[number], books.trades[number]
    if state.stage == TURN:
        row = pair.first + books.next_row[number]
        if books.next_row[number] >= pair.rows or market.date_s[row] > state.now_s:
            state.turn += 1
            return DONE
        books.next_row[number] += 1
        if books.seen[number] < 0:
            books.seen[number] = state.first_seen
            state.first_seen += 1
        state.direction = _direction(market.signals[row], plan.can_short)
        if state.direction == NO_DIRECTION and not trade.is_open:
            state.turn += 1
            return DONE
        state.second_pass, state.stage = 0, PASS
    row = pair.first + books.next_row[number] - 1
    while True:
        if state.stage == PASS:
            answer = _enter_or_ask(market, books, number, row)
            if answer != DONE:
                return answer
        if state.stage == ANSWERED:
            state.stage = EXITS
            if state.answered and begin_answered(market, books, number, row) != ENTERED:
                return GAVE_UP
        if trade.is_open:
            look_at(market, books, number, row, state.now_s)
            if trade.has_order:
                fill(market, books, number, row, state.now_s)
        if not _turns_round(plan, state, trade):
            break
        state.second_pass, state.stage = 1, PASS
    state.turn += 1
    state.stage = TURN
    return DONE


@inlined
def _turns_round(plan: Any, state: Any, trade: Any) -> bool:
    """Return whether the pair is played once more: what was held closed, the other side calls."""
    if not plan.can_short or state.direction == NO_DIRECTION or state.second_pass:
        return False
    return bool(
        state.held_side != NO_DIRECTION and not trade.is_open and state.held_side != state.direction
    )


@inlined
def _direction(signals: int, can_short: int) -> int:
    """Return on which side a candle calls for an entry."""
    long, short = (signals & LONG_IS_1) != 0, can_short and (signals & SHORT_IS_1) != 0
    left_long = (signals & EXIT_LONG_IS_1) != 0
    left_short = can_short and (signals & EXIT_SHORT_IS_1) != 0
    if long and not left_long and not short:
        return LONG
    if short and not left_short and not long:
        return SHORT
    return NO_DIRECTION


@inlined
def _enter_or_ask(market: Market, books: Books, number: int, row: int) -> int:
    """Manage a resting exit, then enter where a slot is free; return what has to be asked."""
    plan, state, trade = market.plan[0], books.state[0], books.trades[number]
    state.held_side = NO_DIRECTION
    state.stage = EXITS
    if trade.is_open:
        state.held_side = SHORT if trade.is_short else LONG
        if trade.has_order and books.closing[number] != 0:
            return GAVE_UP  # a guard may cancel it
        if trade.has_order and not isnan(plan.exit_timeout_s):  # noqa: SIM102
            if trade.order_s <= state.now_s - plan.exit_timeout_s:
                state.timed_out_exits += 1
                trade.has_order = 0
        return DONE
    if state.direction == NO_DIRECTION or state.now_s == plan.end_s:
        return DONE
    side = 0 if state.direction == LONG else 1
    if market.date_s[row] < books.locked_until_s[number, side]:
        return DONE
    if not (plan.max_open_trades <= 0 or state.open_trades < plan.max_open_trades):
        state.rejected += 1
        return DONE
    if plan.asks_entry:
        if books.watch[0].is_on and books.watch[0].is_sure:
            answer = answers(market, books, number, row, side)
            if answer == NO:
                return DONE
            if answer == YES:
                state.stage, state.answered = ANSWERED, 1
                return DONE
        state.stage, state.answered = ANSWERED, 0
        return ASK_ENTRY
    return GAVE_UP if enter(market, books, number, row, side) == UNKNOWN else DONE


@uncounted
def begin_answered(market: Market, books: Books, number: int, row: int) -> int:
    """Book the trade that was answered."""
    state = books.state[0]
    return begin(
        market,
        books,
        number,
        row,
        1 if state.direction == SHORT else 0,
        state.answer_rate,
        state.answer_amount,
        state.answer_leverage,
    )


@uncounted
def _end(market: Market, books: Books) -> None:
    """Close what is left, pair for pair as they were first met."""
    state = books.state[0]
    for rank in range(state.first_seen):
        for number in range(market.pairs.size):
            if books.seen[number] == rank and books.trades[number].is_open:
                force(market, books, number)
