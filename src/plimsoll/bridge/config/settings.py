"""The one top-level key ``plimsoll`` of a Freqtrade config, as a validated model."""

import json
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from plimsoll.champions.policy import ChampionPolicy
from plimsoll.core import PlimsollError
from plimsoll.gates.settings import GateSettings
from plimsoll.monitoring.phone_profile import ControlBotProfile
from plimsoll.monitoring.profile import WatchProfile
from plimsoll.risk import RiskProfile
from plimsoll.risk.costs import PairCosts, TradingCosts
from plimsoll.tracking.settings import TrackingSettings

FEE_ROUNDING = 1e-9
LIVE_OPT_IN = "I can afford to lose this money"
OBSERVE_OPT_IN = "Nothing closes my positions for me"

RENAMED = {
    "guard_backtests": 'is gone: plimsoll.guards is "enforce" (where it was true), "observe" or '
    '"off" (where it was false)',
}
"""Keys of an earlier release, with what to write now."""


class BacktestRearm(BaseModel):
    """What stands in for the person who ends a halt, in backtests and hyperopt only."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    after_days: Annotated[
        float | None,
        Field(
            gt=0,
            le=3650,
            description="Days from a halt to its re-arming, on probation; null: it is never.",
        ),
    ] = None


class FleetSettings(BaseModel):
    """Which bot of which fleet this one is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Annotated[
        str, Field(description="The file that names the fleet's bots (in userdir); empty: none.")
    ] = ""
    bot: Annotated[str, Field(max_length=40, description="This bot's name in that file.")] = ""


class FeedSettings(BaseModel):
    """What a bot that trades on other bots' signals needs of them (Freqtrade's message bus)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    need: Annotated[
        Literal["all", "any"],
        Field(description="Whether an entry needs the candle of all producers, or of any."),
    ] = "all"
    columns: Annotated[
        list[str],
        Field(description="Columns of a producer that must be a number on that candle."),
    ] = []
    max_close_gap_fraction: Annotated[
        float,
        Field(
            gt=0,
            lt=1,
            description="How far a producer's close may be from the bot's own of that candle.",
        ),
    ] = 0.01


class PlimsollSettings(BaseModel):
    """Everything that Plimsoll reads from a Freqtrade config."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    risk: RiskProfile = RiskProfile()
    costs: TradingCosts = TradingCosts()
    market: Annotated[
        str, Field(description="Where the prices come from; shown in reports, set by the venue.")
    ] = ""
    halt: Annotated[
        bool, Field(description="Halt a running bot: close everything, open nothing.")
    ] = False
    guards: Annotated[
        Literal["enforce", "observe", "off"],
        Field(
            description="What guards may do: enforce their verdicts, observe without acting, or "
            "off, in backtests only."
        ),
    ] = "enforce"
    backtest_rearm: BacktestRearm = BacktestRearm()
    watch: Annotated[
        WatchProfile,
        Field(description="What the watchdog beside the bot may do; read by plimsoll watch alone."),
    ] = WatchProfile()
    control_bot: Annotated[
        ControlBotProfile,
        Field(
            description="How long a control bot waits, and when it is quiet; read by "
            "plimsoll control-bot alone."
        ),
    ] = ControlBotProfile()
    champion: Annotated[
        ChampionPolicy,
        Field(description="When a FreqAI model of a running bot is trained anew and replaced."),
    ] = ChampionPolicy()
    fleet: Annotated[
        FleetSettings,
        Field(description="The fleet whose losses, exposure and halt this bot shares."),
    ] = FleetSettings()
    feed: Annotated[
        FeedSettings,
        Field(description="What an entry needs of the producers of a message bus."),
    ] = FeedSettings()
    tracking: Annotated[
        TrackingSettings,
        Field(description="Where trainings, searches and walk-forwards are logged."),
    ] = TrackingSettings()
    allow_missing_funding: Annotated[
        bool,
        Field(description="Whether a backtest may run where no funding would be charged."),
    ] = False
    universe: Annotated[
        Literal["all", "rule"],
        Field(
            description="Which pairs of the whitelist a portfolio holds: all, or by rule: each "
            "month those that were listed, liquid and of sound data before it."
        ),
    ] = "all"
    least_targets_fraction: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Least share of a portfolio's past targets that wallet and profile must be "
            "able to hold: below it a backtest is refused, and a bot enters nothing.",
        ),
    ] = 0.0
    trials_before: Annotated[
        int,
        Field(ge=0, description="Earlier trials on the same data, counted by the hyperopt loss."),
    ] = 0
    log_backtests: Annotated[bool, Field(description="Whether backtests write a decision log.")] = (
        False
    )
    state_folder: Annotated[
        str,
        Field(description="Folder of flag file and decision log; empty: plimsoll/ in userdir."),
    ] = ""
    expectation_file: Annotated[
        str, Field(description="File with a backtest's figures, from `plimsoll expectation`.")
    ] = ""
    gates: Annotated[
        GateSettings,
        Field(
            description="Other limits of the gates' criteria; read by plimsoll gate and calibrate."
        ),
    ] = GateSettings()
    gate_bundle: Annotated[
        str,
        Field(
            description="A gate's verdict that a bot must have before it trades with money, or the "
            "folder of all strategies' (in userdir); empty: none is asked for."
        ),
    ] = ""
    live_opt_in: Annotated[
        str, Field(description=f'Must read "{LIVE_OPT_IN}" before a bot trades with money.')
    ] = ""
    observe_opt_in: Annotated[
        str,
        Field(description=f'Must read "{OBSERVE_OPT_IN}" before guards only observe money.'),
    ] = ""
    code_fingerprint: Annotated[
        str, Field(description="Written by the strategy base; never by a person.")
    ] = ""


