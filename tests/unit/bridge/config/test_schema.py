"""The schema that editors read: every shipped profile passes, what the commands refuse does not."""

import json
from pathlib import Path
from typing import Any

import pytest
from freqtrade.configuration.load_config import load_config_file
from jsonschema import Draft202012Validator

from plimsoll.bridge.config.schema import config_schema
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.freqtrade.plugin_search import register
from tests.conftest import ROOT

CONFIG = ROOT / "user_data" / "config"
SCHEMA = CONFIG / "config.schema.json"
PROFILES = sorted(file.name for file in CONFIG.glob("*.json") if file != SCHEMA)
WRITE = ".venv/bin/python -m tests.unit.bridge.config.test_schema"


def schema_text() -> str:
    return json.dumps(config_schema(), indent=1, ensure_ascii=False) + "\n"


def write() -> None:
    """Write the shipped schema anew: ``python -m tests.unit.bridge.config.test_schema``."""
    SCHEMA.write_text(schema_text(), encoding="utf-8")


def faults(config: dict[str, Any]) -> set[str]:
    """Where the shipped file finds fault, as an editor would show it."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    found = Draft202012Validator(schema).iter_errors(config)
    return {".".join(map(str, fault.absolute_path)) for fault in found}


def test_the_schema_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), f"run: {WRITE}"


def test_the_schema_is_the_same_after_plugins_have_registered(tmp_path: Path) -> None:
    folder = tmp_path / "plugins" / "pairlists"
    folder.mkdir(parents=True)
    (folder / "OfTheUser.py").write_text("class OfTheUser:\n    pass\n", encoding="utf-8")
    before = schema_text()
    register({"user_data_dir": tmp_path})
    assert schema_text() == before


def test_the_schema_is_a_schema_and_refers_to_nothing_outside_itself() -> None:
    schema = config_schema()
    Draft202012Validator.check_schema(schema)
    text = schema_text()
    assert text.count('"$ref": ') == text.count('"$ref": "#/') > 0


@pytest.mark.parametrize("name", PROFILES)
def test_a_shipped_profile_names_the_schema_and_passes(name: str) -> None:
    profile = load_config_file(str(CONFIG / name))
    assert (CONFIG / profile["$schema"]).resolve() == SCHEMA
    assert faults(profile) == set()


def test_every_setting_is_in_the_schema_with_all_limits() -> None:
    definitions = config_schema()["$defs"]
    section = definitions["Plimsoll"]["properties"]["plimsoll"]["properties"]
    assert set(section) == set(PlimsollSettings.model_fields)
    profile = PlimsollSettings.model_fields["risk"].annotation
    assert set(definitions["RiskProfile"]["properties"]) == set(profile.model_fields)


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ({"riks": {}}, ""),
        ({"halt": "yes"}, "halt"),
        ({"risk": {"max_daily_los_fraction": 0.02}}, "risk"),
        ({"risk": {"max_daily_loss_fraction": 0.5}}, "risk.max_daily_loss_fraction"),
        ({"risk": {"max_open_positions": "four"}}, "risk.max_open_positions"),
        ({"risk": {"sizing": "full_kelly"}}, "risk.sizing"),
        ({"costs": {"fee_bps": -1}}, "costs.fee_bps"),
        ({"costs": {"pairs": {"BTC/USDT:USDT": {"fee": 1}}}}, "costs.pairs.BTC/USDT:USDT"),
    ],
    ids=str,
)
def test_a_wrong_key_or_limit_is_found(section: dict[str, Any], place: str) -> None:
    assert faults({"plimsoll": section}) == {f"plimsoll.{place}".rstrip(".")}


def test_keys_of_freqtrade_are_checked_too_and_a_layer_needs_none_of_them() -> None:
    assert faults({}) == set()
    assert faults({"telegram": {"token": ""}, "my_own": 1}) == set()
    assert faults({"pairlists": [{"method": "OfTheUser"}]}) == set()
    assert faults({"trading_mode": "future"}) == {"trading_mode"}


if __name__ == "__main__":
    write()
