import pytest

from plimsoll.venue.account.brackets import bracket_for, brackets_of

BTC = "BTCUSDT"


def test_brackets_join_without_a_jump_in_maintenance_margin() -> None:
    for symbol in (BTC, "ADAUSDT"):
        for lower, upper in zip(brackets_of(symbol), brackets_of(symbol)[1:], strict=False):
            at = lower.cap_usd
            below = at * lower.maintenance_fraction - lower.cum_usd
            above = at * upper.maintenance_fraction - upper.cum_usd
            assert below == pytest.approx(above)
            assert bracket_for(symbol, at + 1) == upper
