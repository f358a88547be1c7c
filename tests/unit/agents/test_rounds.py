"""What a training leaves after each round; that it goes on to the same, its own tests say."""

from pathlib import Path

import pytest

from plimsoll.agents.rounds import progress, weights_file, write_progress
from plimsoll.core import PlimsollError


def test_rounds_come_back_and_older_weights_are_dropped(tmp_path: Path) -> None:
    assert progress(tmp_path, "a") == []
    for rounds in (1, 2):
        weights_file(tmp_path, rounds).write_bytes(b"weights")
    write_progress(tmp_path, "a", [{"total": 0.1}, {"total": 0.2}])
    assert progress(tmp_path, "a") == [{"total": 0.1}, {"total": 0.2}]
    left = sorted(file.name for file in tmp_path.iterdir())
    assert left == ["progress.json", "weights-2.pt"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"subject": "a"}'])
def test_what_is_no_training_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "progress.json").write_text(text)
    with pytest.raises(PlimsollError, match="expected a training in"):
        progress(tmp_path, "a")


def test_another_training_is_not_gone_on_with(tmp_path: Path) -> None:
    write_progress(tmp_path, "a", [])
    with pytest.raises(PlimsollError, match="name another folder, or remove it"):
        progress(tmp_path, "b")
