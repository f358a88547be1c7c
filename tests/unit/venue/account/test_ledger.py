import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.venue.account.ledger import MAKER_FEE, TAKER_FEE, Account

BTC = "BTCUSDT"
FILLS = st.lists(
    st.tuples(
        st.sampled_from(["BUY", "SELL"]),
        st.floats(100.0, 200.0),
        st.integers(1, 50).map(lambda lots: lots / 10),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(FILLS)
def test_equity_is_cash_and_position_whatever_the_order_of_fills(
    fills: list[tuple[str, float, float, bool]],
) -> None:
    account, mark = Account(1e6), 150.0
    cash, amount = 1e6, 0.0
    for number, (side, price, quantity, maker) in enumerate(fills):
        account.fill(number, BTC, side, price, quantity, number, is_maker=maker)
        signed = quantity if side == "BUY" else -quantity
        cash -= signed * price + quantity * price * (MAKER_FEE if maker else TAKER_FEE)
        amount += signed
    position = account.position(BTC)
    assert position.amount == pytest.approx(amount, abs=1e-9)
    equity = account.wallet_usd + position.unrealized_usd(mark)
    assert equity == pytest.approx(cash + amount * mark, abs=1e-5)
    margin = abs(amount) * position.entry_price / position.leverage
    assert position.wallet_usd == pytest.approx(margin, abs=1e-6)
    booked = sum(entry.amount_usd for entry in account.income)
    assert account.wallet_usd == pytest.approx(1e6 + booked, abs=1e-5)


@pytest.mark.parametrize(("side", "sign"), [("BUY", 1), ("SELL", -1)])
def test_at_the_liquidation_price_equity_is_the_maintenance_margin(side: str, sign: int) -> None:
    account = Account(10_000.0)
    account.set_leverage(BTC, 10)
    account.fill(1, BTC, side, 60_000.0, 0.5, 0, is_maker=False)
    position = account.position(BTC)
    price = position.liquidation_price
    assert (price - 60_000.0) * sign < 0
    equity = position.wallet_usd + position.unrealized_usd(price)
    assert equity == pytest.approx(position.maintenance_usd(price), rel=1e-9)


def test_longs_pay_a_positive_rate_and_shorts_get_it() -> None:
    for side, sign in (("BUY", -1.0), ("SELL", 1.0)):
        account = Account(10_000.0)
        account.fill(1, BTC, side, 50_000.0, 0.1, 0, is_maker=False)
        account.pay_funding(BTC, 0.0001, 50_000.0, 1)
        assert account.income[-1].amount_usd == pytest.approx(sign * 0.5)
