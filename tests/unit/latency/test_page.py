"""The page says whether the goal is met, and what guards add to a plain bot."""

from typing import Any

from tests.latency.figures import Figures, figures
from tests.latency.page import page

ABOUT = {"pairs": 20, "made_on": "2026-11-22", "cores": 2, "python": "3.11", "freqtrade": "2026.9"}
DAY = {
    "candles": 28_800,
    "missed": 20,
    "orders": 218,
    "halts": 1,
    "loops": 1440,
    "seconds": 1800.0,
    "days": 1,
}
LOAD = (1.0, 2.0)


def scene(*, works: float, guards: float = 0.0, requests: int = 10) -> Figures:
    """Return the figures of a loop whose orders leave after so much work, and half as much more."""
    orders = [
        {
            "at": 61.0 + times * works + 0.1,
            "processor": times * works,
            "waited": 0.1,
            "queued": 0.0,
            "guards": times * guards,
        }
        for times in (1.0, 1.5)
    ]
    parts = {"requests": [requests, 0.3, 0.1, 0.2], "of the guards: requests": [2, 0.1, 0.1, 0.0]}
    shared: dict[str, Any] = {"analysed": {}, "orders": [], "parts": {}}
    loops = [{"at": 30.0, **shared}, {"at": 61.0, **shared, "orders": orders, "parts": parts}]
    return figures(loops, [], is_live=False)


def text(**scenes: Figures) -> str:
    named = {
        name.replace("_", "-").replace("-plain", ", plain bot"): one for name, one in scenes.items()
    }
    return page({name: (one, LOAD) for name, one in named.items()}, DAY, ABOUT)


def test_the_goal_is_of_the_bots_own_work() -> None:
    assert "**The goal is met** in *dry-run*." in text(dry_run=scene(works=0.3))
    assert "**The goal is not met.**" in text(dry_run=scene(works=0.4))
    both = text(live=scene(works=0.4), dry_run=scene(works=0.3))
    assert "**The goal is met** in *dry-run*. It is not met in *live*." in both


def test_the_plain_bot_is_compared_and_meets_no_goal_of_ours() -> None:
    said = text(live=scene(works=0.4, guards=0.02, requests=14), live_plain=scene(works=0.35))
    assert "| live | first | processor | 400 | 350 | +50 | 20 |" in said
    assert "| live | each further | own work less queue | 200 | 175 | +25 |  |" in said
    assert "| live | all | requests, candles apart | 7.0 | 5.0 | +2.0 | 1.0 |" in said
    assert "own work less the queue is up to 0.60 s" in said
    assert "in 99 of 100 orders, and up to 0.52 s in the plain bot" in said


def test_without_a_plain_bot_nothing_is_compared() -> None:
    assert "What Plimsoll adds" not in text(live=scene(works=0.4))


def test_simulated_hours_are_told_where_they_were_run() -> None:
    scenes = {"live": (scene(works=0.1), LOAD)}
    assert "24 simulated hours" in page(scenes, DAY, ABOUT)
    assert "took 30 minutes" in page(scenes, DAY, ABOUT)
    assert "Halts of the account in that time: 1." in page(scenes, DAY, ABOUT)
    assert "simulated hours" not in page(scenes, None, ABOUT)
