"""The two sides of the account as lines of a table, and which break is about which line."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from plimsoll.control.audit_rows import AuditRow, audit_rows
from plimsoll.core import Side
from plimsoll.core.books import (
    BotBooks,
    BotTrade,
    BreakKind,
    ExchangeBooks,
    ExchangeOrder,
    ExchangePosition,
)
from plimsoll.risk import RiskProfile
from plimsoll.risk.coins import with_positions
from plimsoll.risk.reconciliation import breaks

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
HELD = ExchangePosition(pair=BTC, side=Side.LONG, amount=0.034, mark_price=50_000.0, cross=False)
STOP = ExchangeOrder(
    id="7",
    pair=BTC,
    side=Side.SHORT,
    amount=0.034,
    price=49_000.0,
    conditional=True,
    reduce_only=True,
)
TRADE = BotTrade(pair=BTC, side=Side.LONG, amount=0.034, price=50_000.0, stop_expected=True)
BOT = BotBooks(
    trades=(TRADE,),
    order_ids=frozenset({"7"}),
    earned_usd=12.0,
    capital_usd=9_988.0,
    capital_at=NOON,
)


def books(**changes: Any) -> ExchangeBooks:
    values = {
        "as_of": NOON,
        "positions": (HELD,),
        "orders": (STOP,),
        "wallet_usd": 10_000.0,
        "transfers": (),
        "hedge_mode": False,
    }
    return ExchangeBooks(**{**values, **changes})


def rows(exchange: ExchangeBooks | None, bot: BotBooks = BOT) -> list[AuditRow]:
    seen = () if exchange is None else breaks(exchange, bot, RiskProfile())
    return audit_rows(exchange, bot, seen)


def sides(listed: list[AuditRow]) -> dict[tuple[str, str | None], tuple[str, str, str]]:
    return {(row.subject, row.pair): (row.exchange, row.database, row.state) for row in listed}


def test_a_sound_account_has_the_same_on_both_sides() -> None:
    assert sides(rows(books())) == {
        ("account", None): ("one-way, isolated", "one-way, isolated", "sound"),
        ("money", None): ("10,000.00 USD", "10,000.00 USD", "sound"),
        ("position", BTC): ("0.034 long", "0.034 long", "sound"),
        ("stop", BTC): ("sell 0.034 at 49000", "one for 0.034 long", "sound"),
    }


def held(side: Side, amount: float, pair: str = BTC, **more: Any) -> ExchangePosition:
    values = {"mark_price": 50_000.0, "cross": False, **more}
    return ExchangePosition(pair=pair, side=side, amount=amount, **values)


ENTRY = ExchangeOrder(id="9", pair=ETH, side=Side.LONG, amount=1.0, price=2_000.0)


@pytest.mark.parametrize(
    ("changes", "line", "kind"),
    [
        ({"hedge_mode": True}, ("account", None), BreakKind.HEDGE_MODE),
        ({"positions": (held(Side.LONG, 0.034, cross=True),)}, ("account", None), "cross_margin"),
        ({"wallet_usd": 7_500.0}, ("money", None), BreakKind.MONEY),
        ({"positions": (held(Side.LONG, 0.079),)}, ("position", BTC), BreakKind.WRONG_SIZE),
        ({"positions": (held(Side.SHORT, 0.034),)}, ("position", BTC), BreakKind.WRONG_SIDE),
        ({"positions": ()}, ("position", BTC), BreakKind.MISSING_POSITION),
        (
            {"positions": (HELD, held(Side.SHORT, 2.0, ETH))},
            ("position", ETH),
            BreakKind.UNEXPLAINED_POSITION,
        ),
        ({"orders": ()}, ("stop", BTC), BreakKind.MISSING_STOP),
        ({"orders": (STOP, ENTRY)}, ("order", ETH), BreakKind.FOREIGN_ORDER),
        ({"positions": ()}, ("order", BTC), BreakKind.STOP_WITHOUT_POSITION),
    ],
)
def test_a_break_stands_in_its_own_line(
    changes: dict[str, Any], line: tuple[str, str | None], kind: str
) -> None:
    listed = rows(books(**changes))
    assert [row.breaks for row in listed if (row.subject, row.pair) == line] == [(kind,)]
    others = [row for row in listed if (row.subject, row.pair) != line]
    assert kind not in {one for row in others for one in row.breaks}


def test_books_that_cannot_be_read_are_not_known_and_never_nothing() -> None:
    listed = rows(books(fault="timed out", positions=(), orders=()))
    assert {row.exchange for row in listed} == {"not known"}
    assert listed[0].breaks == (BreakKind.UNREADABLE_BOOKS,)
    assert [row.state for row in listed[1:]] == ["not known"] * 3


def test_books_that_contradict_themselves_are_not_known_either() -> None:
    listed = rows(books(positions=(), orders=(), margin_usd=138.0))
    assert {row.exchange for row in listed} == {"not known"}


def test_a_stop_is_asked_for_only_where_something_is_held() -> None:
    listed = rows(books(positions=()))
    assert [row.subject for row in listed if row.pair == BTC] == ["position", "order"]


def test_without_an_account_the_database_stands_alone() -> None:
    assert sides(rows(None))["position", BTC] == ("not known", "0.034 long", "not known")


def test_what_neither_side_says_of_money_is_not_known() -> None:
    assert sides(rows(books(), BotBooks()))["money", None][1:] == ("not known", "not known")


def test_a_spot_account_has_no_mode_and_what_trades_claim_of_its_coins() -> None:
    pair, stop = "BTC/USDT", replace(STOP, pair="BTC/USDT")
    bot = replace(BOT, trades=(replace(TRADE, pair=pair),), isolated=False, capital_usd=None)
    for coins, state in ((0.5, "sound"), (0.02, "break")):
        exchange = with_positions(
            ExchangeBooks(as_of=NOON, orders=(stop,), steps={pair: 0.001}, coins={"BTC": coins}),
            bot,
        )
        rows = audit_rows(exchange, bot, breaks(exchange, bot, RiskProfile()))
        by = {row.subject: row for row in rows}
        assert (by["account"].exchange, by["account"].database) == ("spot", "spot")
        assert by["money"].state == "not known"
        assert (by["position"].database, by["position"].state) == ("0.034 long", state)
