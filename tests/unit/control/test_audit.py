"""An audit where there is no account to ask; the rest is shown at a real venue."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Order, Trade

from plimsoll.bridge.account.capital import Capital, store_capital
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.control.audit import DRY_RUN, NOT_READ, Audit, _looks_again, run_audit, told_breaks
from plimsoll.control.bot import find_bot
from plimsoll.core import UsageError
from plimsoll.core.books import BotBooks, Break, BreakKind, ExchangeBooks
from plimsoll.risk import RiskProfile
from tests.unit.bridge.trades import FEE
from tests.unit.control.conftest import BTC, ETH

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOLD = {
    "kind": "wrong_size",
    "text": "the exchange holds more",
    "since": "2026-03-02T11:59:00+00:00",
    "pair": BTC,
}


def audit(**changes: Any) -> Audit:
    values = {
        "as_of": NOON,
        "exchange_name": "binance, live",
        "database_name": "sqlite:///x",
        "exchange": ExchangeBooks(as_of=NOON),
        "bot": BotBooks(),
    }
    return Audit(**{**values, **changes})


@pytest.mark.parametrize(
    ("config", "unknown"),
    [("{}", DRY_RUN), ('{"dry_run": false, "trading_mode": "margin"}', NOT_READ)],
)
def test_without_an_account_it_says_what_cannot_be_known(
    userdir: Path, database: Path, config: str, unknown: str
) -> None:
    file = userdir / "layer.json"
    file.write_text(config)
    told: list[str] = []
    outcome = run_audit(find_bot(userdir, [file], f"sqlite:///{database}"), told.append)
    assert outcome.is_sound
    assert outcome.exchange is None
    assert outcome.unknown == (unknown,)
    assert outcome.summary == "nothing to compare"
    [position] = [row for row in outcome.rows if row.subject == "position"]
    assert (position.pair, position.exchange, position.state) == (BTC, "not known", "not known")
    assert told == []


def test_a_database_that_is_not_there_is_wrong_usage(userdir: Path) -> None:
    with pytest.raises(UsageError, match="expected the bot's database at"):
        run_audit(find_bot(userdir, [], "sqlite:///nowhere.sqlite"), [].append)


def test_what_was_earned_beside_the_trades_and_paid_elsewhere_counts(
    userdir: Path, database: Path
) -> None:
    """As the bot counts it: else the audit of a sound account reports missing money."""
    store_capital(Capital(10_000.0, NOON, beside_usd=-80.0))
    [trade] = Trade.get_trades([Trade.is_open.is_(False)]).all()
    trade.fee_close_currency = "BNB"
    at = {"order_id": "1", "ft_order_side": "sell", "ft_pair": ETH, "ft_is_open": False}
    order = Order(**at, ft_amount=10.0, filled=10.0, ft_price=100.0, average=100.0)
    trade.orders.append(order)
    Trade.commit()
    outcome = run_audit(find_bot(userdir, [], f"sqlite:///{database}"), [].append)
    assert outcome.bot.earned_usd == pytest.approx(1.0 - 80.0 + 10.0 * 100.0 * FEE)


def test_the_database_is_only_read(userdir: Path, database: Path) -> None:
    before = database.read_bytes()
    run_audit(find_bot(userdir, [], f"sqlite:///{database}"), [].append)
    assert database.read_bytes() == before


def test_a_break_that_the_bot_told_keeps_its_age() -> None:
    [one] = told_breaks({"breaks": [TOLD]})
    assert (one.kind, one.pair, one.age_seconds(NOON)) == (BreakKind.WRONG_SIZE, BTC, 60.0)


def test_a_break_is_read_back_from_the_status_as_the_bot_wrote_it(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    one = Break(
        kind=BreakKind.FOREIGN_ORDER, text="an order", since=NOON, pair=BTC, order="7", size_usd=5.0
    )
    state.write_status({"breaks": [asdict(one)]})
    [told] = told_breaks(state.status() or {})
    assert (told.key, told.text, told.since) == (one.key, one.text, one.since)


@pytest.mark.parametrize(
    "told",
    [
        "of another version",
        {},
        TOLD | {"kind": "of another version"},
        TOLD | {"since": "yesterday"},
        TOLD | {"since": None},
    ],
)
def test_a_break_of_another_version_costs_an_age_and_nothing_else(told: Any) -> None:
    assert told_breaks({"breaks": [told, TOLD]}) == told_breaks({"breaks": [TOLD]})
    assert told_breaks({}) == ()


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ([BreakKind.MONEY], "looking again for up to 30 s ..."),
        ([BreakKind.MONEY, BreakKind.WRONG_SIZE], "an order may just be under way; looking again"),
    ],
)
def test_money_alone_is_no_order_under_way(kinds: list[BreakKind], said: str) -> None:
    breaks = [Break(kind=kind, text="x", since=NOON, settling=True) for kind in kinds]
    assert _looks_again(breaks, RiskProfile()).startswith(said)


def test_the_last_line_counts_the_breaks() -> None:
    one = Break(kind=BreakKind.MONEY, text="missing", since=NOON)
    assert audit().summary == "sound: the exchange and the database agree"
    assert audit(breaks=(one,)).summary == "1 break"
    assert audit(breaks=(one, one)).summary == "2 breaks"
    assert not audit(breaks=(one,)).is_sound


def test_the_record_has_rows_breaks_with_age_and_remedy_and_both_sides() -> None:
    one = Break(kind=BreakKind.MONEY, text="missing", since=NOON, size_usd=5.0)
    record = audit(breaks=(one,)).as_record()
    assert (record["sound"], record["compared"]) == (False, True)
    assert record["breaks"][0]["age_seconds"] == 0.0
    assert record["breaks"][0]["remedy"]
    assert [row["state"] for row in record["rows"]] == ["not known", "break"]
    assert record["exchange"]["positions"] == ()
    database = record["database"]
    assert [database[name] for name in ("order_ids", "peer_orders", "peer_pairs")] == [[], [], []]
