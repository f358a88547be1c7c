"""The exchange's books against the bot's: every kind of break, its age, and whose it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plimsoll.checks import accounts as made_up
from plimsoll.core import Mode
from plimsoll.core.books import (
    BotBooks,
    BotTrade,
    Break,
    BreakKind,
    ExchangeBooks,
    ExchangeOrder,
    ExchangePosition,
    Transfer,
)
from plimsoll.core.side import Side
from plimsoll.risk import RiskProfile
from plimsoll.risk.guards.reconciliation import reconciliation
from plimsoll.risk.reconciliation import (
    breaks,
    missed,
    unexplained_amount,
    unexplained_money_usd,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
PREFIX = "plimsoll-7f3a-"
PROFILE = RiskProfile()
NAN = float("nan")


def held(pair: str = BTC, amount: float = 0.034, **changes: Any) -> ExchangePosition:
    values = {"side": Side.LONG, "entry_price": 50_000.0, "mark_price": 50_000.0, "cross": False}
    return ExchangePosition(**{"pair": pair, "amount": amount, **values, **changes})


def stop(pair: str = BTC, amount: float = 0.034, **changes: Any) -> ExchangeOrder:
    values = {
        "id": f"stop-{pair}",
        "side": Side.SHORT,
        "price": 49_000.0,
        "client_id": f"{PREFIX}stop",
        "conditional": True,
        "reduce_only": True,
    }
    return ExchangeOrder(**{"pair": pair, "amount": amount, **values, **changes})


def order(**changes: Any) -> ExchangeOrder:
    values = {
        "id": "entry",
        "pair": BTC,
        "side": Side.LONG,
        "amount": 0.045,
        "price": 50_000.0,
        "client_id": f"{PREFIX}entry",
        "placed_at": NOON - timedelta(minutes=10),
    }
    return ExchangeOrder(**{**values, **changes})


def trade(**changes: Any) -> BotTrade:
    values = {"pair": BTC, "side": Side.LONG, "amount": 0.034, "price": 50_000.0}
    return BotTrade(**{**values, "stop_expected": True, **changes})


def exchange(**changes: Any) -> ExchangeBooks:
    """10,000 USD, one long of 0.034 BTC with its stop."""
    values = {
        "as_of": NOON,
        "positions": (held(),),
        "orders": (stop(),),
        "wallet_usd": 10_000.0,
        "margin_usd": 566.0,
        "transfers": (),
        "hedge_mode": False,
        "steps": {BTC: 0.001, ETH: 0.001},
    }
    return ExchangeBooks(**{**values, **changes})


def bot(**changes: Any) -> BotBooks:
    values = {
        "trades": (trade(),),
        "order_ids": frozenset({f"stop-{BTC}"}),
        "prefix": PREFIX,
        "earned_usd": 0.0,
        "capital_usd": 10_000.0,
        "capital_at": NOON - timedelta(days=1),
    }
    return BotBooks(**{**values, **changes})


def only(seen: tuple[Break, ...]) -> Break:
    assert len(seen) == 1, [one.text for one in seen]
    return seen[0]


def kinds(seen: tuple[Break, ...]) -> list[BreakKind]:
    return [one.kind for one in seen]


def test_books_that_agree_have_no_break() -> None:
    assert breaks(exchange(), bot(), PROFILE) == ()
    empty = exchange(positions=(), orders=(), margin_usd=0.0)
    assert breaks(empty, bot(trades=()), PROFILE) == ()


def test_a_report_without_positions_contradicts_the_margin_beside_its_stops() -> None:
    """Every account with stops on the exchange has orders: they made such a report pass as flat."""
    seen = only(breaks(exchange(positions=()), bot(), PROFILE))
    assert seen.kind is BreakKind.UNREADABLE_BOOKS
    assert "566.00 USD of margin in use" in seen.text
    flat = breaks(exchange(positions=(), margin_usd=0.0), bot(), PROFILE)
    assert BreakKind.MISSING_POSITION in kinds(flat)


# Positions


def test_a_position_that_no_trade_explains_is_a_break_of_its_value() -> None:
    seen = only(breaks(exchange(orders=()), bot(trades=()), PROFILE))
    assert (seen.kind, seen.pair) == (BreakKind.UNEXPLAINED_POSITION, BTC)
    assert (seen.exchange, seen.database) == (0.034, 0.0)
    assert seen.size_usd == pytest.approx(1700)
    assert not seen.ours
    assert "holds 0.034 long of BTC/USDT:USDT, which no trade of the bot explains" in seen.text


def test_a_position_outside_the_pairs_of_the_bot_counts_as_well() -> None:
    books = exchange(positions=(held(), held(ETH, 1.0, side=Side.SHORT)))
    seen = only(breaks(books, bot(), PROFILE))
    assert (seen.kind, seen.pair, seen.exchange) == (BreakKind.UNEXPLAINED_POSITION, ETH, -1.0)


@pytest.mark.parametrize(("amount", "is_break"), [(0.0348, False), (0.035, True), (0.033, True)])
def test_less_than_a_step_of_the_contract_is_no_difference(amount: float, is_break: bool) -> None:
    seen = breaks(exchange(positions=(held(amount=amount),)), bot(), PROFILE)
    assert (BreakKind.WRONG_SIZE in kinds(seen)) is is_break


def test_more_than_the_trade_knows_is_a_wrong_size_of_what_is_beyond() -> None:
    seen = only(breaks(exchange(positions=(held(amount=0.079),)), bot(), PROFILE))
    assert (seen.kind, seen.exchange, seen.database) == (BreakKind.WRONG_SIZE, 0.079, 0.034)
    assert seen.size_usd == pytest.approx(0.045 * 50_000)


def test_the_other_side_of_the_trade_is_a_wrong_side() -> None:
    books = exchange(positions=(held(side=Side.SHORT),), orders=(stop(side=Side.LONG),))
    seen = only(breaks(books, bot(), PROFILE))
    assert (seen.kind, seen.size_usd) == (BreakKind.WRONG_SIDE, pytest.approx(0.068 * 50_000))


def test_a_trade_without_its_position_is_missing_not_flat() -> None:
    books = exchange(positions=(), orders=(), margin_usd=0.0)
    seen = only(breaks(books, bot(), PROFILE))
    assert (seen.kind, seen.database, seen.exchange) == (BreakKind.MISSING_POSITION, 0.034, 0.0)
    assert seen.size_usd == pytest.approx(1700)


@pytest.mark.parametrize(
    ("amount", "changes"),
    [
        (0.079, {"entering": 0.045}),
        (0.05, {"entering": 0.045}),
        (0.01, {"leaving": 0.034, "stop_expected": False}),
    ],
)
def test_open_orders_of_the_trade_explain_what_they_may_fill(
    amount: float, changes: dict[str, Any]
) -> None:
    books = exchange(positions=(held(amount=amount),))
    assert breaks(books, bot(trades=(trade(**changes),)), PROFILE) == ()


def test_an_exit_order_never_explains_the_other_side() -> None:
    books = exchange(positions=(held(amount=0.01, side=Side.SHORT),), orders=())
    selling = trade(leaving=0.068, stop_expected=False)
    assert kinds(breaks(books, bot(trades=(selling,)), PROFILE)) == [BreakKind.WRONG_SIDE]


@pytest.mark.parametrize("side", list(Side))
def test_what_is_unexplained_has_the_sign_of_the_side(side: Side) -> None:
    books = exchange(positions=(held(amount=0.079, side=side),))
    mine = bot(trades=(trade(side=side),))
    assert unexplained_amount(BTC, books, mine) == pytest.approx(0.045 * side.sign)


def test_an_amount_that_is_no_number_is_a_break() -> None:
    seen = breaks(exchange(positions=(held(amount=NAN),)), bot(), PROFILE)
    assert BreakKind.WRONG_SIZE in kinds(seen)


# Whose it is


def test_what_orders_of_ours_explain_that_no_trade_knows_is_ours() -> None:
    books = exchange(positions=(held(amount=0.079),), done=(order(filled=0.045),))
    assert only(breaks(books, bot(), PROFILE)).ours


@pytest.mark.parametrize(
    "done",
    [
        (),
        (order(filled=0.045, client_id="web_1"),),
        (order(filled=0.045, client_id=None),),
        (order(filled=0.020),),
        (order(filled=0.045, placed_at=None),),
        (order(filled=0.045), order(id="web", client_id="web_1", filled=0.045, placed_at=NOON)),
    ],
)
def test_what_leaves_a_doubt_is_not_ours(done: tuple[ExchangeOrder, ...]) -> None:
    books = exchange(positions=(held(amount=0.079),), done=done)
    assert not only(breaks(books, bot(), PROFILE)).ours


def test_orders_that_the_database_knows_explain_nothing_beyond_it() -> None:
    books = exchange(positions=(held(amount=0.079),), done=(order(filled=0.045),))
    knows = bot(order_ids=frozenset({"entry", f"stop-{BTC}"}))
    assert not only(breaks(books, knows, PROFILE)).ours


# Stops and orders


def test_an_exit_of_ours_explains_no_position_of_the_other_side() -> None:
    """A short that somebody has held for weeks was taken for the bot's, and closed."""
    exits = order(side=Side.SHORT, amount=0.045, filled=0.045, reduce_only=True)
    books = exchange(positions=(held(amount=0.045, side=Side.SHORT),), orders=(), done=(exits,))
    assert not only(breaks(books, bot(trades=()), PROFILE)).ours
    opens = replace(exits, reduce_only=False)
    assert only(breaks(replace(books, done=(opens,)), bot(trades=()), PROFILE)).ours


