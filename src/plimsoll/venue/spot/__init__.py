"""Binance spot (/api/v3): the same market, an account of coins beside the futures one."""
