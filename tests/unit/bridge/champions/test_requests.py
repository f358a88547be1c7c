from pathlib import Path

import pytest

from plimsoll.bridge.champions.requests import (
    REQUEST,
    ModelAnswer,
    ModelRequest,
    answer,
    answered,
    ask,
    take,
    withdraw,
)
from plimsoll.core import PlimsollError

WANTED = ModelRequest("promote", "v0002", "seen enough", "Ada", "7")


def test_a_request_is_taken_once(tmp_path: Path) -> None:
    ask(tmp_path, WANTED)
    assert take(tmp_path) == WANTED
    assert take(tmp_path) is None


def test_a_request_that_nobody_took_is_withdrawn(tmp_path: Path) -> None:
    ask(tmp_path, WANTED)
    assert withdraw(tmp_path)
    assert not withdraw(tmp_path)
    assert take(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"act": "promote"}',
        b'{"act": "crown", "version": "", "reason": "x", "by": "Ada"}',
        b'{"act": "promote", "version": "", "reason": "  ", "by": "Ada"}',
    ],
)
def test_what_is_no_request_is_removed_and_has_no_effect(tmp_path: Path, content: bytes) -> None:
    (tmp_path / REQUEST).write_bytes(content)
    with pytest.raises(PlimsollError, match="request"):
        take(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_answer_is_of_its_own_request(tmp_path: Path) -> None:
    assert answered(tmp_path, "7") is None
    answer(tmp_path, ModelAnswer("7", done=True, text="champion v0002"))
    assert answered(tmp_path, "7") == ModelAnswer("7", done=True, text="champion v0002")
    assert answered(tmp_path, "8") is None
