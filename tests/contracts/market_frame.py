"""Made-up candles with every column that a feature may ask for: those of the shipped checks."""

from plimsoll.checks.market_frame import AMOUNTS, PRICES, market_frame

__all__ = ["AMOUNTS", "PRICES", "market_frame"]
