"""What the market offered a backtest's fills: spread, delay, depth, gaps. Pure."""
