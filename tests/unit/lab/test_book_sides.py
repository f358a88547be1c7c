"""What a recorded trade made: each close at the average of what was open by then."""

import pytest

from plimsoll.lab.book_sides import BookedFill, DatabaseOrder, DatabaseTrade


def order(*, is_buy: bool, amount: float, price: float) -> DatabaseOrder:
    """Return an order that is filled."""
    return DatabaseOrder("1", is_buy, is_stop=False, is_open=False, amount=amount, price=price)


def trade(*orders: DatabaseOrder, is_short: bool = False, profit: float | None) -> DatabaseTrade:
    """Return a trade with funding received of 0.25."""
    return DatabaseTrade(
        id=1,
        symbol="LTCUSDT",
        is_short=is_short,
        is_open=profit is None,
        amount=0.0,
        fee_open=0.001,
        fee_close=0.002,
        funding_usd=0.25,
        profit_usd=profit,
        orders=orders,
    )


@pytest.mark.parametrize("is_short", [False, True])
def test_what_is_closed_is_closed_at_the_average_entry(is_short: bool) -> None:
    enters, sign = not is_short, -1 if is_short else 1
    held = trade(
        order(is_buy=enters, amount=2.0, price=100.0),
        order(is_buy=enters, amount=0.0, price=0.0),
        order(is_buy=not enters, amount=1.0, price=103.0),
        order(is_buy=enters, amount=1.0, price=110.0),
        order(is_buy=not enters, amount=2.0, price=106.0),
        is_short=is_short,
        profit=None,
    )
    # 3 on the first, then 2 at an average of 105.
    assert held.gross_usd == pytest.approx(sign * (3.0 + 2.0))
    assert held.fees_usd == pytest.approx(310 * 0.001 + 315 * 0.002)
    assert held.told_usd == held.parts_usd == pytest.approx(sign * 5.0 - 0.94 + 0.25)


def test_a_closed_trade_tells_its_own_profit() -> None:
    assert trade(order(is_buy=True, amount=1, price=100), profit=7.0).told_usd == 7.0


def test_a_fill_pays_its_fee() -> None:
    assert BookedFill("1", "LTCUSDT", True, 100.0, 1.0, 0.05, 2.0, 1).net_usd == 1.95
