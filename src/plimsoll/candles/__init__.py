"""Candles and what can be said of them without a file or a clock. Pure."""
