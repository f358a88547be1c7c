"""Drawn settings that the lane takes, for tests on Freqtrade's real objects."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from plimsoll.lab.fast_lane.plan import asks_entries
from tests.identity.drawing import setting
from tests.identity.running import Bench

SEED = 3
LEAST_TRADES = 10


@contextmanager
def plain_runs() -> Iterator[Any]:
    """Yield what makes prepared backtests of one plain setting that trades, asking nobody."""
    with Bench() as bench, bench._prepared(setting("plain", SEED, _number())) as make:
        yield lambda: _loaded(make)


def _loaded(make: Any) -> Any:
    run = make()
    run.load()
    return run


@cache
def _number() -> int:
    with Bench() as bench:
        for number in range(60):
            drawn = setting("plain", SEED, number)
            with bench._prepared(drawn) as make:
                try:
                    run = _loaded(make)
                    if run.lane().refusal is None and not asks_entries(run.backtesting.strategy):  # noqa: SIM102
                        if len(run.freqtrade()["results"]) >= LEAST_TRADES:
                            return number
                except Exception:  # noqa: BLE001 - Freqtrade refuses some settings itself
                    continue
    raise LookupError(SEED)
