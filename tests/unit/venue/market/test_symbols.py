import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.market.symbols import (
    LISTED,
    choose_symbols,
    decimals_of,
    split_symbols,
    symbol_of,
)


@pytest.mark.parametrize("name", ["BTC/USDT:USDT", "BTC/USDT", "BTCUSDT", " btcusdt "])
def test_a_contract_may_be_named_in_three_ways(name: str) -> None:
    assert symbol_of(name) == "BTCUSDT"


@pytest.mark.parametrize(("step", "decimals"), [(1.0, 0), (0.1, 1), (0.00001, 5), (100.0, 0)])
def test_a_step_has_its_decimals(step: float, decimals: int) -> None:
    assert decimals_of(step) == decimals


def test_chosen_contracts_come_in_the_order_of_their_names() -> None:
    assert list(choose_symbols("ETHUSDT, BTC/USDT:USDT,", LISTED)) == ["ETHUSDT", "BTCUSDT"]
    assert choose_symbols(None, LISTED) == LISTED


def test_no_name_and_an_unknown_one_are_refused() -> None:
    with pytest.raises(UsageError, match="leave the option out for all"):
        split_symbols(" , ")
    with pytest.raises(UsageError, match="unknown symbol NONEUSDT"):
        choose_symbols("BTCUSDT,NONEUSDT", LISTED)


def test_every_contract_can_be_traded_at_its_typical_price() -> None:
    for spec in LISTED.values():
        assert spec.symbol == symbol_of(spec.pair)
        assert 0 < spec.tick_size < spec.typical_price_usd / 100
        assert spec.step_size * spec.typical_price_usd < 200
        assert 0 <= spec.market_correlation <= 1
