"""A candidate against a baseline: the same days, candles, costs and guards."""
