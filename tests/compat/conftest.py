"""A venue, a user folder and downloaded candles, shared by every compatibility test."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import Venue, serve_venue

PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
NOW = "2025-03-01T00:00:30Z"
TIMERANGE = "20250215-20250301"

USER_PROTECTION = """
from datetime import timedelta

from freqtrade.plugins.protections import IProtection, ProtectionReturn


class UsersOwnGuard(IProtection):
    has_global_stop = True
    has_local_stop = False

    def short_desc(self):
        return "UsersOwnGuard - locks nothing"

    def global_stop(self, date_now, side, starting_balance):
        print("UsersOwnGuard was asked")
        return None

    def stop_per_pair(self, pair, date_now, side, starting_balance):
        return None
"""

USER_PAIRLIST = """
from freqtrade.plugins.pairlist.IPairList import IPairList, SupportsBacktesting


class UsersOwnPairList(IPairList):
    supports_backtesting = SupportsBacktesting.YES

    def short_desc(self):
        return "UsersOwnPairList - keeps every pair"

    @staticmethod
    def description():
        return "Keeps every pair."

    def filter_pairlist(self, pairlist, tickers):
        return pairlist
"""

PLAIN_STRATEGY = '''
from freqtrade.strategy import IStrategy


class PlainStrategy(IStrategy):
    """Somebody else's strategy: it knows nothing of Plimsoll."""

    timeframe = "5m"
    minimal_roi = {"0": 0.005}
    stoploss = -0.005
    can_short = False
    protections = [{"method": "DailyLossGuard"}, {"method": "UsersOwnGuard"}]

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["close"] < dataframe["open"], "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
'''


@dataclass(frozen=True)
class Workspace:
    """A user's folder with a venue to trade on."""

    folder: Path
    venue: Venue

    @property
    def userdir(self) -> Path:
        return self.folder / "user_data"

    def layers(self, *names: str) -> list[str]:
        """Config arguments: base, the venue, then the named ones of the user's config folder."""
        config = self.userdir / "config"
        files = [config / "base.json", self.venue.config, *(config / name for name in names)]
        return [
            "--userdir",
            str(self.userdir),
            *(part for file in files for part in ("-c", str(file))),
        ]

    def run(self, command: str, arguments: Sequence[str] = (), **options) -> str:
        """Run one freqtrade command here; an error is raised, as our own tools do."""
        log = self.folder / "freqtrade.log"
        return freqtrade([command, *arguments], folder=self.folder, log=log, **options)


def make_workspace(folder: Path, venue: Venue) -> Workspace:
    """Lay the bundle out and add plugins and a strategy of the user's own."""
    workspace = Workspace(folder, venue)
    lay_out(workspace.userdir)
    own = {
        "plugins/protections/UsersOwnGuard.py": USER_PROTECTION,
        "plugins/pairlists/UsersOwnPairList.py": USER_PAIRLIST,
        "strategies/PlainStrategy.py": PLAIN_STRATEGY,
        "config/own-pairlists.json": (
            '{"pairlists": [{"method": "StaticPairList"}, {"method": "QualityPairList"},'
            ' {"method": "UsersOwnPairList"}]}'
        ),
    }
    for name, text in own.items():
        file = workspace.userdir / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return workspace


@pytest.fixture(scope="session")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """A synthetic exchange whose clock stands still."""
    arguments = ["--market", "synthetic", "--symbols", ",".join(PAIRS)]
    arguments += ["--start", NOW, "--clock", "stepped"]
    with serve_venue(arguments, folder=tmp_path_factory.mktemp("venue")) as served:
        yield served


@pytest.fixture(scope="session")
def workspace(venue: Venue, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A user's folder with candles downloaded from the venue by plain freqtrade."""
    made = make_workspace(tmp_path_factory.mktemp("user"), venue)
    made.run("download-data", [*made.layers(), "-t", "5m", "--timerange", "20250210-"])
    return made


@pytest.fixture
def fresh_workspace(venue: Venue, tmp_path: Path) -> Callable[[], Workspace]:
    """A user's folder of the test's own, without data."""
    return lambda: make_workspace(tmp_path, venue)
