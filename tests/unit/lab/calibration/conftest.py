"""A walker of TrendFollow on candles of four hours, without guards."""

import pytest

from plimsoll.lab.calibration.plan import Cut
from plimsoll.lab.calibration.walk import Walker
from plimsoll.lab.search.configuration import Config, hyperopt_config
from plimsoll.lab.search.epochs import Epochs
from tests.support.search_ground import SearchGround

CUT = Cut(windows=2, train_days=120, test_days=60)


@pytest.fixture(scope="session")
def hyperopt(ground: SearchGround) -> Config:
    """What freqtrade hyperopt makes of the arguments."""
    return hyperopt_config(ground.arguments("-i", "4h", epochs=4))


@pytest.fixture(scope="session")
def walker(hyperopt: Config, epochs: Epochs) -> Walker:
    """A walker; a walk leaves no trace in it."""
    return Walker(hyperopt, epochs.exchange)
