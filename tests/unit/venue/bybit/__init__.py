"""Tests of Bybit's dialect."""
