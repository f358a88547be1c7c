"""What is asked of an exchange from outside, how long, and what its answer means."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.control.bot import Bot
from plimsoll.control.database import OpenPosition
from plimsoll.control.exchange import (
    books_record,
    connected,
    differ,
    has_account,
    held_of,
    is_flat,
    read_account,
    within,
)
from plimsoll.core import PlimsollError, Side
from plimsoll.core.books import ExchangeBooks, ExchangeOrder, ExchangePosition
from plimsoll.journal.log import DecisionLog

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BTC = "BTC/USDT:USDT"
LIVE: dict[str, Any] = {
    "dry_run": False,
    "trading_mode": "futures",
    "margin_mode": "isolated",
    "stake_currency": "USDT",
}
HELD = ExchangePosition(pair=BTC, side=Side.LONG, amount=0.079, entry_price=50_000.0)
STOP = ExchangeOrder(id="7", pair=BTC, side=Side.SHORT, amount=0.079, reduce_only=True)
ENTRY = ExchangeOrder(id="8", pair=BTC, side=Side.LONG, amount=1.0, filled=0.25, price=49_000.0)


def bot(userdir: Path, config: dict[str, Any]) -> Bot:
    return Bot(StateFolder(userdir / "plimsoll"), config, PlimsollSettings(), None)


def books(**changes: Any) -> ExchangeBooks:
    return ExchangeBooks(**{"as_of": NOON, "margin_usd": 0.0, **changes})


def trade(amount: float, side: Side = Side.LONG) -> OpenPosition:
    return OpenPosition(
        id=1,
        pair=BTC,
        side=side,
        amount=amount,
        entry_price=50_000.0,
        stake_usd=100.0,
        leverage=1.0,
        stop_price=None,
        opened_at=NOON,
    )


@pytest.mark.parametrize(
    ("changes", "flat"),
    [
        ({}, True),
        ({"margin_usd": None}, True),
        ({"orders": (STOP,)}, True),
        ({"positions": (HELD,)}, False),
        ({"orders": (ENTRY,)}, False),
        ({"margin_usd": 120.0}, False),
        ({"fault": "timed out"}, False),
    ],
)
def test_flat_is_what_the_books_say_and_nothing_contradicts(
    changes: dict[str, Any], flat: bool
) -> None:
    assert is_flat(books(**changes)) is flat


@pytest.mark.parametrize(
    ("positions", "trades", "differs"),
    [
        ((), [], False),
        ((HELD,), [trade(0.079)], False),
        ((HELD,), [trade(0.034), trade(0.045)], False),
        ((HELD,), [trade(0.034)], True),
        ((HELD,), [trade(0.079, Side.SHORT)], True),
        ((HELD,), [], True),
        ((), [trade(0.079)], True),
    ],
)
def test_two_sides_differ_by_what_is_held_of_a_pair(
    positions: tuple[ExchangePosition, ...], trades: list[OpenPosition], differs: bool
) -> None:
    assert differ(books(positions=positions), trades) is differs


def test_the_record_leaves_out_what_is_done() -> None:
    record = books_record(books(positions=(HELD,), done=(ENTRY,)))
    assert record["positions"][0]["amount"] == 0.079
    assert "done" not in record


@pytest.mark.parametrize(
    ("changes", "has"),
    [
        ({}, True),
        ({"dry_run": True}, False),
        ({"trading_mode": "spot"}, True),
        ({"trading_mode": ""}, True),
        ({"trading_mode": "margin"}, False),
    ],
)
def test_only_a_live_bot_has_an_account_to_compare(
    userdir: Path, changes: dict[str, Any], has: bool
) -> None:
    assert has_account(bot(userdir, LIVE | changes)) is has
    assert not has_account(bot(userdir, {}))


@pytest.mark.parametrize("config", [{}, {"dry_run": True}])
def test_a_bot_whose_last_start_was_live_is_not_flat_by_another_config(
    userdir: Path, config: dict[str, Any]
) -> None:
    started = bot(userdir, config)
    with DecisionLog(started.folder.decisions) as log:
        log.append("start", NOON, config={"dry_run": False})
    assert has_account(started)
    read = read_account(started.config, NOON).books
    assert "the layers that it was started with" in (read.fault or "")
    with DecisionLog(started.folder.decisions) as log:
        log.append("start", NOON, config={"dry_run": True})
    assert not has_account(started)


@pytest.mark.parametrize(
    ("exchange", "message"),
    [
        (None, "the config names no exchange"),
        ({"name": "binance"}, "FREQTRADE__EXCHANGE__KEY"),
        ({"name": "binance", "key": ""}, "FREQTRADE__EXCHANGE__KEY"),
        ({"name": "nowhere", "key": "k"}, "nowhere is not supported"),
    ],
)
def test_what_keeps_an_account_from_being_read_is_named_and_no_flat_account(
    exchange: dict[str, Any] | None, message: str
) -> None:
    config = LIVE | ({} if exchange is None else {"exchange": exchange})
    with pytest.raises(PlimsollError, match=message), connected(config):
        pass
    read = read_account(config, NOON).books
    assert message in (read.fault or "")
    assert not is_flat(read)


def test_a_config_is_left_as_it_was() -> None:
    config = LIVE | {"exchange": {"name": "binance", "key": "k", "secret": "s"}}
    with connected(config) as exchange:
        assert exchange._api.apiKey == "k"
        assert exchange._api.timeout <= 5_000
    assert config == LIVE | {"exchange": {"name": "binance", "key": "k", "secret": "s"}}


def test_a_question_that_takes_too_long_is_given_up() -> None:
    began = time.monotonic()
    with pytest.raises(PlimsollError, match="did not answer within 0 s"):
        within(0.1, lambda: time.sleep(5))
    assert time.monotonic() - began < 2


def test_a_question_is_answered_or_its_error_raised() -> None:
    assert within(5, lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)


def position(amount: float = 0.01) -> OpenPosition:
    return OpenPosition(
        id=1,
        pair="BTC/USDT",
        side=Side.LONG,
        amount=amount,
        entry_price=50_000.0,
        stake_usd=500.0,
        leverage=1.0,
        stop_price=None,
        opened_at=NOON,
    )


def test_of_a_spot_account_what_the_database_claims_is_held_as_far_as_it_is_there() -> None:
    stop = ExchangeOrder(
        id="1", pair="BTC/USDT", side=Side.SHORT, amount=0.01, conditional=True, reduce_only=True
    )
    books = ExchangeBooks(
        as_of=NOON, orders=(stop,), steps={"BTC/USDT": 0.00001}, coins={"BTC": 2.0}
    )
    held = held_of(books, [position()])
    assert [one.amount for one in held.positions] == [0.01]
    assert not differ(held, [position()])
    short = held_of(replace(books, coins={"BTC": 0.004}), [position()])
    assert [one.amount for one in short.positions] == [0.004]
    assert differ(short, [position()])
    assert is_flat(held_of(books, [])), "a stop that sells opens nothing"
    bids = replace(stop, side=Side.LONG, reduce_only=False)
    assert not is_flat(held_of(replace(books, orders=(bids,)), []))


def test_without_its_database_a_spot_account_is_not_flat() -> None:
    books = ExchangeBooks(as_of=NOON, coins={"BTC": 2.0})
    unknown = held_of(books, None)
    assert "without its database" in (unknown.fault or "")
    assert not is_flat(unknown)
    futures = replace(books, coins=None)
    assert held_of(futures, None) is futures
    blind = replace(books, fault="gone")
    assert held_of(blind, None) is blind
