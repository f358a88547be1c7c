"""The status says whose it is, what the guards may do, and why they deny."""

from pathlib import Path

import pytest

from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.guarding.status import status_of
from tests.unit.bridge.bots import NOON, running_bot


@pytest.mark.parametrize("guards", ["enforce", "observe"])
def test_the_status_says_what_the_guards_may_do(tmp_path: Path, guards: str) -> None:
    with running_bot(tmp_path, bot_name="one", plimsoll={"guards": guards}) as bot:
        supervisor = bot.strategy._session.looks_after
        found = status_of(bot.strategy, settings_from(bot.config), supervisor, NOON)
    assert (found["guards"], found["bot"], found["strategy"]) == (guards, "one", "Plain")
    assert (found["mode"], found["why"]) == ("ACTIVE", None)
