"""A strategy of one's own on made markets: what is asked for is walked, and kept."""

import logging
from pathlib import Path

import pytest

from plimsoll.core import UsageError
from plimsoll.lab.calibration.edge import Edge
from plimsoll.lab.calibration.own import CalibrationRequest, calibrate_own
from plimsoll.lab.calibration.plan import Cut
from tests.support.search_ground import SearchGround

CUT = Cut(windows=1, train_days=60, test_days=60)


def asked(ground: SearchGround, *more: str, edges: tuple[Edge, ...] = ()) -> CalibrationRequest:
    arguments = ground.arguments("-i", "4h", *more, epochs=2)
    return CalibrationRequest(arguments, markets=2, cut=CUT, edges=edges, workers=2)


def test_markets_without_an_edge_and_with_one_are_walked_and_kept(ground: SearchGround) -> None:
    said: list[str] = []
    request = asked(ground, edges=(Edge(8.0, 48),))
    outcome = calibrate_own(request, said.append)
    none, planted = outcome.measured
    assert (none.edge, none.share.count) == (None, 2)
    assert (planted.edge, planted.share.count) == (Edge(8.0, 48), 2)
    assert outcome.slower is None
    assert outcome.file.parent == ground.userdir / "plimsoll" / "calibrate"
    assert logging.root.manager.disable < logging.WARNING
    again = calibrate_own(request, said.append)
    assert "4 of 4 markets were walked before" in said
    assert again.rows == outcome.rows


def test_another_limit_of_the_config_is_judged_by(ground: SearchGround, tmp_path: Path) -> None:
    layer = tmp_path / "limits.json"
    layer.write_text('{"plimsoll": {"gates": {"limits": {"out_of_sample_days": 60}}}}')
    shipped, looser = (
        calibrate_own(asked(ground, *more), lambda _: None) for more in ((), ("-c", str(layer)))
    )
    assert not any(row["passed"]["out_of_sample_days"] for row in shipped.rows)
    assert all(row["passed"]["out_of_sample_days"] for row in looser.rows)


def test_candles_of_minutes_and_an_edge_twice_are_refused(ground: SearchGround) -> None:
    with pytest.raises(UsageError, match="from 1h to 1d, found 5m"):
        calibrate_own(asked(ground, "-i", "5m"), lambda _: None)
    with pytest.raises(UsageError, match="found one twice"):
        calibrate_own(asked(ground, edges=(Edge(1.0, 48),) * 2), lambda _: None)
