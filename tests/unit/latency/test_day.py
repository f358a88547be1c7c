"""What finished simulated days have left is summed; one that was cut off is left out."""

import json
from pathlib import Path

from tests.latency.day import LEFT, kept_days, simulated_days


def day(folder: Path, name: str, *, orders: int = 50) -> None:
    figures = {"candles": 7200, "missed": 5, "halts": 0, "loops": 360, "seconds": 400.5}
    place = folder / name
    place.mkdir(parents=True)
    told = {"orders": orders, "hash": "abc", **figures}
    (place / LEFT).write_text(json.dumps(told), encoding="utf-8")


def test_days_are_summed(tmp_path: Path) -> None:
    assert kept_days(tmp_path) is None
    day(tmp_path, "0")
    day(tmp_path, "1", orders=60)
    (tmp_path / "2").mkdir()
    assert kept_days(tmp_path) == {
        "candles": 14_400,
        "missed": 10,
        "orders": 110,
        "halts": 0,
        "loops": 720,
        "seconds": 801.0,
        "days": 2,
    }


def test_finished_days_are_not_replayed_again(tmp_path: Path) -> None:
    for name in ("0", "1"):
        day(tmp_path, name)
    simulated_days(tmp_path, days=2)
    assert sorted(one.name for one in tmp_path.glob("*/*")) == [LEFT] * 2