def test_a_position_of_ours_without_its_stop_is_a_break_of_the_whole_position() -> None:
    seen = only(breaks(exchange(orders=()), bot(), PROFILE))
    assert (seen.kind, seen.size_usd) == (BreakKind.MISSING_STOP, pytest.approx(1700))


@pytest.mark.parametrize(
    ("standing", "covered"),
    [
        (stop(side=Side.LONG), False),
        (stop(conditional=False), False),
        (stop(pair=ETH, id="stop-other"), False),
        (stop(amount=0.02), False),
        (stop(amount=0.0), True),
        (stop(amount=0.1), True),
    ],
)
def test_a_stop_covers_its_position_by_pair_side_and_amount(
    standing: ExchangeOrder, covered: bool
) -> None:
    seen = breaks(exchange(orders=(standing,)), bot(), PROFILE)
    assert (BreakKind.MISSING_STOP in kinds(seen)) is not covered


def test_no_stop_is_missing_where_none_is_expected() -> None:
    mine = bot(trades=(trade(stop_expected=False),))
    assert breaks(exchange(orders=()), mine, PROFILE) == ()


@pytest.mark.parametrize("known", [frozenset({f"stop-{BTC}"}), frozenset()])
def test_a_stop_of_ours_without_position_is_named_once(known: frozenset[str]) -> None:
    books = exchange(positions=(), margin_usd=0.0)
    seen = only(breaks(books, bot(trades=(), order_ids=known), PROFILE))
    assert (seen.kind, seen.order, seen.ours) == (
        BreakKind.STOP_WITHOUT_POSITION,
        f"stop-{BTC}",
        True,
    )
    assert seen.size_usd == 0  # it only reduces


