"""Which plugins there are to load, and with which Freqtrade."""

import logging
from pathlib import Path

import freqtrade.constants
import pytest

from plimsoll.bridge.freqtrade.plugin_files import class_names, name_pairlists, plugin_folders
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


def test_a_pairlist_of_the_users_own_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freqtrade.constants, "AVAILABLE_PAIRLISTS", ["StaticPairList"])
    mine = tmp_path / "plugins" / "pairlists"
    mine.mkdir(parents=True)
    (mine / "Mine.py").write_text("class Mine(IPairList):\n    pass\n", encoding="utf-8")
    for _ in range(2):
        name_pairlists({"user_data_dir": tmp_path})
    names = freqtrade.constants.AVAILABLE_PAIRLISTS
    assert names.count("Mine") == names.count("QualityPairList") == 1
