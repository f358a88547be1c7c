import random
from decimal import Decimal

import pytest

from plimsoll.venue.account.spot_wallet import FEE, SpotOrder, SpotWallet, opened
from plimsoll.venue.errors import ApiError

BTC = "BTCUSDT"


def order(wallet: SpotWallet, side: str, quantity: str, price: str, **more: object) -> SpotOrder:
    number = wallet.next_id()
    amounts = {"quantity": Decimal(quantity), "price": Decimal(price)}
    return SpotOrder(number, f"c{number}", BTC, side, "LIMIT", **amounts, **more)  # type: ignore[arg-type]


def taken(wallet: SpotWallet, side: str, quantity: str, price: str) -> SpotOrder:
    made = order(wallet, side, quantity, price, working_ms=1)
    needed = made.price * made.quantity if made.buys else made.quantity
    return wallet.accept(made, needed)


def test_a_buyer_pays_the_fee_in_coins_and_a_seller_in_cash() -> None:
    wallet = opened(1000.0)
    bought = taken(wallet, "BUY", "0.01", "50000")
    assert (wallet.of("USDT").free, wallet.of("USDT").locked) == (500, 500)
    fill = wallet.fill(bought, Decimal(50_000), Decimal("0.01"), 5, is_maker=False)
    assert (fill.fee, fill.fee_asset) == (Decimal("0.00001"), "BTC")
    assert wallet.of("BTC").free == Decimal("0.00999")
    assert (wallet.of("USDT").total, bought.status) == (500, "FILLED")
    sold = taken(wallet, "SELL", "0.00999", "50000")
    fill = wallet.fill(sold, Decimal(50_000), Decimal("0.00999"), 6, is_maker=True)
    assert (fill.fee, fill.fee_asset) == (Decimal("0.4995"), "USDT")
    assert (wallet.of("BTC").total, wallet.of("USDT").free) == (0, Decimal("999.0005"))


def test_the_coins_that_were_bought_cannot_all_be_sold() -> None:
    wallet = opened(1000.0)
    wallet.fill(taken(wallet, "BUY", "0.01", "50000"), Decimal(50_000), Decimal("0.01"), 5,
                is_maker=False)  # fmt: skip
    with pytest.raises(ApiError, match="insufficient balance") as refused:
        taken(wallet, "SELL", "0.01", "50000")
    assert refused.value.code == -2010
    assert wallet.of("BTC").locked == 0


def test_a_better_price_than_the_limit_gives_the_rest_back() -> None:
    wallet = opened(1000.0)
    bought = taken(wallet, "BUY", "0.01", "50000")
    wallet.fill(bought, Decimal(49_000), Decimal("0.005"), 5, is_maker=False)
    assert (wallet.of("USDT").locked, wallet.of("USDT").free) == (250, Decimal(505))
    assert bought.status == "PARTIALLY_FILLED"
    wallet.end(bought, "CANCELED", 6)
    assert (wallet.of("USDT").locked, wallet.of("USDT").free) == (0, Decimal(755))
    assert bought.reserved == 0


def test_an_open_orders_name_is_not_given_twice() -> None:
    wallet = opened(1000.0)
    first = taken(wallet, "BUY", "0.001", "50000")
    again = order(wallet, "BUY", "0.001", "50000")
    again.client_id = first.client_id
    with pytest.raises(ApiError, match="Duplicate"):
        wallet.accept(again, Decimal(50))
    wallet.end(first, "CANCELED", 2)
    wallet.accept(again, Decimal(50))
    assert wallet.of_client(first.client_id) == [again, first]


@pytest.mark.parametrize("seed", range(5))
def test_coins_and_cash_are_conserved_but_for_fees(seed: int) -> None:
    draw, wallet = random.Random(seed), opened(10_000.0)
    for at_ms in range(1, 400):
        price = Decimal(draw.randrange(300_000, 700_000)) / 10
        quantity = Decimal(draw.randrange(1, 5_000)) / 100_000
        side = draw.choice(["BUY", "SELL"])
        made = order(wallet, side, str(quantity), str(price), working_ms=at_ms)
        try:
            wallet.accept(made, price * quantity if made.buys else quantity)
        except ApiError:
            continue
        part = (quantity * Decimal(draw.random())).quantize(Decimal("0.00001"))
        if part:
            better = price * (Decimal("0.99") if made.buys else Decimal("1.01"))
            wallet.fill(made, better, part, at_ms, is_maker=True)
        if made.is_open and draw.random() < 0.7:
            wallet.end(made, "CANCELED", at_ms)
    signs = [(one, 1 if one.side == "BUY" else -1) for one in wallet.fills]
    fees = {
        name: sum((one.fee for one in wallet.fills if one.fee_asset == name), Decimal(0))
        for name in ("BTC", "USDT")
    }
    coins = sum((sign * one.quantity for one, sign in signs), Decimal(0))
    cash = sum((-sign * one.quantity * one.price for one, sign in signs), Decimal(0))
    assert len(wallet.fills) > 50
    assert wallet.of("BTC").total == coins - fees["BTC"]
    assert wallet.of("USDT").total == 10_000 + cash - fees["USDT"]
    for name, buys in (("BTC", False), ("USDT", True)):
        reserved = sum(one.reserved for one in wallet.open_orders() if one.buys is buys)
        assert wallet.of(name).locked == reserved
        assert wallet.of(name).free >= 0
    paid = sum(one.fee if one.fee_asset == "USDT" else one.fee * one.price for one in wallet.fills)
    turned = sum(one.quantity * one.price for one in wallet.fills)
    assert float(paid / turned) == pytest.approx(float(FEE), rel=1e-3)
