"""Token and persons come from the environment or a file, and are shown nowhere."""

import json
from pathlib import Path

import pytest

from plimsoll.control.bot import Bot, find_bot
from plimsoll.control.phone.settings import allowed_chats, phone_settings
from plimsoll.core import UsageError
from plimsoll.monitoring.phone_profile import Rung

TOKEN = "123456789:AAbbCCddEEffGGhh"
GIVEN = {"PLIMSOLL_CONTROL__TOKEN": TOKEN, "PLIMSOLL_CONTROL__CHATS": "anna=4242 -1007"}


def bot_in(folder: Path, **config: object) -> Bot:
    (folder / "user_data").mkdir(exist_ok=True)
    layer = folder / "layer.json"
    layer.write_text(json.dumps(config))
    return find_bot(folder / "user_data", [layer], None)


def test_the_environment_names_token_persons_and_addresses(tmp_path: Path) -> None:
    mail = {"PLIMSOLL_CONTROL__MAIL": "mailto://a mailto://b"}
    settings = phone_settings(bot_in(tmp_path), {**GIVEN, **mail})
    assert settings.allowed.persons == {"anna": 4242}
    assert settings.allowed.groups == {"group-1": -1007}
    assert settings.mail == ("mailto://a", "mailto://b")
    assert settings.rungs == (Rung.PHONE, Rung.MAIL)
    assert settings.folder == tmp_path / "user_data/plimsoll-control"
    assert set(settings.hidden) == {TOKEN, "4242", "-1007", "mailto://a", "mailto://b"}
    assert TOKEN not in repr(settings)
    assert "mailto" not in repr(settings)


def test_a_file_that_others_may_read_is_refused_and_one_of_ones_own_taken(tmp_path: Path) -> None:
    file = tmp_path / "control.json"
    file.write_text(json.dumps({"token": TOKEN, "chats": "anna=4242"}))
    environment = {"PLIMSOLL_CONTROL__SECRETS_FILE": str(file)}
    file.chmod(0o640)
    with pytest.raises(UsageError, match="others may read"):
        phone_settings(bot_in(tmp_path), environment)
    file.chmod(0o600)
    assert phone_settings(bot_in(tmp_path), environment).allowed.person(4242) == "anna"


@pytest.mark.parametrize("token", ["", "nonsense", "123:short", f"{TOKEN} {TOKEN}", "🛑" * 40])
def test_a_token_that_is_none_is_refused_without_showing_it(token: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        phone_settings(bot_in(tmp_path), {**GIVEN, "PLIMSOLL_CONTROL__TOKEN": token})
    assert not token or token not in str(refused.value)


def test_the_trading_bots_own_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the trading bot's own") as refused:
        phone_settings(bot_in(tmp_path, telegram={"token": TOKEN}), GIVEN)
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at least one person"),
        ("-1007", "a group alone tells nobody apart"),
        ("anna=4242 4242", "twice, at place 2"),
        ("anna=1 anna=2", "twice, at place 2"),
        ("anna=12x", "place 1"),
        ("0", "place 1"),
        ("anna=4242 an na=3", "place 2"),
        ("@anna", "place 1"),
    ],
)
def test_persons_that_are_none_are_refused_by_their_place(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        allowed_chats(text)
    assert "4242" not in str(refused.value)


def test_only_a_whole_number_is_a_person() -> None:
    allowed = allowed_chats("anna=4242")
    for forged in ("4242", 4242.0, True, None, [4242]):
        assert allowed.person(forged) is None
        assert allowed.chat(forged) is None
    assert allowed.person(4242) == "anna"
