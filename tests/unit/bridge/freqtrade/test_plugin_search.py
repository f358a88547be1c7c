"""Which plugins there are to load."""

import logging
from logging.config import BaseConfigurator
from pathlib import Path

import pytest

from plimsoll import bridge
from plimsoll.bridge.freqtrade.plugin_search import (
    RegisteringHandler,
    class_names,
    plugin_folders,
    register,
)
from plimsoll.bridge.freqtrade.venue_clock import FollowVenueClock
from plimsoll.bundle import plugin_folder


def test_a_files_classes_are_found_without_running_it(tmp_path: Path) -> None:
    (tmp_path / "Two.py").write_text(
        'raise SystemExit("imported")\n\n\nclass Two(Base):\n    class Inner(Base):\n        pass\n'
        "\n\nclass Other(Base):\n    pass\n",
        encoding="utf-8",
    )
    assert class_names(tmp_path) == ["Two", "Other"]


def test_a_class_without_a_base_is_no_plugin(tmp_path: Path) -> None:
    (tmp_path / "Plain.py").write_text("class Plain:\n    pass\n", encoding="utf-8")
    assert class_names(tmp_path) == []


@pytest.mark.parametrize("content", [b"class Broken(Base:\n", b"\xff\xfe\x00name", b"a = '\x00'"])
def test_a_broken_file_is_named_and_the_others_are_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    (tmp_path / "Broken.py").write_bytes(content)
    (tmp_path / "Sound.py").write_text("class Sound(Base):\n    pass\n", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert class_names(tmp_path) == ["Sound"]
    [message] = caplog.messages
    assert str(tmp_path / "Broken.py") in message


def test_the_shipped_folder_is_searched_without_a_user_folder() -> None:
    assert plugin_folders({}, "protections") == [plugin_folder("protections")]


def test_the_users_folder_is_searched_before_the_shipped_one(tmp_path: Path) -> None:
    mine = tmp_path / "plugins" / "pairlists"
    mine.mkdir(parents=True)
    found = plugin_folders({"user_data_dir": tmp_path}, "pairlists")
    assert found == [mine, plugin_folder("pairlists")]


def test_a_user_folder_without_plugins_is_passed_over(tmp_path: Path) -> None:
    found = plugin_folders({"user_data_dir": tmp_path}, "protections")
    assert found == [plugin_folder("protections")]


def test_a_file_in_place_of_the_plugin_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "protections").write_text("no folder", encoding="utf-8")
    found = plugin_folders({"user_data_dir": tmp_path}, "protections")
    assert found == [plugin_folder("protections")]


def test_a_broken_plugin_of_the_user_does_not_stop_the_registration(tmp_path: Path) -> None:
    from freqtrade.constants import AVAILABLE_PAIRLISTS

    mine = tmp_path / "plugins" / "pairlists"
    mine.mkdir(parents=True)
    (mine / "Broken.py").write_text("class Broken(:\n", encoding="utf-8")
    (mine / "MadeForThisTest.py").write_text(
        "class MadeForThisTest(IPairList):\n    pass\n", encoding="utf-8"
    )
    try:
        register({"user_data_dir": tmp_path})
        assert "MadeForThisTest" in AVAILABLE_PAIRLISTS
        assert "QualityPairList" in AVAILABLE_PAIRLISTS
    finally:
        AVAILABLE_PAIRLISTS.remove("MadeForThisTest")


# The log handler


@pytest.mark.parametrize(
    ("named", "handler"),
    [
        ("plimsoll.bridge.loading.RegisteringHandler", RegisteringHandler),
        ("plimsoll.bridge.clock.FollowVenueClock", FollowVenueClock),
    ],
)
def test_a_config_of_version_0_1_names_its_log_handlers_still(named: str, handler: type) -> None:
    assert BaseConfigurator({}).resolve(named) is handler


def test_no_other_former_module_is_known() -> None:
    assert not hasattr(bridge, "watch")
