"""What is wrong in a look, one scene each; and what could not be seen is not well."""

from dataclasses import replace
from typing import Any

import pytest

from plimsoll.core import Side
from plimsoll.core.books import ExchangeBooks
from plimsoll.monitoring.conditions import judge
from plimsoll.monitoring.memory import High
from plimsoll.monitoring.profile import Act, Condition, WatchProfile
from plimsoll.monitoring.sight import AccountSight, Answer, DatabaseSight
from tests.unit.monitoring.sights import (
    BLIND,
    BTC,
    ENTRY,
    ETH,
    FLATTENS,
    LONG,
    NOON,
    STOP,
    TRADE,
    account,
    bot,
    gone,
    later,
    sight,
)

HIGH = High(at=NOON, usd=10_100.0)
NO_DATABASE = DatabaseSight(fault="no such file")


def conditions(profile: WatchProfile = FLATTENS, **changes: Any) -> set[Condition]:
    return {one.condition for one in judge(sight(**changes), profile, HIGH).faults}


def test_nothing_is_wrong_where_nothing_is() -> None:
    judgement = judge(sight(), FLATTENS, HIGH)
    assert (judgement.faults, judgement.unseen) == ((), frozenset())


@pytest.mark.parametrize(
    ("seen", "condition"),
    [
        (gone(Answer.REFUSED), Condition.BOT_DEAD),
        (gone(Answer.TIMEOUT), Condition.BOT_HUNG),
        (gone(Answer.CUT), Condition.BOT_HUNG),
        (gone(Answer.DENIED), Condition.API_SILENT),
        (gone(Answer.FAULTY), Condition.API_SILENT),
        (gone(Answer.REFUSED, traced_at=later(-5)), Condition.API_SILENT),
        (gone(Answer.TIMEOUT, traced_at=later(-5)), Condition.API_SILENT),
        (gone(Answer.REFUSED, traced_at=later(-500)), Condition.BOT_DEAD),
        (gone(Answer.NOT_ASKED, traced_at=later(-500)), Condition.BOT_HUNG),
        (bot(looped_at=later(-500)), Condition.BOT_HUNG),
        (bot(looped_at=None), Condition.BOT_HUNG),
        (bot(state="stopped", looped_at=later(-500)), Condition.BOT_STOPPED),
        (bot(candle_at=later(-700)), Condition.LATE_CANDLE),
    ],
)
def test_each_way_in_which_a_bot_can_fail(seen: Any, condition: Condition) -> None:
    assert conditions(bot=seen) == {condition}


def test_an_api_that_is_off_is_not_a_dead_bot() -> None:
    assert conditions(bot=gone(Answer.NOT_ASKED)) == set()
    assert conditions(bot=gone(Answer.NOT_ASKED, traced_at=later(-5))) == set()


def test_a_bot_on_the_exchanges_clock_is_judged_by_that_clock() -> None:
    ahead = AccountSight(books=account().books, skew_seconds=3600.0)
    seen = bot(later(3600))
    assert conditions(bot=seen, account=ahead) == {Condition.CLOCK_SKEW}
    assert conditions(bot=bot(), account=ahead) >= {Condition.BOT_HUNG, Condition.LATE_CANDLE}


@pytest.mark.parametrize(
    ("orders", "bare"),
    [
        ((STOP,), False),
        ((), True),
        ((replace(STOP, amount=0.05),), True),
        ((replace(STOP, amount=0.05), replace(STOP, id="9", amount=0.05)), False),
        ((replace(STOP, amount=0.0),), False),
        ((replace(STOP, pair=ETH),), True),
        ((replace(STOP, side=Side.LONG),), True),
        ((replace(STOP, conditional=False),), True),
        ((replace(STOP, reduce_only=False),), True),
        ((replace(STOP, price=55_000.0),), True),
        ((replace(STOP, amount=float("nan")),), True),
    ],
)
def test_a_position_needs_a_stop_for_all_of_it_on_its_losing_side(
    orders: tuple[Any, ...], bare: bool
) -> None:
    seen = conditions(account=account(orders=orders))
    assert (Condition.MISSING_STOP in seen) is bare
    unwatched = FLATTENS.model_copy(update={"stops_on_exchange": False})
    assert Condition.MISSING_STOP not in conditions(unwatched, account=account(orders=orders))