KEYS: dict[str, type[BaseModel]] = {
    "": PlimsollSettings,
    "risk": RiskProfile,
    "costs": TradingCosts,
    "backtest_rearm": BacktestRearm,
    "watch": WatchProfile,
    "gates": GateSettings,
    "champion": ChampionPolicy,
    "control_bot": ControlBotProfile,
    "tracking": TrackingSettings,
    "fleet": FleetSettings,
    "feed": FeedSettings,
}
"""The model of each section; what is deeper is the costs of one pair."""


def settings_from(config: dict[str, Any]) -> PlimsollSettings:
    """Read and check ``config["plimsoll"]``.

    Raises
    ------
    PlimsollError
        One line that names every violation, with what was found.
    """
    if misspelt := [key for key in config if _nearly_ours(key)]:
        raise PlimsollError(f'expected the section "plimsoll" in the config, found {misspelt[0]!r}')
    section = config.get("plimsoll", {})
    try:
        try:
            return _as_validated(json.dumps(section))
        except TypeError:  # what no file can hold
            return PlimsollSettings.model_validate(section)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(['plimsoll', *map(str, fault['loc'])])}: {_said(fault)}"
            for fault in error.errors(include_url=False)
        )
        raise PlimsollError(f"the config's plimsoll section is not valid: {faults}") from None


@lru_cache(maxsize=8)
def _as_validated(section: str) -> PlimsollSettings:
    """Return a section as it was checked; a portfolio reads it at each of its decisions."""
    return PlimsollSettings.model_validate(json.loads(section))


def _said(fault: ErrorDetails) -> str:
    """Return what was expected and found; of an unknown key, also the most similar known one."""
    if fault["type"] != "extra_forbidden":
        return f"{fault['msg']}, found {fault['input']!r}"
    *section, key = map(str, fault["loc"])
    if not section and key in RENAMED:
        return RENAMED[key]
    model = KEYS.get(".".join(section), PairCosts)
    page = "risk-profile" if model is RiskProfile else "profiles"
    similar = get_close_matches(key, model.model_fields, n=1)
    advice = f"; did you mean {similar[0]}?" if similar else ""
    if not section and key in RiskProfile.model_fields:
        advice = f"; did you mean plimsoll.risk.{key}?"
    return f"expected a key of docs/{page}.md, found {fault['input']!r} under {key}{advice}"


@cache
def _nearly_ours(key: str) -> bool:
    """Return whether a top-level key is a misspelling: Freqtrade would ignore it silently."""
    return key != "plimsoll" and bool(get_close_matches(key.lower(), ["plimsoll"], cutoff=0.75))


