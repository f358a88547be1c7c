"""One small market for all tests of search and walk-forward."""

from collections.abc import Iterator

import pytest

from plimsoll.lab.search.configuration import hyperopt_config
from plimsoll.lab.search.epochs import Epochs
from tests.support.compiled_lane import compile_lane
from tests.support.search_ground import SearchGround, serve_search_ground


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchGround]:
    """A user folder with data, whose venue serves; the fast lane is compiled."""
    compile_lane()
    with serve_search_ground(tmp_path_factory.mktemp("search-ground")) as made:
        yield made


@pytest.fixture(scope="session")
def epochs(ground: SearchGround) -> Epochs:
    """Epochs of TrendFollow with data; a test leaves no trace but the last parameters."""
    made = Epochs(hyperopt_config(ground.arguments()))
    made.load()
    return made
