"""The page says what was walked, and no more."""

from pathlib import Path
from typing import Any

from plimsoll.lab.calibration.plan import Cut, Task, as_record
from tests.calibration.page import PAGE, PICTURE, chosen, write_page
from tests.calibration.scenarios import STRATEGIES, in_order, scenarios


def row(task: Task, *, go: bool) -> dict[str, Any]:
    return {
        "name": task.name,
        "scenario": as_record(task.scenario),
        "go": go,
        "passed": {"out_of_sample_days": True, "out_of_sample_sharpe": go},
        "figures": {"sharpe": 1.5 if go else -0.5},
    }


def test_every_market_is_walked_once_and_those_of_the_answer_first() -> None:
    tasks = in_order(scenarios())
    assert len({one.name for one in tasks}) == len(tasks)
    assert sum(one.markets for one in scenarios()) == len(tasks)
    plain = [one.scenario.edge is None and not one.scenario.free for one in tasks]
    without = sum(one.markets for one in scenarios() if one.edge is None and not one.free)
    real = sum(one.markets for one in scenarios() if one.source.value == "real weeks")
    assert without - real >= 400
    assert sum(plain[: len(tasks) * 2 // 3]) >= 400


def test_shares_and_intervals_are_those_of_the_rows(tmp_path: Path) -> None:
    (tmp_path / PICTURE).parent.mkdir()
    rows = [row(one, go=one.scenario.edge is not None) for one in in_order(scenarios(0.05))]
    write_page(rows, Cut(), tmp_path)
    page = (tmp_path / PAGE).read_text(encoding="utf-8")
    noise = len(chosen(rows))
    assert f"it opened on 0 of {noise} (0.0%; 0.0% to" in page
    assert page.count("1 of 1 (100.0%; 2.5% to 100.0%)") == len(STRATEGIES)
    planted = sum(row["scenario"]["edge"] is not None for row in rows)
    assert f"1.24 or more after costs it opened on {planted} of {planted} (100.0%;" in page
    assert "| `out_of_sample_sharpe` | 0.0% (0.0% to" in page
    assert (tmp_path / PICTURE).read_bytes().startswith(b"\x89PNG")


def test_what_was_not_walked_is_not_told(tmp_path: Path) -> None:
    (tmp_path / PICTURE).parent.mkdir()
    [first, *_] = [one for one in in_order(scenarios(0.05)) if one.scenario.edge is None]
    write_page([row(first, go=False)], Cut(), tmp_path)
    page = (tmp_path / PAGE).read_text(encoding="utf-8")
    answer = page.partition("## How it is measured")[0]
    assert "nan" not in answer
    assert "real weeks |" not in answer
    assert "With an edge**" not in answer
    assert "strongest edge a mean" not in page
