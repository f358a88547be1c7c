"""``make calibrate``: walk the shipped strategies over made markets, rewrite docs/calibration.md.

A run that was broken off goes on where it was, unless what decides its rows has changed.
"""

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from plimsoll.lab.calibration.hours import Hours
from plimsoll.lab.calibration.plan import Cut, Source
from plimsoll.lab.calibration.real_blocks import real_hours
from plimsoll.lab.calibration.run import Ground, Record, calibrate
from plimsoll.lab.calibration.walk import Walker
from plimsoll.lab.search.configuration import hyperopt_config, quiet
from plimsoll.lab.study_data import file_of
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue
from tests.calibration.page import write_page
from tests.calibration.scenarios import (
    EPOCHS,
    LOSS,
    PAIRS,
    REAL_PAIRS,
    STAKE_USD,
    TIMEFRAME,
    in_order,
    scenarios,
)
from tests.conftest import REAL_DATA, ROOT

OUT = ROOT / "out" / "calibration"


def main(words: Sequence[str] | None = None) -> int:
    """Return 0 when all markets were walked."""
    asked = _asked(words)
    logging.disable(logging.WARNING)
    wanted = scenarios(asked.share)
    with (
        tempfile.TemporaryDirectory(prefix="plimsoll-calibrate-") as name,
        _walkers(Path(name)) as walkers,
    ):
        real = _real()
        if real is None:
            wanted = [one for one in wanted if one.source is not Source.REAL_WEEKS]
            print(f"no real candles at {REAL_DATA}: no markets of real weeks", flush=True)
        ground = Ground(walkers, Cut(), asked.seed, Path(name) / "markets", real)
        record = Record(OUT, ground)
        tasks = in_order(wanted)
        if asked.only_page:
            rows = [record.rows[one.name] for one in tasks if one.name in record.rows]
        else:
            rows = calibrate(ground, tasks, record, at_once=asked.workers, say=_say)
    if asked.json:
        print(json.dumps(rows))
    if not asked.no_page:
        write_page(rows, ground.cut, ROOT / "docs")
    return 0


@contextmanager
def _walkers(folder: Path) -> Iterator[dict[str, Walker]]:
    """Yield a walker for each strategy; the simulated exchange tells what contracts there are."""
    lay_out(folder / "user_data")
    last = {
        "stake_amount": STAKE_USD,
        "pairlists": [{"method": "StaticPairList"}],
        "plimsoll": {"guards": "off"},
    }
    (folder / "last.json").write_text(json.dumps(last), encoding="utf-8")
    with serve_venue(["--symbols", ",".join(PAIRS)], folder=folder) as venue:
        layers = folder / "user_data" / "config"
        files = [layers / "base.json", venue.config, layers / "mode-backtest.json"]
        shared = (
            *("--userdir", str(folder / "user_data"), "--datadir", str(folder / "data")),
            *(part for file in (*files, folder / "last.json") for part in ("-c", str(file))),
            *("-i", TIMEFRAME, "--hyperopt-loss", LOSS, "--epochs", str(EPOCHS)),
        )
        exchange, made = None, {}
        for scenario in {one.walker: one for one in scenarios()}.values():
            free = ("--fee", "0") if scenario.free else ()
            asked = (*shared, *free, "--strategy", scenario.strategy, "--spaces", "buy", "sell")
            with quiet():
                config = hyperopt_config(asked)
            made[scenario.walker] = Walker(config, exchange)
            exchange = made[scenario.walker].exchange
        yield made


def _real() -> Hours | None:
    files = {one: file_of(REAL_DATA, f"{one}/USDT:USDT", "1h") for one in REAL_PAIRS}
    if not all(file.exists() for file in files.values()):
        return None
    return real_hours({one: pd.read_feather(file) for one, file in files.items()})


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.calibration", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the markets, such as 0.1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print the rows")
    parser.add_argument("--no-page", action="store_true")
    parser.add_argument("--only-page", action="store_true", help="write it from what was walked")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
