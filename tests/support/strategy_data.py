"""A made-up Freqtrade data folder with everything that the shipped strategies look at."""

from plimsoll.lab.strategy_data import DAYS, PAIRS, START, end_of, write_strategy_data

END = end_of(DAYS)

__all__ = ["DAYS", "END", "PAIRS", "START", "write_strategy_data"]