def test_an_open_order_of_ours_that_no_trade_knows_is_ours() -> None:
    seen = only(breaks(exchange(orders=(stop(), order())), bot(), PROFILE))
    assert (seen.kind, seen.order, seen.ours) == (BreakKind.UNKNOWN_ORDER, "entry", True)
    assert seen.size_usd == pytest.approx(2250)


@pytest.mark.parametrize("name", ["web_1", None])
def test_an_order_of_somebody_else_is_foreign(name: str | None) -> None:
    seen = only(breaks(exchange(orders=(stop(), order(client_id=name))), bot(), PROFILE))
    assert (seen.kind, seen.ours) == (BreakKind.FOREIGN_ORDER, False)


def test_an_exchange_without_names_knows_its_orders_by_the_database() -> None:
    nameless = bot(prefix=None, order_ids=frozenset({f"stop-{BTC}", "entry"}))
    assert breaks(exchange(orders=(stop(), order())), nameless, PROFILE) == ()


# The account


def test_hedge_mode_and_cross_margin_are_breaks_of_unknown_size() -> None:
    books = exchange(hedge_mode=True, positions=(held(cross=True),))
    seen = breaks(books, bot(), PROFILE)
    assert kinds(seen) == [BreakKind.HEDGE_MODE, BreakKind.CROSS_MARGIN]
    assert [one.size_usd for one in seen] == [None, None]
    assert not any(one.settling for one in seen)


