"""``plimsoll models`` as a person types it."""

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from plimsoll.bridge.champions.seats import close_all
from plimsoll.cli import app
from plimsoll.core import PlimsollError
from tests.unit.control.test_models import BTC, ETH, bot_of, lay_out


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    lay_out(tmp_path, hours=40)
    close_all()
    bot_of(tmp_path)
    return tmp_path


def run(userdir: Path, *arguments: str, status: int = 0) -> str:
    config = str(userdir / "config.json")
    where = ["--userdir", str(userdir), "--config", config]
    done = CliRunner().invoke(app, ["models", arguments[0], *where, *arguments[1:]])
    if isinstance(done.exception, PlimsollError):
        assert done.exception.exit_status == status
        return str(done.exception)
    assert done.exit_code == status, done.output
    return done.output


def test_the_list_has_champion_challenger_and_trial_of_every_pair(userdir: Path) -> None:
    head, btc, eth = run(userdir, "list").splitlines()
    assert head.split()[:3] == ["pair", "identifier", "champion"]
    assert btc.split()[:3] == [BTC, "direction-1", "v0001"]
    assert "v0002" in btc
    assert "39 candles" in btc
    assert eth.split()[:3] == [ETH, "direction-1", "v0001"]
    [first, _] = json.loads(run(userdir, "list", "--json"))
    assert first["trial"]["outcomes"] == 39


def test_a_pair_is_shown_with_what_each_model_was_trained_on(userdir: Path) -> None:
    shown = run(userdir, "show", "BTC")
    assert "champion   v0001, trained 2026-11-20 12:00 on data from 2026-10-21" in shown
    assert "waiting    v0003" in shown
    assert "39 of 60 candles" in shown
    assert json.loads(run(userdir, "show", "BTC", "--json"))["pair"] == BTC


def test_champion_against_challenger_is_drawn(userdir: Path) -> None:
    picture = userdir / "trial.png"
    assert str(picture) in run(userdir, "show", "BTC", "--picture", str(picture))
    assert Image.open(picture).size == (1600, 700)
    assert "nothing to draw" in run(userdir, "show", "ETH", "--picture", "x.png", status=1)


def test_promote_and_rollback_need_a_reason(userdir: Path) -> None:
    for act in ("promote", "rollback"):
        assert "expected --reason" in run(userdir, act, "BTC", status=2)
    assert run(userdir, "promote", "BTC", "--reason", "seen enough").strip() == (
        f"{BTC}: champion v0002"
    )
    done = json.loads(run(userdir, "rollback", "BTC", "--reason", "a mistake", "--json"))
    assert done == {"done": True, "text": f"{BTC}: champion v0001"}
    assert "expected a predecessor" in run(userdir, "rollback", "ETH", "--reason", "x", status=1)


def test_without_models_it_is_wrong_usage(tmp_path: Path) -> None:
    bot_of(tmp_path)
    assert "plimsoll.champion.enabled" in run(tmp_path, "list", status=2)
