"""What finished parts of a simulated day have left is summed; what was cut off is left out."""

import json
from pathlib import Path

from tests.latency.day import PART, kept_day, simulated_day


def part(folder: Path, name: str, *, hours: float = 6.0, orders: int = 50) -> None:
    figures = {"candles": 7200, "missed": 5, "halts": 0, "loops": 360, "seconds": 400.5}
    place = folder / name
    place.mkdir(parents=True)
    told = {"hours": hours, "orders": orders, "hash": "abc", **figures}
    (place / PART).write_text(json.dumps(told), encoding="utf-8")


def test_parts_are_summed(tmp_path: Path) -> None:
    assert kept_day(tmp_path) is None
    part(tmp_path, "from-00")
    part(tmp_path, "from-06", orders=60)
    (tmp_path / "from-12").mkdir()
    assert kept_day(tmp_path) == {
        "hours": 12.0,
        "candles": 14_400,
        "missed": 10,
        "orders": 110,
        "halts": 0,
        "loops": 720,
        "seconds": 801.0,
        "parts": 2,
    }


def test_finished_parts_are_not_replayed_again(tmp_path: Path) -> None:
    for name in ("from-00", "from-06", "from-12", "from-18"):
        part(tmp_path, name)
    simulated_day(tmp_path, hours=24.0)
    assert sorted(one.name for one in tmp_path.glob("*/*")) == [PART] * 4
