"""The status says whose it is, what the guards may do, and why they deny."""

from pathlib import Path

import pytest

from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.config.unseen import FUTURES_UNSEEN
from plimsoll.bridge.guarding.status import status_of
from plimsoll.journal.files import newest_of
from plimsoll.journal.kind import Kind
from plimsoll.journal.words import readable
from tests.unit.bridge.bots import NOON, running_bot


@pytest.mark.parametrize("guards", ["enforce", "observe"])
def test_the_status_says_what_the_guards_may_do(tmp_path: Path, guards: str) -> None:
    with running_bot(tmp_path, bot_name="one", plimsoll={"guards": guards}) as bot:
        supervisor = bot.strategy._session.looks_after
        found = status_of(bot.strategy, settings_from(bot.config), supervisor, NOON)
    assert (found["guards"], found["bot"], found["strategy"]) == (guards, "one", "Plain")
    assert (found["mode"], found["why"]) == ("ACTIVE", None)


def test_a_start_says_what_is_not_seen_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FUTURES_UNSEEN, "binance", ("liquidation price",))
    blind = "Guards do not see on binance futures: liquidation price."
    with caplog.at_level("WARNING"), running_bot(tmp_path) as bot:
        session = bot.strategy._session
        found = status_of(bot.strategy, settings_from(bot.config), session.looks_after, NOON)
        told = session.messenger.status()["last_told"]
    assert found["unseen"] == blind
    assert f"plimsoll: {blind}" in caplog.messages
    assert told.endswith(f"No halt is in force. {blind}")
    [start] = newest_of(tmp_path / "plimsoll/decisions", [Kind.START])
    assert start["unseen"] == ["liquidation price"]
    assert readable(start).endswith("; not seen there: liquidation price")
