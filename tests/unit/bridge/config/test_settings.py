"""The config's ``plimsoll`` section: what is refused, and how."""

import pytest

from plimsoll.bridge.config.settings import (
    LIVE_OPT_IN,
    OBSERVE_OPT_IN,
    require_guards_of_bot,
    require_live_opt_in,
    require_secrets,
    require_stated_costs,
    settings_from,
)
from plimsoll.core import PlimsollError


def refusal(section: object) -> str:
    with pytest.raises(PlimsollError) as caught:
        settings_from({"plimsoll": section})
    return str(caught.value)


def test_a_config_without_the_section_gets_the_defaults() -> None:
    assert settings_from({}).risk.max_daily_loss_fraction == 0.03


def test_every_violation_is_named_in_one_line_with_what_was_found() -> None:
    said = refusal(
        {
            "risk": {"max_daily_loss_fraction": 0.5, "day_starts_at_hour_utc": 24},
            "costs": {"fee_bps": -1},
            "colour": "red",
        }
    )
    assert "\n" not in said
    for key, found in {
        "plimsoll.risk.max_daily_loss_fraction": "found 0.5",
        "plimsoll.risk.day_starts_at_hour_utc": "found 24",
        "plimsoll.costs.fee_bps": "found -1",
        "plimsoll.colour": "found 'red'",
    }.items():
        assert key in said
        assert found in said.split(key)[1].split(";")[0]


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"typo": 1}, "plimsoll.typo"),
        ({"risk": {"max_daily_loss": 0.1}}, "plimsoll.risk.max_daily_loss"),
        ({"costs": {"fees_bps": 1}}, "plimsoll.costs.fees_bps"),
    ],
)
def test_an_unknown_key_is_refused_by_its_full_name(section: dict, key: str) -> None:
    assert f"{key}: " in refusal(section)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (
            {"risk": {"max_daily_loss_usdt": 0.02}},
            (
                "plimsoll.risk.max_daily_loss_usdt: expected a key of docs/risk-profile.md, "
                "found 0.02 under max_daily_loss_usdt; did you mean max_daily_loss_usd?"
            ),
        ),
        ({"costs": {"fees_bps": 1}}, "found 1 under fees_bps; did you mean fee_bps?"),
        (
            {"costs": {"pairs": {"BTC/USDT:USDT": {"spreads_bps": 1}}}},
            (
                "expected a key of docs/profiles.md, found 1 under spreads_bps; "
                "did you mean spread_bps?"
            ),
        ),
        ({"halts": True}, "found True under halts; did you mean halt?"),
        (
            {"colour": "red", "halts": True},
            (
                "plimsoll.colour: expected a key of docs/profiles.md, found 'red' under colour; "
                "plimsoll.halts: "
            ),
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_most_similar_known_one(
    section: dict, said: str
) -> None:
    assert said in refusal(section)


@pytest.mark.parametrize("section", [None, [], "risk", 3])
def test_a_section_that_is_no_object_is_refused(section: object) -> None:
    assert "plimsoll" in refusal(section)


def test_dry_run_needs_no_opt_in() -> None:
    for config in ({"dry_run": True}, {}):
        require_live_opt_in(config, settings_from(config))


def test_live_with_the_exact_sentence_is_let_through() -> None:
    config = {"dry_run": False, "plimsoll": {"live_opt_in": LIVE_OPT_IN}}
    require_live_opt_in(config, settings_from(config))


@pytest.mark.parametrize("said", ["", "yes", LIVE_OPT_IN.lower(), f"{LIVE_OPT_IN}."])
def test_live_with_any_other_sentence_is_refused(said: str) -> None:
    config = {"dry_run": False, "plimsoll": {"live_opt_in": said}}
    with pytest.raises(PlimsollError, match="FREQTRADE__PLIMSOLL__LIVE_OPT_IN"):
        require_live_opt_in(config, settings_from(config))


def test_the_key_of_before_is_refused_with_what_to_write_now() -> None:
    said = refusal({"guard_backtests": False})
    assert '"off" (where it was false)' in said
    assert "plimsoll.guards" in said


def test_guards_are_one_of_three_words() -> None:
    assert settings_from({}).guards == "enforce"
    assert "'enforce', 'observe' or 'off'" in refusal({"guards": "on"})


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_bot_is_not_run_with_guards_off(dry_run: bool) -> None:
    config = {"dry_run": dry_run, "plimsoll": {"guards": "off"}}
    with pytest.raises(PlimsollError, match='found "off"'):
        require_guards_of_bot(config, settings_from(config))


@pytest.mark.parametrize("said", ["", LIVE_OPT_IN, OBSERVE_OPT_IN.lower()])
def test_guards_that_only_observe_money_are_opted_in_to_by_name(said: str) -> None:
    observing = {"guards": "observe", "observe_opt_in": said}
    config = {"dry_run": False, "plimsoll": observing}
    with pytest.raises(PlimsollError, match="observe_opt_in"):
        require_guards_of_bot(config, settings_from(config))
    require_guards_of_bot({**config, "dry_run": True}, settings_from(config))
    observing["observe_opt_in"] = OBSERVE_OPT_IN
    require_guards_of_bot(config, settings_from(config))


def test_an_enabled_api_without_secrets_is_refused_with_the_variables_to_set() -> None:
    config = {
        "api_server": {"enabled": True, "password": "", "jwt_secret_key": "there"},
        "telegram": {"enabled": True, "chat_id": "1"},
    }
    with pytest.raises(PlimsollError) as caught:
        require_secrets(config)
    said = str(caught.value)
    assert "FREQTRADE__API_SERVER__PASSWORD" in said
    assert "FREQTRADE__TELEGRAM__TOKEN" in said
    assert "JWT_SECRET_KEY" not in said
    assert "CHAT_ID" not in said


def test_a_disabled_api_needs_no_secrets() -> None:
    require_secrets({"api_server": {"enabled": False, "password": ""}, "telegram": {}})


def test_a_misspelt_section_is_refused_instead_of_ignored() -> None:
    with pytest.raises(PlimsollError, match="found 'plimsol'"):
        settings_from({"plimsol": {"risk": {"max_daily_loss_fraction": 0.01}}})


def test_a_fee_that_is_not_the_sum_of_the_costs_is_refused() -> None:
    config = {"fee": 0.0007, "plimsoll": {"costs": {"fee_bps": 50}}}
    with pytest.raises(PlimsollError, match=r"0\.0053, found 0\.0007; change both"):
        require_stated_costs(config, settings_from(config))


@pytest.mark.parametrize("config", [{}, {"fee": 0.0007}])
def test_stated_costs_and_no_fee_at_all_are_taken(config: dict) -> None:
    require_stated_costs(config, settings_from(config))


@pytest.mark.parametrize(
    ("mode", "pair", "form"),
    [
        ("futures", "BTC/USDT", "BTC/USDT:USDT"),
        ("spot", "BTC/USDT:USDT", "BTC/USDT"),
    ],
)
def test_costs_of_a_pair_that_could_never_be_traded_are_refused(
    mode: str, pair: str, form: str
) -> None:
    section = {"costs": {"pairs": {pair: {"spread_bps": 3}}}}
    config = {"fee": 0.0007, "trading_mode": mode, "plimsoll": section}
    with pytest.raises(PlimsollError, match=f"such as {form} in plimsoll.costs.pairs, found"):
        require_stated_costs(config, settings_from(config))


def test_costs_of_one_pair_leave_the_stated_fee_alone() -> None:
    section = {"costs": {"pairs": {"BTC/USDT:USDT": {"spread_bps": 30}}}}
    config = {"fee": 0.0007, "trading_mode": "futures", "plimsoll": section}
    require_stated_costs(config, settings_from(config))


def test_a_message_bus_without_its_token_is_refused() -> None:
    producer = {"api_server": {"enabled": True, "password": "x", "jwt_secret_key": "y"}}
    require_secrets(producer)  # without the key there is no bus
    producer["api_server"]["ws_token"] = ""
    with pytest.raises(PlimsollError, match="FREQTRADE__API_SERVER__WS_TOKEN"):
        require_secrets(producer)
    bus = {"enabled": True, "producers": [{"name": "a", "ws_token": "t"}, {"name": "b"}]}
    with pytest.raises(PlimsollError, match="FREQTRADE__EXTERNAL_MESSAGE_CONSUMER__PRODUCERS"):
        require_secrets({"external_message_consumer": bus})
    require_secrets({"external_message_consumer": bus | {"enabled": False}})