@pytest.mark.parametrize(
    ("trades", "unknown"),
    [
        ((TRADE,), False),
        ((), True),
        ((replace(TRADE, amount=0.05),), True),
        ((replace(TRADE, side=Side.SHORT),), True),
        ((replace(TRADE, amount=0.06), replace(TRADE, id=4, amount=0.04)), False),
        ((replace(TRADE, amount=0.1005),), False),
        ((replace(TRADE, amount=float("nan")),), True),
    ],
)
def test_a_position_is_known_when_the_books_agree_on_its_size(
    trades: tuple[Any, ...], unknown: bool
) -> None:
    database = DatabaseSight(trades=trades, order_ids=frozenset({"7"}))
    assert (Condition.UNKNOWN_POSITION in conditions(database=database)) is unknown
    by_rest = bot(trades=trades)
    assert (Condition.UNKNOWN_POSITION in conditions(database=None, bot=by_rest)) is unknown


def test_without_database_and_bot_nothing_is_said_of_what_they_know() -> None:
    judgement = judge(sight(database=NO_DATABASE, bot=gone(Answer.REFUSED)), FLATTENS, HIGH)
    assert {one.condition for one in judgement.faults} == {
        Condition.DATABASE_GONE,
        Condition.BOT_DEAD,
    }
    assert judgement.unseen >= {Condition.UNKNOWN_POSITION, Condition.ORPHAN_ORDER}


def test_orders_that_no_trade_knows_are_named() -> None:
    assert conditions(account=account(orders=(STOP, ENTRY))) == {Condition.ORPHAN_ORDER}
    left = account(positions=(), orders=(STOP,), margin_usd=0.0)
    nothing = DatabaseSight(order_ids=frozenset({"7"}))
    assert conditions(account=left, database=nothing) == {Condition.ORPHAN_ORDER}


def test_pairs_that_are_somebody_elses_are_not_looked_at() -> None:
    profile = FLATTENS.model_copy(update={"ignore_pairs": (BTC, ETH)})
    seen = account(orders=(ENTRY,))
    assert conditions(profile, account=seen, database=DatabaseSight()) == set()


@pytest.mark.parametrize(
    ("wallet_usd", "moved_usd", "falls"),
    [
        (8_990.0, None, True),
        (8_990.01, None, False),
        (8_000.0, -2_000.0, False),
        (8_000.0, 500.0, True),
    ],
)
def test_equity_falls_at_the_limit_and_a_withdrawal_is_no_fall(
    wallet_usd: float, moved_usd: float | None, falls: bool
) -> None:
    seen = account(wallet_usd=wallet_usd, moved_usd=moved_usd)
    assert (Condition.EQUITY_FALL in conditions(account=seen)) is falls


def test_a_fall_beside_transfers_that_cannot_be_read_is_told_and_is_no_loss_yet() -> None:
    seen = replace(account(wallet_usd=8_000.0), transfers_fault="NetworkError: no route")
    judgement = judge(sight(account=seen), FLATTENS, HIGH)
    [fault] = judgement.faults
    assert fault.condition is Condition.UNREAD_TRANSFERS
    assert "whether money was taken out is not known" in fault.text
    assert "NetworkError: no route" in fault.text
    assert Condition.EQUITY_FALL in judgement.unseen
    assert FLATTENS.act_of(Condition.UNREAD_TRANSFERS) is Act.STOP_ENTRIES
    calm = replace(account(wallet_usd=9_500.0), transfers_fault="NetworkError: no route")
    assert conditions(account=calm) == set()


def test_an_equity_that_is_not_told_is_blindness() -> None:
    assert conditions(account=account(wallet_usd=None)) == {Condition.BLIND}


def test_an_exchange_that_cannot_be_read_says_nothing_of_the_account() -> None:
    judgement = judge(sight(account=BLIND), FLATTENS, HIGH)
    assert [one.condition for one in judgement.faults] == [Condition.BLIND]
    assert judgement.unseen >= {Condition.EQUITY_FALL, Condition.MISSING_STOP}
    refused = AccountSight(books=ExchangeBooks(as_of=NOON, fault="-2015"), refused="-2015")
    assert conditions(account=refused) == {Condition.KEY_REFUSED}


def test_the_text_names_what_is_wrong() -> None:
    [fault] = judge(sight(account=account(orders=())), FLATTENS, HIGH).faults
    assert fault.text == f"without a stop on the exchange: {BTC} {LONG.side.value} 0.1 at 50000"
    assert fault.pairs == (BTC,)


def test_a_sign_from_the_future_is_no_sign_of_life() -> None:
    left = gone(Answer.REFUSED, traced_at=later(7200))
    assert conditions(bot=left) == {Condition.BOT_DEAD}
    assert conditions(bot=bot(looped_at=later(7200))) == {Condition.BOT_HUNG}


def test_a_bot_on_this_machines_clock_loops_when_that_runs_ahead_of_the_exchange() -> None:
    behind = AccountSight(books=account().books, skew_seconds=-3600.0)
    assert conditions(bot=bot(), account=behind) == {Condition.CLOCK_SKEW}
