"""The flag file, the request to resume, and the status: what a person says, and hears."""

import os
from pathlib import Path

import pytest

from plimsoll.bridge.state.folder import StateFolder, state_folder_of
from plimsoll.core import PlimsollError


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "plimsoll")


# The flag


def test_there_is_no_flag_at_first(folder: StateFolder) -> None:
    assert folder.halt_reason() is None
    folder.clear_halt()
    assert folder.halt_reason() is None


def test_a_flag_holds_its_reason_until_it_is_taken_down(folder: StateFolder) -> None:
    folder.set_halt("zu heiß")
    assert folder.halt_reason() == "zu heiß"
    folder.set_halt("too hot")
    assert folder.halt_reason() == "too hot"
    folder.clear_halt()
    assert folder.halt_reason() is None


def test_touch_is_enough(folder: StateFolder) -> None:
    folder.path.mkdir()
    (folder.path / "halt").touch()
    assert folder.halt_reason() == ""


def test_a_flag_that_cannot_be_read_halts(folder: StateFolder) -> None:
    (folder.path / "halt").mkdir(parents=True)
    assert "cannot be read" in (folder.halt_reason() or "")


def test_so_does_one_that_is_no_text(folder: StateFolder) -> None:
    folder.path.mkdir()
    (folder.path / "halt").write_bytes(b"\xff\xfe\xff")
    assert "cannot be read" in (folder.halt_reason() or "")


# The request to resume


def test_a_request_is_taken_once(folder: StateFolder) -> None:
    assert folder.take_resume() is None
    assert not folder.resume_is_waiting
    folder.ask_to_resume(" the feed was wrong ", "anna")
    assert folder.resume_is_waiting
    assert folder.take_resume() == ("the feed was wrong", "anna", False)
    assert not folder.resume_is_waiting
    assert folder.take_resume() is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read"),
        (b"resume", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'"please"', "cannot be read"),
        (b"null", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b'{"reason": "x"}', "cannot be read"),
        (b'{"by": "anna"}', "cannot be read"),
        (b'{"reason": null, "by": "anna"}', "cannot be read"),
        (b'{"reason": 7, "by": "anna"}', "cannot be read"),
        (b'{"reason": ["x"], "by": "anna"}', "cannot be read"),
        (b'{"reason": "  ", "by": "anna"}', "without a reason"),
    ],
)
def test_what_is_no_request_is_refused_and_removed(
    folder: StateFolder, content: bytes, said: str
) -> None:
    folder.path.mkdir()
    (folder.path / "resume.json").write_bytes(content)
    with pytest.raises(PlimsollError, match=said) as caught:
        folder.take_resume()
    assert "\n" not in str(caught.value)
    assert folder.take_resume() is None


# The status


def test_the_status_is_what_was_written(folder: StateFolder) -> None:
    assert folder.status() is None
    folder.write_status({"mode": "ACTIVE", "equity_usd": float("nan"), "path": Path("x")})
    assert folder.status() == {"mode": "ACTIVE", "equity_usd": None, "path": "x"}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"7"])
def test_a_status_that_is_none_is_none(folder: StateFolder, content: bytes) -> None:
    folder.path.mkdir()
    (folder.path / "status.json").write_bytes(content)
    assert folder.status() is None


def test_a_reader_never_sees_half_a_status(
    folder: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the middle of the write, the bot leaves the status before."""
    folder.write_status({"loops": 1})

    def killed(self: Path, target: Path) -> Path:
        assert self.read_bytes() == b'{\n  "loops": 2\n}', "whole before it takes its place"
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        folder.write_status({"loops": 2})
    assert folder.status() == {"loops": 1}
    monkeypatch.undo()
    folder.write_status({"loops": 3})
    assert folder.status() == {"loops": 3}
    assert sorted(os.listdir(folder.path)) == ["status.json"]  # noqa: PTH208


def test_the_folder_is_its_owners_alone(folder: StateFolder) -> None:
    folder.set_halt("x")
    assert folder.path.stat().st_mode & 0o077 == 0


def test_the_folder_lies_where_the_config_says(tmp_path: Path) -> None:
    config = {"user_data_dir": tmp_path}
    assert state_folder_of(config, "").path == tmp_path / "plimsoll"
    assert state_folder_of(config, "one").path == tmp_path / "one"
    assert state_folder_of(config, "/elsewhere").path == Path("/elsewhere")
    assert state_folder_of(config, "").decisions == tmp_path / "plimsoll/decisions"
