"""Bybit v5 linear futures: a second protocol over the same market and account."""
