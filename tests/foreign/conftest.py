"""One user's folder for all that runs the plain command on strategies of others."""

from collections.abc import Iterator

import pytest

from tests.drills.evidence import EvidenceFolder
from tests.foreign.runs import Runs, futures_runs, spot_runs


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Perpetuals, three weeks."""
    with futures_runs(tmp_path_factory.mktemp("foreign")) as made:
        yield made


@pytest.fixture(scope="session")
def spot(tmp_path_factory: pytest.TempPathFactory, runs: Runs) -> Iterator[Runs]:
    """Spot, the same candles."""
    with spot_runs(tmp_path_factory.mktemp("spot"), runs) as made:
        yield made


@pytest.fixture
def save() -> EvidenceFolder:
    """Save what a drill measured, for the page."""
    return EvidenceFolder()
