"""Where a bot runs: what a unit cannot hold, or its service cannot see, is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import UsageError
from plimsoll.deployment.site import Site

SITE = Site(
    folder=Path("/srv/plimsoll"),
    commands=Path("/opt/plimsoll/bin"),
    layers=("user_data/config/base.json", "user_data/config/mode-dry-run.json"),
    strategy="MomentumCross",
    db_url="sqlite:///databases/dry-run.sqlite",
)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("strategy", "Momentum Cross"),
        ("strategy", "A\nExecStartPre=/bin/sh"),
        ("db_url", "sqlite:///%h/trades.sqlite"),
        ("user", "plimsoll$"),
        ("name", "bot;rm"),
        ("name", "../bot"),
        ("layers", ('user_data/"config".json',)),
        ("layers", ()),
        ("secrets", Path("/etc/my secrets")),
    ],
)
def test_a_word_that_a_unit_would_read_otherwise_is_refused(field: str, value: Any) -> None:
    with pytest.raises(UsageError, match=r"^expected "):
        replace(SITE, **{field: value})


@pytest.mark.parametrize("field", ["folder", "commands"])
@pytest.mark.parametrize(
    "place", ["/home/ada/bot", str(Path("/", "root", "bot")), "/tmp/bot", "bot"]
)
def test_a_folder_that_a_confined_service_does_not_see_is_refused(field: str, place: str) -> None:
    with pytest.raises(UsageError, match=rf"^expected --{field}"):
        replace(SITE, **{field: Path(place)})


def test_the_words_by_which_commands_find_the_bot_keep_the_order_of_layers() -> None:
    words = SITE.bot_words
    layers = [words[i + 1] for i, word in enumerate(words) if word == "--config"]
    assert layers == list(SITE.layers)
