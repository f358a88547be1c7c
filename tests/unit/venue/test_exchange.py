from pathlib import Path

import numpy as np
import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.account.eventlog import read_events
from plimsoll.venue.account.ledger import replayed
from plimsoll.venue.clock import Clock
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import LAST, Window
from plimsoll.venue.market.intervals import INTERVALS
from plimsoll.venue.market.symbols import LISTED
from tests.unit.venue.account.orders import submit
from tests.unit.venue.markets import NOW_MS, exchange_at, fresh


def test_a_contract_is_listed_from_its_first_candle_on() -> None:
    exchange = exchange_at(market=fresh(symbols="BTCUSDT,XLMUSDT"))
    listed_ms = LISTED["XLMUSDT"].listed_ms
    assert exchange.listed(listed_ms - 1) == ["BTCUSDT"]
    assert exchange.listed(listed_ms) == ["BTCUSDT", "XLMUSDT"]


def test_the_spread_grows_with_its_scale() -> None:
    market = fresh()
    spreads = []
    for scale in (0.0, 1.0, 50.0):
        book = Exchange(market, Clock(NOW_MS, stepped=True), spread_scale=scale).book(
            "BTCUSDT", 5, NOW_MS
        )
        spreads.append(float(book.ask_prices[0] - book.bid_prices[0]))
    assert spreads[0] == 0.0 < spreads[1] < spreads[2]


def test_a_shallow_book_is_the_top_of_a_deep_one() -> None:
    exchange = exchange_at()
    shallow, deep = (exchange.book("BTCUSDT", levels, NOW_MS) for levels in (5, 100))
    assert np.array_equal(shallow.bid_prices, deep.bid_prices[:5])
    assert np.array_equal(shallow.ask_sizes, deep.ask_sizes[:5])


def test_a_scenario_starts_now_and_changes_nothing_before() -> None:
    exchange = exchange_at()
    before = exchange.snapshot("BTCUSDT", NOW_MS).last
    event = exchange.start_scenario("move", magnitude=-0.1, duration_seconds=60)
    assert event.start_ms == NOW_MS
    assert exchange.snapshot("BTCUSDT", NOW_MS).last == before
    untouched = exchange_at().snapshot("BTCUSDT", NOW_MS + 60_000).last
    after = exchange.snapshot("BTCUSDT", NOW_MS + 60_000).last
    assert after == pytest.approx(untouched * 0.9, rel=1e-5)


def test_candles_drawn_before_a_scenario_are_drawn_again() -> None:
    exchange = exchange_at()
    window = Window(NOW_MS, NOW_MS + 180_000, 2)
    minute = INTERVALS["1m"]
    asked = ("BTCUSDT", LAST, minute, window, NOW_MS + 200_000)
    before = exchange.market.candles(*asked)
    exchange.start_scenario("move", magnitude=-0.1, duration_seconds=1)
    after = exchange.market.candles(*asked)
    assert after["close"].tolist() == pytest.approx((before["close"] * 0.9).tolist(), rel=1e-5)


def test_a_fault_of_an_unserved_contract_is_refused() -> None:
    exchange = exchange_at()
    with pytest.raises(UsageError, match="unknown symbol XRPUSDT; served are BTCUSDT, ETHUSDT"):
        exchange.start_fault({"kind": "stale-book", "symbols": ["XRPUSDT"]})
    assert exchange.faults.started == []


def test_the_account_begins_with_its_balance() -> None:
    exchange = Exchange(fresh(), Clock(NOW_MS, stepped=True), balance_usd=250.0)
    assert exchange.account.wallet_usd == exchange.matching.free_usd() == 250.0


def traded(path: Path | None, steps: int = 6) -> Exchange:
    """Return an exchange that has traded for some hours, with its log in the file."""
    clock = Clock(NOW_MS, stepped=True)
    exchange = Exchange(fresh(), clock, balance_usd=50_000.0, event_log=path)
    exchange.matching.set_leverage("BTCUSDT", 10, NOW_MS)
    submit(exchange, "BUY", "MARKET", 0.5)
    last = exchange.snapshot("BTCUSDT", NOW_MS).last
    submit(exchange, "SELL", "LIMIT", 0.2, price=round(last * 1.003, 1))
    submit(exchange, "SELL", "STOP_MARKET", 0.5, trigger_price=round(last * 0.99, 1))
    exchange.start_scenario("move", magnitude=-0.004, duration_seconds=1200)
    for _ in range(steps):
        clock.step(3600)
        exchange.matching.advance(clock.now_ms())
    return exchange


