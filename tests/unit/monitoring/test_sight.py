"""What a look says of the account's equity."""

from dataclasses import replace

import pytest

from tests.unit.monitoring.sights import BLIND, LONG, account


def test_equity_is_the_wallet_with_what_is_open() -> None:
    assert account().equity_usd == pytest.approx(10_100.0)
    short = replace(LONG, side=LONG.side.__class__("short"))
    assert account(positions=(short,)).equity_usd == pytest.approx(9_900.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"positions": (replace(LONG, mark_price=None),)},
        {"positions": (replace(LONG, mark_price=float("nan")),)},
        {"wallet_usd": None},
        {"wallet_usd": float("nan")},
    ],
)
def test_equity_with_an_unknown_part_is_unknown(changes: dict) -> None:  # type: ignore[type-arg]
    assert account(**changes).equity_usd is None


def test_equity_of_an_account_that_was_not_read_is_unknown() -> None:
    assert BLIND.equity_usd is None
