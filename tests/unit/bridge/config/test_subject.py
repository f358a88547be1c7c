"""The strategy of a bot is the one that was judged, if nothing that decides has changed."""

from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.config.subject import subject_of, versions
from plimsoll.core import PlimsollError
from plimsoll.gates.subject import Subject, changes

CONFIG = {"plimsoll": {"risk": {"max_open_positions": 2}}}


class Mine:
    __file__ = ""


def subject(file: Path | None, config: dict[str, Any] = CONFIG) -> Subject:
    strategy = Mine()
    strategy.__file__ = None if file is None else str(file)  # type: ignore[assignment]
    return subject_of(strategy, config, settings_from(config))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "Mine.py"
    made.write_text("class Mine: pass\n")
    return made


def test_it_says_what_it_is_made_of(file: Path) -> None:
    one = subject(file)
    assert (one.strategy, one.code, one.freqtrade) == ("Mine", code_fingerprint(), "2026.9")
    assert one.limits["max_open_positions"] == 2
    assert one.values == {}
    assert versions()["plimsoll"] == one.plimsoll


def test_a_parameter_file_and_an_edit_make_another_subject(file: Path) -> None:
    before = subject(file)
    file.with_suffix(".json").write_text('{"params": {"buy": {"length": 3}}}')
    tuned = subject(file)
    assert tuned.values == {"buy.length": 3}
    assert [told.split(" (")[0] for told in changes(before.as_record(), tuned)] == [
        "another set of parameters"
    ]
    file.write_text("class Mine: length = 3\n")
    assert len(changes(before.as_record(), subject(file))) == 2


@pytest.mark.parametrize("content", ["", "{}"])
def test_a_parameter_file_that_is_none_is_refused(file: Path, content: str) -> None:
    file.with_suffix(".json").write_text(content)
    with pytest.raises(PlimsollError, match="the file of Mine cannot be read"):
        subject(file)


def test_a_strategy_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlimsollError, match="it has none"):
        subject(None)
    with pytest.raises(PlimsollError, match="cannot be read"):
        subject(tmp_path / "gone.py")
