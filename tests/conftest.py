"""What the tests share: the bundle's folders, made-up candles, the real market data."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from plimsoll.checks.market_frame import random_candles
from tests.support.postgres import PostgresServer, postgres_server

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background job ignores interrupts, and so would every bot that a test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)

if "PYTEST_XDIST_WORKER" in os.environ:
    # The process that started this worker loaded readline, which tells its children how wide a
    # terminal is that they do not have: Freqtrade would wrap the lines of its log.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)

# The same examples in every run, however slow the machine is: a run that fails is one that can be
# repeated. ``pytest --hypothesis-profile=explore`` looks for new ones.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeat", settings.get_profile("explore"), derandomize=True)
settings.load_profile("repeat")

__all__ = ["REAL_DATA", "ROOT", "random_candles"]

ROOT = Path(__file__).resolve().parents[1]
REAL_DATA = ROOT.parent / "shared" / "data" / "binance"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a test of the real freqtrade command take longer than others, on a busy machine."""
    for item in items:
        if item.get_closest_marker("freqtrade") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(autouse=True)
def own_registry(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a registry of accounts of its own: live drills trade the same one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("registry")))


@pytest.fixture(autouse=True)
def stops_on_exchange() -> None:
    """Undo what a backtest in this process has done: it takes our stops off it, by their class."""
    rules = sys.modules.get("plimsoll.bridge.strategies.rules")
    if rules is not None:
        rules.RuleStrategy.order_types["stoploss_on_exchange"] = True


@pytest.fixture(autouse=True)
def default_parameters() -> None:
    """Undo what an epoch in this process has done: it sets parameters by their class."""
    sized = sys.modules.get("plimsoll.bridge.strategies.volatility_sized")
    if sized is not None:
        own = sized.SizedStrategy
        own.target_volatility.value = own.sizing.target_volatility


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL on loopback, one a worker; each test makes databases of its own on it."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real market data; the test is skipped where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real market data at {REAL_DATA}")
    return REAL_DATA
