"""Tests of what luck could have made of a strategy."""
