"""The contracts that the exchange can list: identity, filters and the shape of their market.

Filters follow Binance USD-M ``exchangeInfo``; every symbol stands in freqtrade's packaged
``binance_leverage_tiers.json``. Volatility, correlation and volume are rounded from
2022-06 → 2025-06 hourly candles of the real contracts where those were at hand.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from plimsoll.core.errors import UsageError


@dataclass(frozen=True)
class SymbolSpec:
    """One perpetual contract. Prices in USDT, sizes in the base coin, fractions a year."""

    base: str
    tick_size: float
    step_size: float
    min_notional_usd: float
    listed_ms: int
    typical_price_usd: float
    annual_volatility_fraction: float
    market_correlation: float
    hourly_volume_usd: float
    funding_cap_fraction: float = 0.02

    @property
    def symbol(self) -> str:
        """The exchange's own name, such as BTCUSDT."""
        return f"{self.base}USDT"

    @property
    def pair(self) -> str:
        """The name that ccxt and freqtrade use, such as BTC/USDT:USDT."""
        return f"{self.base}/USDT:USDT"

    @property
    def price_decimals(self) -> int:
        """Decimals of a price."""
        return decimals_of(self.tick_size)

    @property
    def size_decimals(self) -> int:
        """Decimals of a quantity."""
        return decimals_of(self.step_size)


def decimals_of(step: float) -> int:
    """Return how many decimals a power-of-ten step such as 0.01 has."""
    text = f"{step:.10f}".rstrip("0")
    return len(text.partition(".")[2])


