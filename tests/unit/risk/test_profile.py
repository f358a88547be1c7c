"""The risk profile: bounds, faults, presets, the generated page."""

import ast
import re

import pytest
from freqtrade.configuration.load_config import load_config_file
from pydantic import ValidationError

from plimsoll.bridge.config.settings import settings_from
from plimsoll.risk import RiskProfile
from plimsoll.risk.reference import profile_reference, profile_schema
from tests.conftest import ROOT
from tests.unit.risk.accounts import profile

PRESETS = {
    file.stem.removeprefix("risk-"): file
    for file in sorted((ROOT / "user_data/config").glob("risk-*.json"))
}
PAGE = ROOT / "docs" / "risk-profile.md"
UNITS = (
    "_fraction",
    "_usd",
    "_seconds",
    "_hours",
    "_days",
    "_utc",
    "_atr",
    "_multiple",
    "_multiplier",
)


def preset(name: str) -> RiskProfile:
    return settings_from(load_config_file(str(PRESETS[name]))).risk


def write() -> None:
    """Write the generated page anew: ``python -m tests.unit.risk.test_profile``."""
    PAGE.write_text(profile_reference(), encoding="utf-8")


def faults(**values: object) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        RiskProfile.model_validate(values)
    return [".".join(map(str, fault["loc"])) for fault in caught.value.errors()]