def test_a_restored_exchange_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    whole, path = traded(None, steps=9), tmp_path / "events.jsonl"
    part = traded(path, steps=3)
    with path.open("ab") as file:
        file.write(b'{"event":"OrderFil')
    clock = Clock(part.clock.now_ms(), stepped=True)
    again = Exchange.restore(fresh(), clock, path, event_log=path)
    assert again.account == part.account
    for _ in range(6):
        clock.step(3600)
        again.matching.advance(clock.now_ms())
    assert again.account == whole.account
    assert again.snapshot("BTCUSDT", clock.now_ms()) == whole.snapshot("BTCUSDT", clock.now_ms())
    assert replayed(read_events(path)) == whole.account


def test_a_restored_log_can_go_on_in_another_file(tmp_path: Path) -> None:
    part = traded(tmp_path / "one.jsonl", steps=1)
    clock, other = Clock(part.clock.now_ms(), stepped=True), tmp_path / "two.jsonl"
    again = Exchange.restore(fresh(), clock, tmp_path / "one.jsonl", event_log=other)
    again.transfer(5.0)
    assert read_events(tmp_path / "one.jsonl") == read_events(other)[:-1]
    assert replayed(read_events(other)) == again.account


def test_a_log_is_neither_written_over_nor_restored_into_its_past(tmp_path: Path) -> None:
    part, path = traded(tmp_path / "events.jsonl", steps=1), tmp_path / "events.jsonl"
    with pytest.raises(UsageError, match="holds an account already"):
        Exchange(fresh(), part.clock, event_log=path)
    with pytest.raises(UsageError, match="before the last event"):
        Exchange.restore(fresh(), Clock(NOW_MS - 1, stepped=True), path)
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    with pytest.raises(UsageError, match="at least one event"):
        Exchange.restore(fresh(), part.clock, empty)


def eventful(path: Path) -> Exchange:
    """Return an exchange with a log of stops, a liquidation, fills and a settlement."""
    clock = Clock(NOW_MS, stepped=True)
    exchange = Exchange(fresh(), clock, balance_usd=50_000.0, event_log=path)
    submit(exchange, "BUY", "MARKET", 1.0)
    last = exchange.snapshot("BTCUSDT", NOW_MS).last
    submit(exchange, "SELL", "STOP_MARKET", 0.5, trigger_price=round(last * 0.995, 1))
    exchange.start_scenario("move", magnitude=-0.08, duration_seconds=1200)
    clock.step(3600)
    exchange.matching.advance(clock.now_ms())
    submit(exchange, "SELL", "MARKET", 2.0, symbol="ETHUSDT")
    exchange.delist("ETHUSDT")
    return exchange


