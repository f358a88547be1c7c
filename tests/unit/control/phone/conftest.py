"""A control bot's settings, and a strict Telegram service that a test's process finds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plimsoll.control.phone.settings import Allowed, PhoneSettings
from plimsoll.lab.telegram.rules import Pace
from plimsoll.lab.telegram.service import (
    CHAT_ID,
    GROUP_ID,
    TOKEN,
    TelegramService,
    telegram_service,
)
from plimsoll.monitoring.phone_profile import ControlBotProfile

BEN = 4343
ALLOWED = Allowed({"anna": CHAT_ID, "ben": BEN}, {"desk": GROUP_ID})


@pytest.fixture
def settings(tmp_path: Path) -> PhoneSettings:
    return PhoneSettings(
        profile=ControlBotProfile(undelivered_seconds=5),
        allowed=Allowed({"anna": CHAT_ID}, {}),
        folder=tmp_path / "own",
        token=TOKEN,
    )


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelegramService]:
    with telegram_service(tmp_path_factory.mktemp("telegram")) as service:
        yield service


@pytest.fixture
def telegram(served: TelegramService, monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramService]:
    served.messages.clear()
    served.rejected.clear()
    served._updates.drop()
    served.paces = {CHAT_ID: Pace(burst=1000, per_second=1000)}
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    yield served
    served.up()
    served.is_revoked = False
    served.blocked.clear()