def require_stated_costs(config: dict[str, Any], settings: PlimsollSettings) -> None:
    """Refuse a config whose ``fee`` is not the sum of ``plimsoll.costs``, or a pair misnamed.

    The sum is of fee, spread and slippage as they are for every pair.

    Raises
    ------
    PlimsollError
        With both numbers. A ``--fee`` on the command line is not seen here and wins. Also when
        ``plimsoll.costs.pairs`` names a spot pair for futures, or the other way round: it would
        never be found.
    """
    futures = config.get("trading_mode") == "futures"
    if misnamed := [pair for pair in settings.costs.pairs if (":" in pair) is not futures]:
        form = "BTC/USDT:USDT" if futures else "BTC/USDT"
        raise PlimsollError(
            f"expected pairs such as {form} in plimsoll.costs.pairs, found {misnamed[0]!r}"
        )
    fee, stated = config.get("fee"), settings.costs.fill_fraction
    if fee is not None and abs(fee - stated) > FEE_ROUNDING:
        raise PlimsollError(
            f"expected fee to be the sum of plimsoll.costs, {stated:g}, found {fee:g}; change both"
        )


def require_live_opt_in(config: dict[str, Any], settings: PlimsollSettings) -> None:
    """Refuse a config that trades with money unless its owner opted in by name.

    Raises
    ------
    PlimsollError
        When ``dry_run`` is false and ``plimsoll.live_opt_in`` is not the exact sentence.
    """
    if config.get("dry_run", True) is False and settings.live_opt_in != LIVE_OPT_IN:
        raise PlimsollError(
            "dry_run is false, so this bot would trade with money; "
            f'set plimsoll.live_opt_in to "{LIVE_OPT_IN}" '
            "(or FREQTRADE__PLIMSOLL__LIVE_OPT_IN in the environment), or layer mode-dry-run.json"
        )


def require_guards_of_bot(config: dict[str, Any], settings: PlimsollSettings) -> None:
    """Refuse to trade without guards, and with guards that only observe where money is at stake.

    Raises
    ------
    PlimsollError
        When ``plimsoll.guards`` is off, or when it is observe, ``dry_run`` is false and
        ``plimsoll.observe_opt_in`` is not the exact sentence.
    """
    if settings.guards == "off":
        raise PlimsollError(
            'expected plimsoll.guards of a bot that trades to be "enforce" or "observe", found '
            '"off", which is for backtests and hyperopt'
        )
    is_live = config.get("dry_run", True) is False
    if is_live and settings.guards == "observe" and settings.observe_opt_in != OBSERVE_OPT_IN:
        raise PlimsollError(
            'plimsoll.guards is "observe" and dry_run is false, so no guard would close anything '
            f'that loses money; set plimsoll.observe_opt_in to "{OBSERVE_OPT_IN}", or '
            'plimsoll.guards to "enforce"'
        )


SECRETS = {
    ("telegram", "token"): "FREQTRADE__TELEGRAM__TOKEN",
    ("telegram", "chat_id"): "FREQTRADE__TELEGRAM__CHAT_ID",
    ("api_server", "password"): "FREQTRADE__API_SERVER__PASSWORD",
    ("api_server", "jwt_secret_key"): "FREQTRADE__API_SERVER__JWT_SECRET_KEY",
}


def require_secrets(config: dict[str, Any]) -> None:
    """Refuse an enabled Telegram, API server or message bus whose secrets are empty.

    Raises
    ------
    PlimsollError
        One line that names the environment variables to set.
    """
    missing = [
        variable
        for (section, key), variable in SECRETS.items()
        if (config.get(section) or {}).get("enabled") and not config[section].get(key)
    ]
    # Without the key Freqtrade has no message bus, which most bots do not need.
    api = config.get("api_server") or {}
    if api.get("enabled") and "ws_token" in api and not api["ws_token"]:
        missing.append("FREQTRADE__API_SERVER__WS_TOKEN")
    bus = config.get("external_message_consumer") or {}
    if bus.get("enabled") and not all(one.get("ws_token") for one in bus.get("producers", ())):
        missing.append("FREQTRADE__EXTERNAL_MESSAGE_CONSUMER__PRODUCERS")
    if missing:
        raise PlimsollError(
            f"expected secrets in the environment, found none for {', '.join(missing)}"
        )
