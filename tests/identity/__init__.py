"""Freqtrade's own backtest against the fast lane, over drawn settings."""
