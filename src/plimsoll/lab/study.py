"""Studies: which strategies are backtested together on real data, and how freqtrade runs them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from plimsoll.core import PlimsollError
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.results import BacktestResult, read_backtests
from plimsoll.lab.study_data import Needs, fill_marks, link_data, make_longer
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue

BALANCE_USD = 100_000
CHECK_START = pd.Timestamp("2024-01-01", tz="UTC")
"""The research chose everything on the years before, and looked at the rest once."""
SECONDS = 3600
ALL, RULE = "all", "rule"
DATA = "data"
"""Where a study folder has the candles."""


@dataclass(frozen=True, slots=True)
class Study:
    """Strategies that share a timeframe, pairs and a span; ``kinds`` is what they need beside.

    ``folder`` holds the strategies of others; ``None`` for shipped ones. ``universe`` is `ALL`, or
    `RULE`: then pairs that begin within the span are traded too, and portfolios hold by rule.
    """

    name: str
    timeframe: str
    pairs: tuple[str, ...]
    timerange: str
    strategies: tuple[str, ...]
    baselines: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    folder: Path | None = None
    universe: str = ALL

    def needs(self) -> Needs:
        """Return the files that its pairs must have."""
        first, end = (datetime.strptime(day, "%Y%m%d").date() for day in self.timerange.split("-"))  # noqa: DTZ007 - days
        kinds = ("futures", "mark", "funding_rate", *self.kinds)
        return Needs(self.pairs, kinds, first, end - timedelta(days=1), self.timeframe)


@dataclass(frozen=True, slots=True)
class Guarding:
    """How the guards take part: risk layers, and what lies over all of them.

    A layer is the name of a shipped one, or the whole path of a file.
    """

    name: str
    layers: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    def config(self) -> dict[str, Any]:
        """Return the last layer of the config; the page names the holes in funding."""
        settings = {"allow_missing_funding": True, **self.settings}
        return {"dry_run_wallet": BALANCE_USD, "plimsoll": settings}


def _usdt(*bases: str) -> tuple[str, ...]:
    return tuple(f"{base}/USDT:USDT" for base in bases)


SPAN = "20210101-20250701"
SIX = _usdt("BTC", "ETH", "SOL", "XRP", "ADA", "LTC")
TEN = (*SIX, *_usdt("BNB", "DOGE", "LINK", "AVAX"))
STUDIES = (
    Study(
        "ten pairs, 1 hour",
        "1h",
        TEN,
        SPAN,
        ("TrendPortfolio", "FundingCarry", "Ensemble", "TrendFollow"),
        ("BuyAndHold", "NoTrade"),
        universe=RULE,
    ),
    Study(
        "ten pairs, 4 hours",
        "4h",
        TEN,
        SPAN,
        ("MomentumCross", "SlowTrend", "MeanReversion"),
        universe=RULE,
    ),
    Study(
        "four pairs with spot, 1 hour",
        "1h",
        _usdt("BTC", "ETH", "SOL", "XRP"),
        SPAN,
        ("BasisReversion",),
        kinds=("spot",),
        universe=RULE,
    ),
    Study(
        "three pairs with open interest, two months",
        "1h",
        _usdt("BTC", "ETH", "SOL"),
        "20240620-20240819",
        ("OpenInterestFlow",),
        kinds=("open_interest",),
        universe=RULE,
    ),
)

GUARDS_OFF = Guarding("off", (), {"guards": "off"})
GUARDS_ON = Guarding("on", ("risk-portfolio.json",))
GUARDINGS = (GUARDS_OFF, GUARDS_ON)


UNIVERSE_LAYER = {
    "pairlists": [{"method": "StaticPairList"}],
    "plimsoll": {"universe": RULE},
}
"""What a universe by rule adds to a config: `QualityPairList` would judge once, at the start."""


def config_of(study: Study, guarding: Guarding) -> dict[str, Any]:
    """Return the last layer of the config of a study's backtests."""
    made = guarding.config()
    if study.universe == ALL:
        return made
    return {**made, **UNIVERSE_LAYER, "plimsoll": {**made["plimsoll"], "universe": RULE}}


@contextmanager
def study_folder(studies: Sequence[Study], datadir: Path) -> Iterator[Path]:
    """Yield a folder to backtest in: a user folder, `DATA`, and the venue that has the markets."""
    pairs = sorted({pair for study in studies for pair in study.pairs})
    with TemporaryDirectory(prefix="plimsoll-study-") as temporary:
        folder = Path(temporary)
        link_data(datadir, folder / DATA)
        for study in studies:
            make_longer(folder / DATA, study.pairs, study.timeframe)
        fill_marks(folder / DATA, pairs)
        lay_out(folder / "user_data")
        serving = ["--market", "replay", "--datadir", str(datadir), "--clock", "stepped"]
        with serve_venue([*serving, "--symbols", ",".join(pairs)], folder=folder):
            yield folder


def require_same_code(results: Sequence[BacktestResult], fingerprint: str) -> None:
    """Refuse results that were not made with the code of a fingerprint.

    Raises
    ------
    PlimsollError
        With both fingerprints.
    """
    stamps = {result.code_fingerprint for result in results}
    if stamps != {fingerprint}:
        raise PlimsollError(
            f"expected the code of fingerprint {fingerprint} to the end, found "
            f"{stamps}: it was changed during the runs; run the command again"
        )


def strategies_of(study: Study, guarding: Guarding) -> tuple[str, ...]:
    """Return who runs: baselines have no guards, so that they run without them only."""
    return study.strategies + (study.baselines if guarding is GUARDS_OFF else ())


def backtest_study(
    study: Study,
    guarding: Guarding,
    names: Sequence[str],
    folder: Path,
    *,
    log: Path | None = None,
) -> tuple[BacktestResult, ...]:
    """Run freqtrade once in a `study_folder` and return what it stored; ``log`` is added to.

    The user's ``FREQTRADE__`` variables have no part in it: pages and names of results know only
    what is in the layers.
    """
    last, userdir = folder / "study.json", folder / "user_data"
    others = [] if study.folder is None else ["--strategy-path", str(study.folder)]
    last.write_text(json.dumps(config_of(study, guarding)), encoding="utf-8")
    config = userdir / "config"
    layers = [config / "base.json", folder / "venue-sim.json"]
    layers += [config / name for name in guarding.layers]
    layers += [config / "mode-backtest.json", last]
    freqtrade(
        [
            "backtesting",
            *("--userdir", str(userdir)),
            *(part for file in layers for part in ("-c", str(file))),
            *("--datadir", str(folder / DATA), "--cache", "none"),
            *("--timeframe", study.timeframe, "--timerange", study.timerange),
            *("--max-open-trades", str(len(study.pairs))),
            *(*others, "--strategy-list", *names, "--pairs", *study.pairs),
        ],
        folder=folder,
        log=folder / "freqtrade.log" if log is None else log,
        seconds=SECONDS,
        settings=False,
    )
    return read_backtests(userdir / "backtest_results")
