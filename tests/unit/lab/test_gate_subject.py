"""What is judged is what a bot with the same layers would be."""

from dataclasses import asdict
from pathlib import Path

import pytest

from plimsoll.core import UsageError
from plimsoll.gates.subject import changes
from plimsoll.lab.drilling.certificate import Subject
from plimsoll.lab.drilling.matrix import cells
from plimsoll.lab.gate_subject import drilled_now, judged_subject
from plimsoll.lab.user_folder import lay_out
from tests.unit.cli.gates import LAYERS, LIVE_LAYERS, layers

OWN = {"strategy": "DrilledLong", "layers": []}


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    lay_out(tmp_path / "user_data")
    return tmp_path / "user_data"


def test_paper_and_live_layers_are_one_subject_with_tighter_limits(userdir: Path) -> None:
    paper, _, _ = judged_subject("TrendFollow", userdir, layers(userdir, LAYERS))
    live, settings, config = judged_subject("TrendFollow", userdir, layers(userdir, LIVE_LAYERS))
    assert changes(paper.as_record(), live) == []
    assert live.limits["max_open_positions"] == settings.risk.max_open_positions == 1
    assert config["available_capital"] == 500


def test_a_strategy_that_is_not_there_is_wrong_usage(userdir: Path) -> None:
    with pytest.raises(UsageError):
        judged_subject("Nobody", userdir, layers(userdir))


def test_a_drill_must_have_had_every_row_as_the_files_are_now(userdir: Path) -> None:
    drilled = drilled_now(OWN, userdir / "strategies")
    assert len(drilled.cells) == len(cells()) > 100
    assert drilled.fingerprints == asdict(Subject().fingerprints())


def test_without_a_certificate_or_its_layers_nothing_is_known_of_it(userdir: Path) -> None:
    assert drilled_now(None, userdir).fingerprints == {}
    gone = {**OWN, "layers": [str(userdir / "gone.json")]}
    assert drilled_now(gone, userdir).fingerprints == {}
    assert drilled_now({**OWN, "strategy": "Nobody"}, userdir).fingerprints == {}
