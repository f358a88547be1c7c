"""A bot that would trade with money shows its gate's verdict, or does not start."""

import json
import logging
import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.exchange.binance import Binance

from plimsoll.bridge.config.settings import LIVE_OPT_IN, settings_from
from plimsoll.bridge.config.subject import subject_of
from plimsoll.bridge.guarding.gate import capital_of, require_gate
from plimsoll.bridge.guarding.live_session import LiveSession
from plimsoll.gates.bundle import read_bundle
from plimsoll.gates.places import bundle_folder
from tests.support.evidence import Evidence
from tests.unit.bridge.bots import PLAIN, Bot, bot_config, running_bot
from tests.unit.gates.cases import case_of, file_all, pass_all
from tests.unit.venue.serving import venue

MONEY = {
    "runmode": RunMode.LIVE,
    "available_capital": 500,
    "plimsoll": {"live_opt_in": LIVE_OPT_IN, "gate_bundle": "plimsoll/evidence/bundles"},
}


@pytest.fixture(scope="module")
def gates_passed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose bundles are of the very strategy that `running_bot` starts."""
    folder = tmp_path_factory.mktemp("passed")
    (folder / "bot").mkdir()
    with running_bot(folder / "bot", runmode=RunMode.DRY_RUN) as bot:
        settings = settings_from({"plimsoll": {}})
        original = bot.config.get("original_config", bot.config)
        subject = subject_of(bot.strategy, original, settings)
    evidence = Evidence(strategy="Plain")
    file_all(evidence, folder)
    case = replace(case_of(evidence, folder), subject=subject)
    pass_all(case, folder)
    return folder


def with_bundles(bot_folder: Path, passed: Path) -> Path:
    """Give the bot's user folder the bundles; return the live one."""
    target = Path(bot_config(bot_folder, RunMode.LIVE)["user_data_dir"])
    shutil.copytree(passed / "plimsoll", target / "plimsoll", dirs_exist_ok=True)
    return bundle_folder(target) / "Plain/live.json"


def started(folder: Path, **others: Any) -> Any:
    return running_bot(folder, **{**MONEY, **others})


def test_without_a_bundle_the_bot_does_not_start(tmp_path: Path) -> None:
    with (
        pytest.raises(OperationalException) as refused,
        started(tmp_path),
    ):
        pass
    said = str(refused.value)
    assert said.startswith("plimsoll: Plain must not trade with money: expected a gate bundle at ")
    assert said.endswith("found none; run: plimsoll gate live --strategy Plain")
    assert "\n" not in said


def test_with_its_bundle_it_starts(
    tmp_path: Path, gates_passed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with_bundles(tmp_path, gates_passed)
    with caplog.at_level(logging.INFO), started(tmp_path) as bot:
        assert type(bot.strategy._session) is LiveSession
    assert "the live gate of Plain is open for 500 USD" in caplog.text


def test_an_edited_bundle_is_refused(tmp_path: Path, gates_passed: Path) -> None:
    file = with_bundles(tmp_path, gates_passed)
    record = json.loads(file.read_bytes())
    file.write_text(json.dumps({**record, "capital_usd": 5_000.0}))
    with (
        pytest.raises(OperationalException, match="changed by hand"),
        started(tmp_path, available_capital=5_000),
    ):
        pass


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"available_capital": 1_000}, "the gate lets it have 500"),
        ({"stoploss": -0.9}, "another config"),
    ],
)
def test_more_money_or_another_config_is_refused(
    tmp_path: Path, gates_passed: Path, changed: dict[str, Any], said: str
) -> None:
    with_bundles(tmp_path, gates_passed)
    with pytest.raises(OperationalException, match=said), started(tmp_path, **changed):
        pass


def test_an_edited_strategy_is_refused(tmp_path: Path, gates_passed: Path) -> None:
    with_bundles(tmp_path, gates_passed)
    with (
        pytest.raises(OperationalException, match="another file of the strategy"),
        started(tmp_path, source=PLAIN + "\n# tuned\n"),
    ):
        pass


def test_a_dry_run_needs_none(tmp_path: Path) -> None:
    with started(tmp_path, runmode=RunMode.DRY_RUN) as bot:
        assert type(bot.strategy._session) is LiveSession


def test_an_empty_setting_asks_for_none_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with started(tmp_path, plimsoll={"live_opt_in": LIVE_OPT_IN}):
        pass
    assert "plimsoll.gate_bundle is empty: no gate is asked" in caplog.text


def ask(bot: Bot, exchange: Binance) -> None:
    bot.strategy.dp._exchange = exchange
    require_gate(bot.strategy, settings_from({"plimsoll": MONEY["plimsoll"]}))


def test_on_the_simulated_exchange_no_gate_is_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    profile = tmp_path / "venue.json"
    with venue("--symbols", "BTCUSDT", "--clock", "stepped", "--write-config", profile):
        config = bot_config(tmp_path, RunMode.OTHER, dry_run=False)
        config["exchange"] = json.loads(profile.read_text())["exchange"]
        exchange = Binance(deepcopy(config), validate=False)
        (tmp_path / "bot").mkdir()
        with started(tmp_path / "bot", runmode=RunMode.DRY_RUN) as bot, caplog.at_level("INFO"):
            ask(bot, exchange)
        exchange.close()
    assert "the exchange is simulated" in caplog.text


@pytest.mark.parametrize(
    ("value", "capital"), [(500, 500.0), (None, None), (True, None), ("500", None)]
)
def test_capital_is_what_the_config_says(value: Any, capital: float | None) -> None:
    assert capital_of({"available_capital": value}) == capital


def test_the_bundles_of_this_test_are_live_verdicts(gates_passed: Path) -> None:
    assert read_bundle(bundle_folder(gates_passed) / "Plain/live.json").is_go