def test_cross_margin_that_the_config_wants_is_none() -> None:
    assert breaks(exchange(positions=(held(cross=True),)), bot(isolated=False), PROFILE) == ()


@pytest.mark.parametrize(
    ("wallet", "earned", "moved", "unexplained"),
    [
        (10_000.0, 0.0, 0.0, 0.0),
        (9_500.0, -500.0, 0.0, 0.0),
        (7_000.0, 0.0, -3_000.0, 0.0),
        (7_000.0, 0.0, 0.0, -3_000.0),
        (12_000.0, 0.0, 0.0, 2_000.0),
        (6_500.0, -500.0, -2_000.0, -1_000.0),
    ],
)
def test_money_is_explained_by_trades_and_by_transfers_on_record(
    wallet: float, earned: float, moved: float, unexplained: float
) -> None:
    record = (Transfer(id="1", at=NOON - timedelta(hours=1), amount_usd=moved),)
    books, mine = exchange(wallet_usd=wallet, transfers=record), bot(earned_usd=earned)
    assert unexplained_money_usd(books, mine) == pytest.approx(unexplained)
    seen = breaks(books, mine, PROFILE)
    assert kinds(seen) == ([BreakKind.MONEY] if unexplained else [])
    assert [one.size_usd for one in seen] == ([abs(unexplained)] if unexplained else [])


def test_a_transfer_that_was_counted_before_explains_nothing_again() -> None:
    old = Transfer(id="1", at=NOON - timedelta(days=2), amount_usd=-3_000.0)
    seen = breaks(exchange(wallet_usd=7_000.0, transfers=(old,)), bot(), PROFILE)
    assert kinds(seen) == [BreakKind.MONEY]


@pytest.mark.parametrize(("wallet", "is_break"), [(9_950.0, False), (9_949.0, True), (NAN, True)])
def test_what_fees_and_rounding_explain_is_no_break(wallet: float, is_break: bool) -> None:
    assert bool(breaks(exchange(wallet_usd=wallet), bot(), PROFILE)) is is_break


def test_without_a_record_of_transfers_a_balance_alone_explains_nothing() -> None:
    seen = only(breaks(exchange(wallet_usd=7_000.0, transfers=None), bot(), PROFILE))
    assert "record of transfers cannot be read" in seen.text


def test_capital_that_nobody_has_accepted_yet_is_not_compared() -> None:
    mine = bot(capital_usd=None, capital_at=None)
    assert breaks(exchange(wallet_usd=7_000.0), mine, PROFILE) == ()


# What cannot be read


def test_books_that_cannot_be_read_keep_what_was_there() -> None:
    old = breaks(exchange(orders=()), bot(trades=()), PROFILE)
    blind = ExchangeBooks(as_of=NOON + timedelta(seconds=60), fault="no answer")
    seen = breaks(blind, bot(trades=()), PROFILE, old)
    assert kinds(seen) == [BreakKind.UNEXPLAINED_POSITION, BreakKind.UNREADABLE_BOOKS]
    assert seen[1].size_usd is None
    assert "no answer" in seen[1].text


