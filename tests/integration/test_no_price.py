"""The order book cannot be read, and orders are taken: what a guard wants closed is closed."""

from pathlib import Path

import pytest

from tests.support.drill import DrillPlan, drill

PRICES = ("depth", "ticker/24hr", "ticker/bookTicker", "ticker/price")


@pytest.mark.freqtrade
def test_a_halt_closes_at_market_while_the_exchange_tells_no_price(tmp_path: Path) -> None:
    """Freqtrade asks for a price before it asks for exits: nothing was sent, ever."""
    plan = DrillPlan(live=True, speed=20.0, throttle_seconds=5)
    with drill(tmp_path, plan) as bot:
        bot.wait_for_positions(2)
        bot.fault(
            "http-error", status=400, code=-1000, paths=[f"GET /fapi/v1/{one}" for one in PRICES]
        )
        (bot.userdir / "plimsoll/halt").write_text("no prices")
        assert bot.until_flat(seconds=60).loops <= 5
        assert {trade["exit_reason"] for trade in bot.trades()} == {"plimsoll_manual_halt"}
        assert bot.log_lines("is closed at market without a price")
