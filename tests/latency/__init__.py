"""How long after a candle's close a bot's orders leave, and whether it misses candles."""
