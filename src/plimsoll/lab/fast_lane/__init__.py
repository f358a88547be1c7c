"""The fast lane: Freqtrade's backtest, trade by trade the same, in a compiled loop."""
