"""The filters of a coin on spot, which are not those of its perpetual contract.

The price and its tick are the contract's: one market serves both. The step is a power of ten that
costs at most a dollar at the coin's typical price, near what Binance has; the least order is 5 USDT
everywhere, as on Binance for all pairs quoted in USDT.
"""

import math
from dataclasses import dataclass
from decimal import Decimal

from plimsoll.venue.market.symbols import SymbolSpec

QUOTE = "USDT"
LEAST_ORDER_USD = Decimal(5)
MOST_ORDERS, MOST_CONDITIONAL = 200, 5
PRICE_UP, PRICE_DOWN = Decimal(5), Decimal("0.2")
"""How far a limit may be from the last price, as multiples of it."""


@dataclass(frozen=True)
class SpotFilters:
    """What an order of one coin has to keep to. Prices in USDT, sizes in coins."""

    symbol: str
    base: str
    tick: Decimal
    step: Decimal
    most: Decimal
    price_decimals: int
    size_decimals: int


def spot_filters(spec: SymbolSpec) -> SpotFilters:
    """Return the filters of the coin of a contract."""
    power = min(math.floor(-math.log10(spec.typical_price_usd)), 0)
    step = min(Decimal(1).scaleb(power), Decimal(f"{spec.step_size:.{spec.size_decimals}f}"))
    return SpotFilters(
        symbol=spec.symbol,
        base=spec.base,
        tick=Decimal(1).scaleb(-spec.price_decimals),
        step=step,
        most=Decimal(round(2e7 / spec.typical_price_usd)),
        price_decimals=spec.price_decimals,
        size_decimals=max(-int(step.normalize().as_tuple().exponent), 0),
    )


def pair_of(spec: SymbolSpec) -> str:
    """Return the name of the coin's market that ccxt and Freqtrade use, such as BTC/USDT."""
    return f"{spec.base}/{QUOTE}"
