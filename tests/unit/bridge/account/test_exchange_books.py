"""The exchange's books as Freqtrade's own exchange object reads them from the venue."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ccxt
import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import TemporaryError
from freqtrade.exchange import Exchange
from freqtrade.exchange.binance import Binance

from plimsoll.bridge.account.exchange_books import can_be_read, read_books, read_transfers
from plimsoll.bridge.freqtrade.order_ids import name_orders
from plimsoll.core.side import Side
from tests.support.venue_keys import clients_in_venue_time
from tests.unit.bridge.bots import BTC, ETH, NOON, HandFed, bot_config
from tests.unit.venue.serving import post, venue

START = datetime(2025, 1, 1, 0, 0, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Exchange, str]]:
    """One account for all tests below: each begins with what the one before has left."""
    folder = tmp_path_factory.mktemp("books")
    profile = folder / "venue.json"
    start = ("--start", "2025-01-01T00:00:30Z", "--clock", "stepped")
    with venue("--symbols", "BTCUSDT,ETHUSDT", *start, "--write-config", profile) as line:
        of_venue = json.loads(profile.read_text())["exchange"]
        config = bot_config(folder, RunMode.OTHER, dry_run=False)
        config["exchange"] = of_venue
        with clients_in_venue_time(line["url"]):
            exchange = Binance(deepcopy(config), validate=False)
            yield exchange, line["url"]
            exchange.close()


def buy(exchange: Exchange, amount: float, **params: Any) -> Any:
    return exchange._api.create_order(BTC, "market", "buy", amount, None, params)


def test_an_untouched_account_holds_its_wallet_and_nothing_else(
    served: tuple[Exchange, str],
) -> None:
    books = read_books(served[0], START, transfers_since=START)
    assert books.fault is None
    assert (books.positions, books.orders, books.transfers) == ((), (), ())
    assert (books.wallet_usd, books.margin_usd, books.hedge_mode) == (10_000.0, 0.0, False)


def test_a_position_and_its_stop_are_read_with_the_name_of_their_sender(
    served: tuple[Exchange, str],
) -> None:
    exchange, url = served
    prefix = name_orders(exchange)
    exchange._api.set_leverage(5, BTC)
    bought = buy(exchange, 0.1)
    trigger = round(bought["average"] * 0.9, 1)
    params = {"stopPrice": trigger, "reduceOnly": True}
    exchange._api.create_order(BTC, "market", "sell", 0.1, None, params)
    exchange._api.create_order(ETH, "limit", "buy", 0.5, 1000.0, {"clientOrderId": "web_1"})
    assert post(f"{url}/plimsoll/clock/step", {"seconds": 60})[0] == 200
    books = read_books(exchange, START)
    (position,) = books.positions
    assert (position.pair, position.side, position.amount) == (BTC, Side.LONG, 0.1)
    assert (position.entry_price, position.cross) == (bought["average"], False)
    assert position.mark_price is not None
    limit, stop = sorted(books.orders, key=lambda one: one.conditional)
    assert (stop.pair, stop.side, stop.amount, stop.price) == (BTC, Side.SHORT, 0.1, trigger)
    assert stop.reduce_only
    assert stop.is_named(prefix)
    assert (limit.pair, limit.client_id, limit.price) == (ETH, "web_1", 1000.0)
    assert not limit.conditional
    assert books.steps[BTC] == pytest.approx(0.001)


def test_the_wallet_is_without_what_the_open_position_has_made(
    served: tuple[Exchange, str],
) -> None:
    exchange, url = served
    before = read_books(exchange, START)
    post(f"{url}/plimsoll/scenario", {"name": "move", "magnitude": -0.02, "duration_seconds": 30})
    post(f"{url}/plimsoll/clock/step", {"seconds": 60})
    after = read_books(exchange, START)
    assert after.wallet_usd == before.wallet_usd
    assert (after.positions[0].mark_price or 0) < 0.99 * (before.positions[0].mark_price or 0)
    assert (after.margin_usd or 0) > 0.1 * 0.15 * (after.positions[0].entry_price or 0)


def test_names_and_books_outlast_a_reload_of_the_markets(served: tuple[Exchange, str]) -> None:
    """Freqtrade reloads them each hour, and takes the options of its other ccxt object then."""
    exchange, _ = served
    prefix = name_orders(exchange)
    exchange.reload_markets(force=True)
    sent = exchange._api.create_order(ETH, "limit", "buy", 0.5, 1000.0)
    assert sent["clientOrderId"].startswith(prefix)
    assert read_books(exchange, START).fault is None
    exchange._api.cancel_order(sent["id"], ETH)


def test_orders_that_are_done_tell_what_they_have_filled(served: tuple[Exchange, str]) -> None:
    exchange, _ = served
    now = datetime.fromtimestamp(exchange._api.fetch_time() / 1000, UTC)
    prefix = name_orders(exchange)
    (done,) = read_books(exchange, now, look_into=[BTC]).done
    assert (done.filled, done.side, done.is_named(prefix)) == (0.1, Side.LONG, True)
    assert done.placed_at is not None


def test_a_withdrawal_is_on_record_or_not(served: tuple[Exchange, str]) -> None:
    exchange, url = served
    before = read_books(exchange, START).wallet_usd or 0.0
    for usd, recorded in ((-300.0, True), (-200.0, False), (50.0, True)):
        body = {"amount_usd": usd, "recorded": recorded}
        assert post(f"{url}/plimsoll/transfer", body)[0] == 200
        post(f"{url}/plimsoll/clock/step", {"seconds": 60})
    books = read_books(exchange, START, transfers_since=START)
    assert [one.amount_usd for one in books.transfers or ()] == [-300.0, 50.0]
    assert books.wallet_usd == pytest.approx(before - 450.0)
    last = (books.transfers or ())[-1].at
    later = read_transfers(exchange, last + timedelta(milliseconds=1))
    assert later == ()


@pytest.mark.parametrize(
    ("kind", "field", "expected"),
    [("hedge-mode", "hedge_mode", True), ("missing-positions", "positions", ())],
)
def test_what_the_exchange_says_is_read_as_it_says_it(
    served: tuple[Exchange, str], kind: str, field: str, expected: object
) -> None:
    exchange, url = served
    _, fault = post(f"{url}/plimsoll/faults", {"kind": kind})
    assert fault["id"]
    try:
        assert getattr(read_books(exchange, START), field) == expected
    finally:
        _mend(url)


def test_cross_margin_is_seen(served: tuple[Exchange, str]) -> None:
    exchange, url = served
    post(f"{url}/plimsoll/faults", {"kind": "cross-margin"})
    try:
        assert [one.cross for one in read_books(exchange, START).positions] == [True]
    finally:
        _mend(url)


@pytest.mark.parametrize("path", ["positionRisk", "openOrders", "openAlgoOrders", "account"])
def test_one_question_without_an_answer_makes_the_books_unreadable(
    served: tuple[Exchange, str], path: str
) -> None:
    exchange, url = served
    fault = {"kind": "http-error", "status": 503, "paths": [f"GET /fapi/*/{path}"]}
    post(f"{url}/plimsoll/faults", fault)
    try:
        books = read_books(exchange, START)
    finally:
        _mend(url)
    assert books.fault
    assert (books.positions, books.wallet_usd) == ((), None)


def _mend(url: str) -> None:
    import urllib.request

    request = urllib.request.Request(f"{url}/plimsoll/faults", method="DELETE")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        assert answer.status == 200


# What no venue says


@pytest.fixture
def fed(tmp_path: Path) -> HandFed:
    return HandFed(bot_config(tmp_path, RunMode.LIVE, dry_run=False))


def test_a_position_without_a_side_is_no_flat_account(fed: HandFed) -> None:
    fed.account.hold(BTC, 1.0)
    fed.account.positions[0]["side"] = None
    assert "ValueError" in (read_books(fed, NOON).fault or "")
    fed.account.positions[0]["contracts"] = None
    assert read_books(fed, NOON).fault


def test_a_pair_that_is_held_on_both_sides_is_hedge_mode_whatever_the_account_says(
    fed: HandFed,
) -> None:
    fed.account.hold(BTC, 1.0)
    fed.account.positions.append({**fed.account.positions[0], "side": "short"})
    assert read_books(fed, NOON).hedge_mode


def test_a_mode_that_is_known_is_not_asked_for_again(fed: HandFed) -> None:
    assert read_books(fed, NOON, hedge_mode=False).hedge_mode is False
    assert "mode" not in fed.account.asked


def test_a_record_that_the_key_may_not_read_is_none_and_an_account_that_fails_is_a_fault(
    fed: HandFed,
) -> None:
    def refuse(*_: object) -> None:
        raise ccxt.PermissionDenied("no")

    fed._api.fetch_ledger = refuse
    books = read_books(fed, NOON, transfers_since=NOON)
    assert (books.fault, books.transfers) == (None, None)
    fed.account.fails = TemporaryError("gone")
    assert "gone" in (read_books(fed, NOON).fault or "")


@pytest.mark.parametrize(
    "error",
    [
        ccxt.ExchangeNotAvailable("500"),
        ccxt.RequestTimeout("10 s"),
        ccxt.BadRequest("-1127: the span is too long"),
        KeyError("time"),
    ],
)
def test_a_record_of_transfers_that_fails_alone_is_no_fault_of_the_books(
    fed: HandFed, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    fed._api.fetch_ledger = fail
    fed.account.hold(BTC, 1.0)
    books = read_books(fed, NOON, transfers_since=NOON)
    assert (books.fault, books.transfers) == (None, None)
    assert len(books.positions) == 1
    assert books.wallet_usd == fed.account.wallet_usd


@pytest.mark.parametrize(("days", "asked"), [(1, 1), (84, 84), (400, 85)])
def test_transfers_are_asked_for_no_further_back_than_they_are_kept(
    fed: HandFed, days: float, asked: float
) -> None:
    starts = []

    def ledger(_: str, start: int, *__: object) -> list[object]:
        starts.append(datetime.fromtimestamp(start / 1000, UTC))
        return []

    fed._api.fetch_ledger = ledger
    books = read_books(fed, NOON, transfers_since=NOON - timedelta(days=days))
    assert books.transfers == ()
    assert starts == [NOON - timedelta(days=asked)]


@pytest.mark.parametrize(
    ("changes", "readable"),
    [
        ({"dry_run": False}, True),
        ({}, False),
        ({"dry_run": False, "trading_mode": "spot"}, True),
        ({"dry_run": False, "trading_mode": ""}, True),
        ({"dry_run": False, "trading_mode": "margin"}, False),
        ({"trading_mode": "spot"}, False),
    ],
)
def test_only_a_live_account_has_books(
    tmp_path: Path, changes: dict[str, Any], readable: bool
) -> None:
    assert can_be_read(bot_config(tmp_path, RunMode.LIVE, **changes)) is readable