def test_a_log_cut_anywhere_holds_whole_actions_and_walks_to_the_same_end(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    whole = eventful(path)
    raw = path.read_bytes()
    kinds = [type(event).__name__ for event in read_events(path)]
    assert {"OrderTriggered", "PositionLiquidated", "ContractStatusChanged"} <= set(kinds)
    lines = raw.splitlines(keepends=True)
    ends = [sum(map(len, lines[:count])) for count in range(1, len(lines) + 1)]
    for end in sorted({*ends, *range(len(raw) - len(lines[-1]), len(raw))}):
        path.write_bytes(raw[:end])
        clock = Clock(whole.clock.now_ms(), stepped=True)
        cut = Exchange.restore(fresh(), clock, path, event_log=path)
        cut.advance(clock.now_ms())
        waiting = [order.kind for order in cut.matching.open_orders()]
        assert "MARKET" not in waiting
        assert "LIQUIDATION" not in waiting
        assert cut.account.position("ETHUSDT").is_open <= (cut.status("ETHUSDT") == "TRADING")
        if "ScenarioStarted" in kinds[: len(raw[:end].splitlines())] and end in ends:
            walked = len(cut.account.fills)
            assert cut.account.fills == whole.account.fills[:walked]
            assert cut.account.insurance_usd == whole.account.insurance_usd
        assert replayed(read_events(path)) == cut.account


def test_a_log_with_a_digit_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    exchange = eventful(path)
    raw = path.read_bytes()
    digits = [place for place, byte in enumerate(raw) if byte in b"0123456789"]
    for place in digits[:: len(digits) // 60]:
        path.write_bytes(raw[:place] + (b"7" if raw[place] != 55 else b"3") + raw[place + 1 :])
        with pytest.raises(UsageError):
            Exchange.restore(fresh(), exchange.clock, path)


def test_two_exchanges_never_write_to_one_log(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    first = traded(path, steps=1)
    second = Exchange.restore(fresh(), first.clock, path, event_log=path)
    second.transfer(5.0)
    with pytest.raises(UsageError, match="another venue writes"):
        first.transfer(7.0)
    assert replayed(read_events(path)) == second.account


def test_changed_filters_are_in_force_at_once_and_leave_the_past_alone() -> None:
    exchange = exchange_at()
    before = exchange.market.snapshot("BTCUSDT", NOW_MS).last
    spec = exchange.change_filters("BTCUSDT", tick_size=10.0, min_notional_usd=500.0)
    assert (spec.tick_size, spec.step_size, spec.min_notional_usd) == (10.0, 0.001, 500.0)
    assert exchange.spec("BTCUSDT") == spec
    assert exchange.spec("ETHUSDT") == exchange.market.specs["ETHUSDT"]
    book = exchange.book("BTCUSDT", 5, NOW_MS)
    assert (book.bid_prices % 10.0 == 0.0).all()
    assert exchange.market.snapshot("BTCUSDT", NOW_MS).last == before
    with pytest.raises(UsageError, match="expected a step_size above 0"):
        exchange.change_filters("BTCUSDT", step_size=0.0)
    with pytest.raises(UsageError, match="at least 1e-08, found 1e-09"):
        exchange.change_filters("BTCUSDT", step_size=1e-9)
    with pytest.raises(UsageError, match="unknown symbol XRPUSDT"):
        exchange.change_filters("XRPUSDT", step_size=1.0)


def test_a_delisted_contract_is_settled_at_the_mark_and_trades_no_more() -> None:
    exchange = exchange_at()
    submit(exchange, "BUY", "MARKET", 0.01)
    last = exchange.snapshot("BTCUSDT", NOW_MS).last
    stop = submit(exchange, "SELL", "STOP_MARKET", 0.01, trigger_price=round(last * 0.9, 1))
    exchange.delist("BTCUSDT")
    fill = exchange.account.fills[-1]
    assert fill.price == pytest.approx(exchange.snapshot("BTCUSDT", NOW_MS).mark)
    assert fill.fee_usd == 0.0
    client_id = exchange.matching.orders[fill.order_id].client_id
    assert client_id.startswith("settlement_autoclose-")
    assert (stop.status, stop.reason) == ("EXPIRED", 7)
    assert (exchange.status("BTCUSDT"), exchange.status("ETHUSDT")) == ("SETTLING", "TRADING")
    with pytest.raises(ApiError) as refused:
        submit(exchange, "BUY", "MARKET", 0.01)
    assert refused.value.code == -4140
    with pytest.raises(UsageError, match="SETTLING already"):
        exchange.delist("BTCUSDT")


def test_what_was_traded_at_a_finer_step_is_printed_with_its_decimals() -> None:
    exchange = exchange_at()
    exchange.change_filters("ETHUSDT", step_size=1.0, tick_size=0.001)
    exchange.change_filters("ETHUSDT", tick_size=1.0)
    printed = exchange.printed_spec("ETHUSDT")
    assert (printed.size_decimals, printed.price_decimals) == (3, 3)
    assert exchange.spec("ETHUSDT").size_decimals == 0
    assert exchange.printed_spec("BTCUSDT") == exchange.market.specs["BTCUSDT"]
