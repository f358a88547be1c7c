import pytest

from plimsoll.venue.exchange import Exchange
from tests.unit.venue.api.signed import buy, call, code_of
from tests.unit.venue.markets import exchange_at


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def test_margin_moves_into_a_position_and_back(exchange: Exchange) -> None:
    path = "/fapi/v1/positionMargin"
    assert code_of(exchange, "POST", path, amount=10, type=1) == -4046
    buy(exchange)
    before, total = exchange.account.position("BTCUSDT"), exchange.account.wallet_usd
    answer = call(exchange, "POST", path, amount=100, type=1)
    assert (answer["code"], answer["amount"], answer["type"]) == (200, 100, 1)
    after = exchange.account.position("BTCUSDT")
    assert after.wallet_usd == pytest.approx(before.wallet_usd + 100)
    assert after.liquidation_price < before.liquidation_price
    assert exchange.account.wallet_usd == pytest.approx(total)
    assert code_of(exchange, "POST", path, amount=50, type=2) == 0
    assert code_of(exchange, "POST", path, amount=200, type=2) == -2019
    assert code_of(exchange, "POST", path, amount=1e9, type=1) == -4051
    assert code_of(exchange, "POST", path, amount=0, type=1) == -4030
    assert code_of(exchange, "POST", path, amount=1, type=3) == -1130


def test_the_modes_that_are_not_modelled_are_refused_with_their_own_codes(
    exchange: Exchange,
) -> None:
    dual, assets = "/fapi/v1/positionSide/dual", "/fapi/v1/multiAssetsMargin"
    assert code_of(exchange, "POST", dual, dualSidePosition="false") == -4059
    assert code_of(exchange, "POST", dual, dualSidePosition="true") == -4061
    assert code_of(exchange, "POST", assets, multiAssetsMargin="true") == -4168
    assert code_of(exchange, "POST", assets, multiAssetsMargin="false") == -4171


def test_leverage_and_its_cap_are_shown_for_each_contract(exchange: Exchange) -> None:
    call(exchange, "POST", "/fapi/v1/leverage", leverage=7)
    (shown,) = call(exchange, "GET", "/fapi/v1/symbolConfig")
    assert (shown["leverage"], shown["marginType"]) == (7, "ISOLATED")
    assert float(shown["maxNotionalValue"]) > 0
    assert len(call(exchange, "GET", "/fapi/v1/symbolConfig", symbol="")) == 2
