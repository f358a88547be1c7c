"""Closing while the exchange tells no price."""

import pytest
from freqtrade.exceptions import OperationalException, PricingError

from plimsoll.bridge.freqtrade.exit_price import close_without_price, told_price

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


class Priced:
    """An exchange whose book can be read or not."""

    fault: Exception | None = None

    def get_rate(self, pair: str, refresh: bool, side: str, is_short: bool) -> float:
        if self.fault is not None:
            raise self.fault
        return 101.0


@pytest.mark.parametrize("fault", [PricingError("no book"), OperationalException("no symbol")])
def test_only_an_exit_that_is_wanted_has_a_substitute(fault: Exception) -> None:
    exchange = Priced()
    close_without_price(exchange, {BTC: 90.0}.get)
    assert exchange.get_rate(BTC, refresh=True, side="exit", is_short=False) == 101.0
    exchange.fault = fault
    assert exchange.get_rate(BTC, refresh=True, side="exit", is_short=False) == 90.0
    with pytest.raises(type(fault)):
        exchange.get_rate(ETH, refresh=True, side="exit", is_short=False)
    with pytest.raises(type(fault)):
        exchange.get_rate(BTC, refresh=True, side="entry", is_short=False)
    with pytest.raises(type(fault)):
        told_price(exchange, BTC, is_short=False)
