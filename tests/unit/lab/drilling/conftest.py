"""A real exchange and a real Telegram service, shared by the tests of the drill matrix."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plimsoll.lab.drilling.bot import BotSetup, DrilledBot
from plimsoll.lab.drilling.exchange import Exchange
from plimsoll.lab.drilling.scenario import TWO
from plimsoll.lab.telegram.service import TelegramService, telegram_service
from plimsoll.lab.venue import serve_venue


@pytest.fixture(scope="package")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder = tmp_path_factory.mktemp("exchange")
    arguments = ["--market", "synthetic", "--symbols", "BTC/USDT,ETH/USDT"]
    with serve_venue(arguments, folder=folder) as venue:
        asked = Exchange(venue)
        yield asked
        asked.close()


@pytest.fixture(scope="package")
def telegram(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelegramService]:
    with telegram_service(tmp_path_factory.mktemp("telegram")) as service:
        yield service


@pytest.fixture
def bot(tmp_path: Path, exchange: Exchange, telegram: TelegramService) -> DrilledBot:
    """A bot that was not started."""
    return DrilledBot(BotSetup(pairs=TWO, live=True), tmp_path, exchange, telegram)
