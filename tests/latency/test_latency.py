"""A short run: the exchange and the bot's own record agree on when an order left."""

from pathlib import Path

import pytest

from tests.latency.run import PAIRS, Scene, measure

pytestmark = pytest.mark.freqtrade


def test_the_exchange_receives_what_the_stopwatch_saw_leave(tmp_path: Path) -> None:
    scene = Scene("short", is_live=True, pairs=PAIRS[:2], round=1)
    measured = measure(scene, tmp_path / "run", minutes=0)
    loop = measured.loops[0]
    assert set(loop["analysed"]) == set(scene.pairs)
    assert [order["pair"] for order in loop["orders"]] == list(scene.pairs)
    assert [one["kind"] for one in measured.received] == ["MARKET", "MARKET"]
    for order, one in zip(loop["orders"], measured.received, strict=True):
        # What lies between: margin type and leverage are set before the order is posted.
        assert 0 <= one["received_ms"] / 1000 - order["at"] < 2
        assert loop["at"] < order["at"] < loop["at"] + loop["seconds"]
        assert 0 < order["waited"] < order["at"] - loop["at"] - order["queued"]
        assert 0 < order["guards"] < order["processor"]
    assert loop["parts"]["orders sent"][0] == 2
    assert loop["cpu_seconds"] > 0
