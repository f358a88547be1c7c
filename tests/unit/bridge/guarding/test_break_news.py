"""What people and the decision log are told of the exchange's books."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from plimsoll.bridge.account.reconciler import Event, News
from plimsoll.bridge.guarding.break_news import tell_breaks
from plimsoll.core.books import Break, BreakKind

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE = Break(
    kind=BreakKind.UNKNOWN_ORDER,
    text="an order is open",
    since=NOON - timedelta(seconds=40),
    pair="BTC/USDT:USDT",
    order="7",
    exchange=1.0,
    database=0.0,
    size_usd=100.0,
    ours=True,
)


def told(*news: News) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """The records and the messages, each message with what it is about."""
    records: list[dict[str, Any]] = []
    messages: list[tuple[str, str]] = []

    def record(kind: str, at: datetime, **fields: Any) -> None:
        assert (kind, at, fields.pop("durable")) == ("break", NOON, True)
        records.append(fields)

    def tell(text: str, at: datetime, about: str) -> None:
        assert at == NOON
        messages.append((text, about))

    tell_breaks(news, NOON, record=record, tell=tell)
    return records, messages


def test_a_break_is_recorded_with_its_age_and_both_figures() -> None:
    [record], [(text, _)] = told(News(event="begun", text=ONE.text, age_seconds=40.0, about=ONE))
    assert text == (
        "🔎 An order is open (for 40\u00a0s, 100\u00a0USD). No entries; plimsoll audit shows both "
        "sides."
    )
    assert record == {
        "event": "begun",
        "text": "an order is open",
        "age_seconds": 40.0,
        "amount_usd": None,
        "rule": "reconciliation",
        "break": "unknown_order",
        "pair": "BTC/USDT:USDT",
        "order": "7",
        "exchange": 1.0,
        "database": 0.0,
        "size_usd": 100.0,
        "ours": True,
        "since": ONE.since,
    }


def test_a_transfer_is_recorded_with_its_amount() -> None:
    [record], [(text, _)] = told(News(event="transfer", text="-5.00 USD", amount_usd=-5.0))
    assert text.startswith("⚠️ −5\u00a0USD transferred")
    assert (record["event"], record["amount_usd"]) == ("transfer", -5.0)
    assert "break" not in record


def test_a_transfer_leaves_a_share_of_its_own_as_it_is() -> None:
    said: list[str] = []
    tell_breaks(
        [News(event="transfer", text="-5.00 USD", amount_usd=-5.0)],
        NOON,
        record=lambda *_, **__: None,
        tell=lambda text, *_: said.append(text),
        share_usd=500.0,
    )
    assert said[0].endswith("The bot's share of 500\u00a0USD is unchanged.")


def test_what_fails_again_and_again_is_about_the_same_thing() -> None:
    first = News(event="failed", text="no answer 1", about=ONE)
    second = News(event="failed", text="no answer 2", about=ONE)
    _, [(_, one), (_, two)] = told(first, second)
    assert one == two
    _, [(_, mended)] = told(News(event="mended", text="done", about=ONE))
    assert mended != one


@pytest.mark.parametrize("event", get_args(Event))
def test_every_event_has_words(event: Any) -> None:
    _, [(text, _)] = told(News(event=event, text="seen so", about=ONE, amount_usd=5.0))
    said = "+5\u00a0USD" if event in ("transfer", "accepted") else "seen so"
    said = "Over: BTC/USDT, unknown order" if event == "ended" else said
    assert text[0] in "🔎✅⚠"
    assert said.lower() in text.lower()
