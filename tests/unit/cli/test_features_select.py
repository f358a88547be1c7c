"""``plimsoll features select``: what is asked for, what is shown and written."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from plimsoll.cli import app
from plimsoll.cli.features_select import PICTURE, RECORD
from plimsoll.lab.selection import run
from plimsoll.lab.selection.importance import FoldImportance
from plimsoll.lab.selection.ranking import select
from plimsoll.lab.selection.run import SelectOutcome, SelectRequest

FOLD = FoldImportance(np.array([0.02, 0.0, 0.001]), np.array([3.0, 1.0, 1.0]))
SELECTION = select(["rsi_14", "adx_14", "shadow-0"], [[FOLD], [FOLD]])
OUTCOME = SelectOutcome(
    SELECTION,
    {
        "strategy": "ModelDirection",
        "identifier": "direction-1",
        "pairs": ["BTC/USDT:USDT"],
        "timeframe": "1h",
        "span": ["2023-01-01", "2024-01-01"],
        "windows": 2,
        "folds": 1,
        **SELECTION.to_dict(),
    },
)
WORDS = ["features", "select", "-s", "ModelDirection", "-c", "a.json", "--timerange"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[SelectRequest]:
    """Requests that reach the lab, which answers `OUTCOME`."""
    requests: list[SelectRequest] = []
    monkeypatch.setattr(run, "select_features", lambda one, _: (requests.append(one), OUTCOME)[1])
    return requests


def test_it_is_shown_and_written_beside_the_model(
    asked: list[SelectRequest], tmp_path: Path
) -> None:
    words = [*WORDS, "20230101-20240101", "--userdir", str(tmp_path), "--windows", "2"]
    done = CliRunner().invoke(app, words, env={"COLUMNS": "120"})
    assert done.exit_code == 0, done.output
    assert asked[0].datadir == tmp_path / "data" / "binance"
    assert f"{asked[0].end:%Y-%m-%d}" == "2024-01-01"
    assert "1 of 2 kept" in done.output
    assert "rank correlation between windows 1.00" in done.output
    folder = tmp_path / "models" / "direction-1"
    assert (folder / PICTURE).read_bytes()[:4] == b"\x89PNG"
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    assert [one["kept"] for one in record["features"]] == [True, False]


@pytest.mark.parametrize(
    ("timerange", "said"), [("20230101-", "a start and an end"), ("2023", "--timerange")]
)
def test_a_span_without_an_end_is_refused(
    asked: list[SelectRequest], timerange: str, said: str, tmp_path: Path
) -> None:
    done = CliRunner().invoke(app, [*WORDS, timerange, "--userdir", str(tmp_path)])
    assert done.exit_code != 0
    assert said in done.output + str(done.exception)
    assert asked == []


def test_json_is_the_record(asked: list[SelectRequest], tmp_path: Path) -> None:
    words = [*WORDS, "20230101-20240101", "--out", str(tmp_path), "--json"]
    told = json.loads(CliRunner().invoke(app, words).stdout)
    assert told["features"][0]["name"] == "rsi_14"