def test_a_report_without_positions_whose_margin_is_in_use_is_not_believed() -> None:
    books = exchange(positions=(), orders=(), margin_usd=566.0)
    assert kinds(breaks(books, bot(trades=()), PROFILE)) == [BreakKind.UNREADABLE_BOOKS]


def test_a_report_that_is_empty_once_ends_no_break_and_keeps_its_age() -> None:
    full, empty = exchange(orders=()), exchange(positions=(), orders=(), margin_usd=0.0)
    first = breaks(full, bot(trades=()), PROFILE)
    second = breaks(later(empty, 60), bot(trades=()), PROFILE, first)
    assert only(second).unseen
    third = breaks(later(full, 120), bot(trades=()), PROFILE, second)
    assert (only(third).since, only(third).unseen) == (NOON, False)
    again = breaks(later(empty, 180), bot(trades=()), PROFILE, third)
    assert breaks(later(empty, 240), bot(trades=()), PROFILE, again) == ()


def later(books: ExchangeBooks, seconds: float) -> ExchangeBooks:
    return replace(books, as_of=NOON + timedelta(seconds=seconds))


# From one look to the next


def test_a_break_keeps_the_moment_it_was_first_seen() -> None:
    first = breaks(exchange(orders=()), bot(trades=()), PROFILE)
    second = breaks(later(exchange(orders=()), 90), bot(trades=()), PROFILE, first)
    assert only(second).age_seconds(NOON + timedelta(seconds=90)) == 90


def test_a_break_around_an_order_of_the_bot_settles_first_and_is_then_told() -> None:
    sent = bot(trades=(), ordered_at={BTC: NOON})
    first = breaks(exchange(orders=()), sent, PROFILE)
    assert only(first).settling
    second = breaks(later(exchange(orders=()), 31), sent, PROFILE, first)
    assert not only(second).settling


def test_an_order_that_the_bot_has_just_sent_settles_before_its_trade_is_there() -> None:
    """A person's entry over REST is on the exchange before the database has its trade."""
    sent = order(filled=0.034, placed_at=NOON - timedelta(seconds=1))
    assert only(breaks(exchange(orders=(), done=(sent,)), bot(trades=()), PROFILE)).settling
    old = replace(sent, placed_at=NOON - timedelta(seconds=31))
    seen = only(breaks(exchange(orders=(), done=(old,)), bot(trades=()), PROFILE))
    assert (seen.ours, seen.settling) == (True, False)


def test_a_break_that_no_order_of_the_bot_can_explain_is_told_at_once() -> None:
    old = bot(trades=(), ordered_at={BTC: NOON - timedelta(minutes=1), ETH: NOON})
    seen = breaks(exchange(orders=()), old, PROFILE)
    assert not only(seen).settling


def test_a_missing_stop_gets_the_time_that_freqtrade_needs_to_set_it() -> None:
    first = breaks(exchange(orders=()), bot(), PROFILE)
    assert only(first).settling
    assert not only(breaks(later(exchange(orders=()), 31), bot(), PROFILE, first)).settling


def test_what_settled_in_time_leaves_no_trace() -> None:
    first = breaks(exchange(orders=()), bot(), PROFILE)
    second = breaks(later(exchange(), 5), bot(), PROFILE, first)
    assert second == ()


def flapping(*there: bool, every: float = 10.0) -> list[tuple[Break, ...]]:
    """The breaks of each look at a position that is reported by some of them only."""
    gone = exchange(positions=(), orders=(), margin_usd=0.0)
    before: tuple[Break, ...] = ()
    looks = []
    for number, is_there in enumerate(there):
        books = exchange() if is_there else gone
        seen = breaks(later(books, number * every), bot(), PROFILE, before)
        looks.append(seen)
        before = (*seen, *missed(before, seen))
    return looks


def test_a_break_that_every_second_look_misses_keeps_its_age() -> None:
    looks = flapping(*[False, True] * 4)
    assert [len(one) for one in looks] == [1, 0, 1, 0, 1, 1, 1, 1], "denied once it has settled"
    assert {one.since for seen in looks for one in seen} == {NOON}
    assert [only(one).settling for one in looks[::2]] == [True, True, False, False]
    assert [only(one).unseen for one in looks[5::2]] == [True, True]