def _ms(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


# base, tick, step, least order USD, listed, typical price, volatility a year, correlation with
# the market factor, volume an hour in million USD, cap of the funding rate
_TABLE: tuple[tuple[str, float, float, float, str, float, float, float, float, float], ...] = (
    ("BTC", 0.1, 0.001, 50.0, "2019-09-08", 62_000.0, 0.51, 0.89, 617.0, 0.003),
    ("ETH", 0.01, 0.001, 20.0, "2019-11-27", 2_700.0, 0.67, 0.92, 346.0, 0.003),
    ("SOL", 0.01, 0.01, 5.0, "2020-09-14", 135.0, 1.01, 0.78, 89.0, 0.02),
    ("XRP", 0.0001, 0.1, 5.0, "2020-01-06", 0.85, 0.85, 0.70, 48.0, 0.02),
    ("ADA", 0.0001, 1.0, 5.0, "2020-01-31", 0.55, 0.89, 0.80, 16.0, 0.02),
    ("DOGE", 0.00001, 1.0, 5.0, "2020-07-10", 0.16, 0.97, 0.76, 44.0, 0.02),
    ("LINK", 0.001, 0.01, 20.0, "2020-01-17", 14.0, 0.90, 0.82, 13.0, 0.02),
    ("BNB", 0.01, 0.01, 5.0, "2020-02-10", 520.0, 0.58, 0.77, 21.0, 0.02),
    ("LTC", 0.01, 0.001, 20.0, "2020-01-09", 85.0, 0.80, 0.77, 13.0, 0.02),
    ("AVAX", 0.001, 1.0, 5.0, "2020-09-23", 27.0, 0.98, 0.84, 14.0, 0.02),
    ("DOT", 0.001, 0.1, 5.0, "2020-08-22", 6.2, 0.88, 0.82, 9.0, 0.02),
    ("TRX", 0.00001, 1.0, 5.0, "2020-01-15", 0.18, 0.60, 0.55, 7.0, 0.02),
    ("BCH", 0.01, 0.001, 20.0, "2019-12-19", 370.0, 0.85, 0.72, 11.0, 0.02),
    ("ATOM", 0.001, 0.01, 5.0, "2020-02-07", 8.0, 0.88, 0.78, 5.0, 0.02),
    ("NEAR", 0.001, 1.0, 5.0, "2020-10-15", 4.4, 1.05, 0.78, 8.0, 0.02),
    ("UNI", 0.001, 1.0, 5.0, "2020-09-18", 8.0, 0.98, 0.76, 6.0, 0.02),
    ("FIL", 0.001, 0.1, 5.0, "2020-10-16", 5.0, 0.98, 0.78, 9.0, 0.02),
    ("ETC", 0.001, 0.01, 20.0, "2020-01-16", 23.0, 0.88, 0.76, 8.0, 0.02),
    ("AAVE", 0.01, 0.1, 5.0, "2020-10-16", 140.0, 1.00, 0.76, 7.0, 0.02),
    ("APT", 0.001, 0.1, 5.0, "2022-10-19", 8.4, 1.05, 0.78, 9.0, 0.02),
    ("ARB", 0.0001, 0.1, 5.0, "2023-03-23", 0.85, 1.02, 0.80, 9.0, 0.02),
    ("OP", 0.0001, 0.1, 5.0, "2022-06-01", 1.7, 1.10, 0.78, 8.0, 0.02),
    ("SUI", 0.0001, 0.1, 5.0, "2023-05-03", 2.2, 1.15, 0.72, 22.0, 0.02),
    ("INJ", 0.001, 0.1, 5.0, "2022-08-17", 19.0, 1.12, 0.74, 6.0, 0.02),
    ("XLM", 0.00001, 1.0, 5.0, "2020-01-20", 0.2, 0.85, 0.68, 4.0, 0.02),
    ("HBAR", 0.00001, 1.0, 5.0, "2021-03-17", 0.13, 1.00, 0.68, 6.0, 0.02),
)

# Listed when they are named alone: a feed of fifty contracts is larger than a test needs.
_FURTHER: tuple[tuple[str, float, float, float, str, float, float, float, float, float], ...] = (
    ("ALGO", 0.0001, 0.1, 5.0, "2020-07-13", 0.2, 0.95, 0.76, 3.0, 0.02),
    ("MANA", 0.0001, 1.0, 5.0, "2021-02-11", 0.45, 1.0, 0.75, 3.0, 0.02),
    ("SAND", 0.0001, 1.0, 5.0, "2021-01-20", 0.42, 1.02, 0.75, 3.0, 0.02),
    ("AXS", 0.001, 1.0, 5.0, "2020-11-19", 6.5, 1.05, 0.74, 3.0, 0.02),
    ("GALA", 0.00001, 1.0, 5.0, "2021-09-13", 0.03, 1.1, 0.76, 4.0, 0.02),
    ("CHZ", 0.00001, 1.0, 5.0, "2021-01-21", 0.08, 0.98, 0.72, 3.0, 0.02),
    ("GRT", 0.00001, 1.0, 5.0, "2020-12-18", 0.18, 1.08, 0.75, 3.0, 0.02),
    ("CRV", 0.001, 0.1, 5.0, "2020-08-27", 0.55, 1.1, 0.72, 5.0, 0.02),
    ("COMP", 0.01, 0.001, 5.0, "2020-07-20", 52.0, 0.98, 0.74, 2.0, 0.02),
    ("SNX", 0.001, 0.1, 5.0, "2020-09-03", 2.0, 1.05, 0.74, 2.0, 0.02),
    ("ZEC", 0.01, 0.001, 5.0, "2020-02-05", 38.0, 0.9, 0.68, 3.0, 0.02),
    ("DASH", 0.01, 0.001, 5.0, "2020-02-04", 35.0, 0.85, 0.7, 2.0, 0.02),
    ("XTZ", 0.001, 0.1, 5.0, "2020-02-06", 0.9, 0.88, 0.77, 2.0, 0.02),
    ("IOTA", 0.0001, 0.1, 5.0, "2020-02-11", 0.2, 0.92, 0.75, 2.0, 0.02),
    ("THETA", 0.0001, 0.1, 5.0, "2020-05-05", 1.4, 1.0, 0.75, 3.0, 0.02),
    ("VET", 0.00001, 1.0, 5.0, "2020-02-14", 0.028, 0.92, 0.77, 3.0, 0.02),
    ("ICP", 0.001, 1.0, 5.0, "2022-09-27", 7.5, 1.02, 0.75, 4.0, 0.02),
    ("RUNE", 0.001, 1.0, 5.0, "2020-09-04", 3.2, 1.1, 0.73, 4.0, 0.02),
    ("KAVA", 0.0001, 0.1, 5.0, "2020-07-29", 0.65, 0.95, 0.72, 2.0, 0.02),
    ("EGLD", 0.001, 0.1, 5.0, "2020-09-11", 35.0, 0.92, 0.77, 2.0, 0.02),
    ("LDO", 0.0001, 1.0, 5.0, "2022-09-26", 1.6, 1.15, 0.74, 5.0, 0.02),
    ("IMX", 0.0001, 1.0, 5.0, "2022-02-11", 1.3, 1.1, 0.75, 3.0, 0.02),
    ("STX", 0.0001, 1.0, 5.0, "2022-10-26", 1.6, 1.12, 0.73, 4.0, 0.02),
    ("ENJ", 0.0001, 1.0, 5.0, "2020-09-16", 0.25, 0.95, 0.73, 2.0, 0.02),
)

BY_NAME: dict[str, SymbolSpec] = {
    f"{row[0]}USDT": SymbolSpec(
        base=row[0],
        tick_size=row[1],
        step_size=row[2],
        min_notional_usd=row[3],
        listed_ms=_ms(row[4]),
        typical_price_usd=row[5],
        annual_volatility_fraction=row[6],
        market_correlation=row[7],
        hourly_volume_usd=row[8] * 1e6,
        funding_cap_fraction=row[9],
    )
    for row in (*_TABLE, *_FURTHER)
}
"""Every contract that the exchange can list."""
LISTED = {f"{row[0]}USDT": BY_NAME[f"{row[0]}USDT"] for row in _TABLE}
"""Those that it lists when none is named."""


def symbol_of(name: str) -> str:
    """Return the exchange's symbol for ``BTC/USDT:USDT``, ``BTC/USDT`` or ``BTCUSDT``."""
    return name.strip().upper().partition(":")[0].replace("/", "")


def split_symbols(names: str) -> list[str]:
    """Return the symbols of names divided by commas; raises `UsageError` for no name."""
    symbols = [symbol_of(name) for name in names.split(",") if name.strip()]
    if not symbols:
        raise UsageError(
            f'expected --symbols such as BTC/USDT:USDT,ETHUSDT, found "{names}"; '
            "leave the option out for all"
        )
    return symbols


def choose_symbols(names: str | None, offered: dict[str, SymbolSpec]) -> dict[str, SymbolSpec]:
    """Return the named subset of the offered contracts, all of them for None.

    Raises `UsageError` for no name and for one that is not offered.
    """
    if names is None:
        return dict(offered)
    wanted = split_symbols(names)
    unknown = [symbol for symbol in wanted if symbol not in offered]
    if unknown:
        raise UsageError(
            f"unknown symbol {', '.join(unknown)}; this market has {', '.join(sorted(offered))}"
        )
    return {symbol: offered[symbol] for symbol in wanted}


def unknown_spec(symbol: str) -> SymbolSpec:
    """Return filters for a contract that only the data know; the tick comes from them."""
    return replace(
        LISTED["ADAUSDT"],
        base=symbol.removesuffix("USDT"),
        tick_size=1.0,
        step_size=0.001,
        listed_ms=0,
    )
