"""The capital on record."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from freqtrade.persistence import KeyValueStore
from freqtrade.persistence.usedb_context import enable_database_use

from plimsoll.bridge.account.capital import (
    KEY,
    Capital,
    UnreadableCapitalError,
    read_capital,
    store_capital,
)
from tests.unit.bridge.trades import database_trades

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    with database_trades(tmp_path / "bot.sqlite"):
        enable_database_use()
        yield
        enable_database_use()


def test_what_was_stored_is_read_again_to_the_last_digit() -> None:
    assert read_capital() is None
    kept = Capital(9_999.123456789, NOON, -1.5)
    store_capital(kept)
    assert read_capital() == kept


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"usd": "x", "at": "2026-03-02T12:00:00+00:00", "beside_usd": 0}',
        '{"usd": 1, "at": "2026-03-02T12:00:00", "beside_usd": 0}',
        '{"usd": NaN, "at": "2026-03-02T12:00:00+00:00", "beside_usd": 0}',
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    KeyValueStore.store_value(KEY, text)  # type: ignore[arg-type]
    with pytest.raises(UnreadableCapitalError, match="expected the capital"):
        read_capital()


def test_a_number_that_is_none_is_not_stored() -> None:
    store_capital(Capital(1.0, NOON))
    with pytest.raises(ValueError, match="JSON"):
        store_capital(Capital(float("nan"), NOON))
    assert read_capital() == Capital(1.0, NOON)