def test_a_settling_break_that_two_looks_miss_begins_anew() -> None:
    looks = flapping(False, True, True, False)
    assert only(looks[-1]).since == NOON + timedelta(seconds=30)


def test_a_look_that_reads_nothing_neither_shows_nor_ends_what_the_last_one_missed() -> None:
    gone = exchange(positions=(), orders=(), margin_usd=0.0)
    first = breaks(gone, bot(), PROFILE)
    there = breaks(later(exchange(), 10), bot(), PROFILE, first)
    before = (*there, *missed(first, there))
    blind = ExchangeBooks(as_of=NOON + timedelta(seconds=20), fault="no answer")
    unread = breaks(blind, bot(), PROFILE, before)
    assert kinds(unread) == [BreakKind.UNREADABLE_BOOKS]
    before = (*unread, *missed(before, unread))
    again = breaks(later(gone, 40), bot(), PROFILE, before)
    [back] = [one for one in again if one.kind is BreakKind.MISSING_POSITION]
    assert (back.since, back.settling) == (NOON, False)


def test_money_settles_first_since_a_fill_or_a_transfer_is_booked_a_moment_later() -> None:
    books = exchange(wallet_usd=9_900.0)
    first = breaks(books, bot(), PROFILE)
    assert only(first).settling
    assert not only(breaks(later(books, 31), bot(), PROFILE, first)).settling


# The guard


def broken(*sizes_usd: float | None, age_seconds: float = 301.0, **changes: Any) -> Any:
    """The guard's verdict on an account of 1,000 USD with breaks of these sizes."""
    since = made_up.NOON - timedelta(seconds=age_seconds)
    seen = [
        Break(
            kind=BreakKind.FOREIGN_ORDER, text="an order", since=since, order=str(n), size_usd=usd
        )
        for n, usd in enumerate(sizes_usd)
    ]
    return reconciliation(made_up.account(breaks=seen, **changes), PROFILE)


def test_an_account_without_a_break_is_active() -> None:
    assert broken().mode is Mode.ACTIVE


def test_a_break_denies_at_once_and_halts_when_it_is_old_and_large() -> None:
    young = broken(500.0, age_seconds=300.0)
    assert (young.mode, young.multiplier) == (Mode.REDUCING, 0.0)
    assert (young.value, young.limit) == (300.0, 300.0)
    assert young.reason == "an order; seen for 300 s (limit 300 s)"
    old = broken(500.0)
    assert (old.mode, old.value, old.limit) == (Mode.HALTED, 0.5, 0.01)
    assert "lasting 301 s (limit 300 s), 50.00% of equity (limit 1.00%)" in old.reason


def test_small_breaks_never_halt_alone_and_do_together() -> None:
    assert broken(9.0).mode is Mode.REDUCING
    assert broken(10.0).mode is Mode.REDUCING, "at the limit"
    assert broken(9.0, 9.0).mode is Mode.HALTED
    assert "2 breaks, the first: an order" in broken(9.0, 9.0).reason


@pytest.mark.parametrize("size", [None, NAN, float("inf")])
def test_a_size_that_cannot_be_known_is_larger_than_any(size: float | None) -> None:
    verdict = broken(size)
    assert verdict.mode is Mode.HALTED
    assert (verdict.value, verdict.limit) == (301.0, 300.0)
    assert "an unknown share of equity (limit 1.00%)" in verdict.reason


@pytest.mark.parametrize("equity", [None, NAN, 0.0, -5.0])
def test_without_equity_every_break_is_large(equity: float | None) -> None:
    assert broken(0.001, equity_usd=equity).mode is Mode.HALTED


def test_an_account_whose_books_nobody_has_read_is_denied() -> None:
    verdict = reconciliation(made_up.account(breaks=None), PROFILE)
    assert (verdict.mode, verdict.multiplier) == (Mode.REDUCING, 0.0)