def test_every_violation_is_reported_at_once_also_between_limits() -> None:
    found = faults(
        max_daily_loss_fraction=0.5,
        max_daily_loss_usd=-1,
        typo=1,
        drawdown_reduce_fraction=0.13,
        trading_hours_utc={"monday": ["9-5"]},
    )
    assert sorted(found) == [
        "drawdown_reduce_fraction",
        "max_daily_loss_fraction",
        "max_daily_loss_usd",
        "trading_hours_utc.monday.0",
        "typo",
    ]


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"drawdown_reduce_fraction": 0.13}, "drawdown_reduce_fraction"),
        ({"drawdown_halt_fraction": 0.05}, "drawdown_reduce_fraction"),
        ({"max_api_errors": 16}, "max_api_errors"),
        ({"max_candle_delay_seconds": 301}, "max_candle_delay_seconds"),
        ({"max_portfolio_heat_fraction": 0.005}, "max_risk_per_trade_fraction"),
        ({"max_leverage": 5, "proven_max_leverage": 4}, "max_leverage"),
        ({"max_position_usd": 2, "max_exposure_usd": 1}, "max_position_usd"),
        ({"max_position_fraction": 4}, "max_position_fraction"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(values: dict, key: str) -> None:
    assert faults(**values) == [key]


def test_equal_limits_do_not_contradict_each_other() -> None:
    assert profile(max_position_usd=5, max_exposure_usd=5).max_exposure_usd == 5


def test_the_fault_says_what_was_expected_and_found() -> None:
    with pytest.raises(ValidationError, match=r"at most drawdown_halt_fraction, which is 0\.12"):
        profile(drawdown_reduce_fraction=0.13)


@pytest.mark.parametrize("value", ["text", None, [], {}])
def test_a_limit_that_is_no_number_is_refused_once(value: object) -> None:
    assert faults(drawdown_halt_fraction=value) == ["drawdown_halt_fraction"]


@pytest.mark.parametrize("data", [None, [], "risk", 3])
def test_a_profile_that_is_no_object_is_refused(data: object) -> None:
    with pytest.raises(ValidationError):
        RiskProfile.model_validate(data)


@pytest.mark.parametrize(
    "cap",
    [
        {"max_daily_loss_fraction": 0.101},
        {"drawdown_halt_fraction": 0.151},
        {"max_risk_per_trade_fraction": 0.051},
        {"max_portfolio_heat_fraction": 0.201},
        {"proven_max_leverage": 5.1},
        {"max_leverage": 5.1},
        {"kelly_multiple": 0.51},
        {"proven_trades": 29},
        {"kelly_trades": 29},
        {"min_liquidation_distance_fraction": 0.04},
    ],
    ids=str,
)
def test_no_configuration_passes_a_hard_cap(cap: dict) -> None:
    assert next(iter(cap)) in faults(**cap)


def test_a_profile_takes_no_infinity_and_cannot_be_changed() -> None:
    assert faults(max_daily_loss_usd=float("inf")) == ["max_daily_loss_usd"]
    with pytest.raises(ValidationError, match="frozen"):
        profile().max_trades_per_day = 99


def test_every_limit_has_a_group_a_source_a_description_and_a_unit() -> None:
    for name, found in profile_schema()["properties"].items():
        assert found["group"], name
        assert found["source"], name
        assert found["description"].endswith((".", "always.")), name
        kinds = {found.get("type"), *(one.get("type") for one in found.get("anyOf", ()))}
        if "number" in kinds:
            plain = name in {
                "max_correlation", "max_leverage", "proven_max_leverage", "proven_sharpe",
                "min_target_to_cost", "divergence_z", "break_even_z",
            }  # fmt: skip
            said = f"expected a name that ends in a unit ({', '.join(UNITS)}); found {name}"
            assert plain or name.endswith(UNITS), said


# The presets


def test_the_presets_of_the_issue_ship() -> None:
    assert sorted(PRESETS) == [
        "careful", "evolution", "live-1000", "live-500", "live-5000", "open-interest", "portfolio",
    ]  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_valid_and_each_number_names_its_source(name: str) -> None:
    assert isinstance(preset(name), RiskProfile)
    content = load_config_file(str(PRESETS[name]))
    assert list(content) == ["$schema", "plimsoll"]
    assert list(content["plimsoll"]) == ["risk"]
    lines = PRESETS[name].read_text(encoding="utf-8").splitlines()
    settings = [line for line in lines if re.match(r' +"\w+": [^{]', line)]
    assert len(settings) == len(content["plimsoll"]["risk"])
    assert [line for line in settings if not re.search(r" // \w+", line)] == []


def test_careful_is_the_model_s_defaults_written_out() -> None:
    assert preset("careful") == RiskProfile()
    written = load_config_file(str(PRESETS["careful"]))["plimsoll"]["risk"]
    assert set(written) == set(RiskProfile.model_fields)


def test_the_presets_keep_their_numbers() -> None:
    evolution = preset("evolution")
    assert (evolution.max_position_usd, evolution.max_daily_loss_usd) == (500, 100)
    assert evolution.max_trades_per_day == 10
    interest = preset("open-interest")
    assert (interest.max_daily_loss_fraction, interest.max_consecutive_losses) == (0.03, 5)
    assert (interest.max_leverage, interest.proven_max_leverage) == (3, 5)
    assert interest.max_portfolio_heat_fraction == 0.2
    first = preset("live-500")
    assert (first.max_position_usd, first.max_daily_loss_usd) == (100, 20)


def test_the_live_presets_grow_with_the_capital() -> None:
    steps = [preset(f"live-{capital}") for capital in (500, 1000, 5000)]
    for limit in ("max_position_usd", "max_exposure_usd", "max_daily_loss_usd"):
        values = [getattr(step, limit) for step in steps]
        assert values == sorted(set(values)), limit


def test_the_live_presets_take_the_daily_loss_of_the_live_mode() -> None:
    mode = load_config_file(str(ROOT / "user_data/config/mode-live.json"))["plimsoll"]["risk"]
    for capital in (500, 1000, 5000):
        step = preset(f"live-{capital}")
        assert step.max_daily_loss_fraction <= mode["max_daily_loss_fraction"]
        assert step.max_daily_loss_usd is not None
        assert step.max_daily_loss_usd <= 0.04 * capital


def test_a_portfolio_is_bound_by_heat_and_exposure() -> None:
    portfolio, careful = preset("portfolio"), preset("careful")
    assert portfolio.max_open_positions >= 10
    assert portfolio.max_trades_per_day >= 2 * portfolio.max_open_positions
    assert portfolio.max_orders > 2 * portfolio.max_open_positions
    assert portfolio.max_exposure_fraction < careful.max_exposure_fraction
    assert portfolio.max_portfolio_heat_fraction <= careful.max_portfolio_heat_fraction
    assert portfolio.drawdown_halt_fraction == careful.drawdown_halt_fraction
    assert portfolio.max_daily_loss_fraction == careful.max_daily_loss_fraction


# The generated page


def test_the_reference_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == profile_reference()


def test_no_limit_stands_outside_the_profile() -> None:
    allowed = {0, 1, 2}
    found = {}
    for file in sorted((ROOT / "src/plimsoll/risk").rglob("*.py")):
        if file.name in {"profile.py", "costs.py"}:
            continue
        numbers = {
            node.value
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, int | float)
            and not isinstance(node.value, bool)
        }
        if strange := numbers - allowed:
            found[file.name] = strange
    tolerances = {"coins.py": {0.005}, "denial.py": {1e-9}, "quiet.py": {1e-6}}
    assert found == {**tolerances, "fleet.py": {0.01, 5}, "track_record.py": {365}}


if __name__ == "__main__":
    write()
