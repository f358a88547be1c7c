"""Plimsoll: strategies, guards and a simulated exchange for the plain ``freqtrade`` command."""

__version__ = "0.3.0"
