"""What a watchdog looks for, how long it waits, and what it may do: ``plimsoll.watch``."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Act(StrEnum):
    """What a watchdog may do; each includes what stands before it."""

    TELL = "tell"
    STOP_ENTRIES = "stop_entries"
    FLATTEN = "flatten"

    @property
    def strength(self) -> int:
        """The place in the order of severity, from 0."""
        return tuple(Act).index(self)

    def at_most(self, other: "Act") -> "Act":
        """Return the milder of two."""
        return min(self, other, key=lambda act: act.strength)


class Condition(StrEnum):
    """What can be wrong."""

    BOT_DEAD = "bot_dead"
    BOT_HUNG = "bot_hung"
    BOT_STOPPED = "bot_stopped"
    API_SILENT = "api_silent"
    LATE_CANDLE = "late_candle"
    EQUITY_FALL = "equity_fall"
    UNREAD_TRANSFERS = "unread_transfers"
    MISSING_STOP = "missing_stop"
    UNKNOWN_POSITION = "unknown_position"
    ORPHAN_ORDER = "orphan_order"
    DATABASE_GONE = "database_gone"
    BLIND = "blind"
    KEY_REFUSED = "key_refused"
    CLOCK_SKEW = "clock_skew"


class WatchRule(BaseModel):
    """How long one condition must last before somebody is told, and before something is done."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    tell_after_seconds: Annotated[float, Field(ge=0, le=86_400)]
    act_after_seconds: Annotated[float, Field(ge=0, le=86_400)]
    act: Act


def _rule(tell: float, act_after: float, act: Act) -> WatchRule:
    return WatchRule(tell_after_seconds=tell, act_after_seconds=act_after, act=act)


RULES: Mapping[Condition, WatchRule] = {
    Condition.BOT_DEAD: _rule(30, 300, Act.FLATTEN),
    Condition.BOT_HUNG: _rule(60, 300, Act.FLATTEN),
    Condition.BOT_STOPPED: _rule(60, 3600, Act.TELL),
    Condition.API_SILENT: _rule(60, 3600, Act.TELL),
    Condition.LATE_CANDLE: _rule(60, 600, Act.STOP_ENTRIES),
    Condition.EQUITY_FALL: _rule(0, 20, Act.FLATTEN),
    Condition.UNREAD_TRANSFERS: _rule(0, 20, Act.STOP_ENTRIES),
    Condition.MISSING_STOP: _rule(60, 180, Act.FLATTEN),
    Condition.UNKNOWN_POSITION: _rule(60, 300, Act.STOP_ENTRIES),
    Condition.ORPHAN_ORDER: _rule(120, 600, Act.TELL),
    Condition.DATABASE_GONE: _rule(30, 300, Act.STOP_ENTRIES),
    Condition.BLIND: _rule(60, 600, Act.STOP_ENTRIES),
    Condition.KEY_REFUSED: _rule(0, 3600, Act.TELL),
    Condition.CLOCK_SKEW: _rule(60, 3600, Act.TELL),
}
"""The rules as they ship."""


class WatchProfile(BaseModel):
    """Everything that a watchdog may do. Its secrets are in its environment, never here."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    may: Annotated[
        Act,
        Field(description="The most that it may do: tell, stop_entries or flatten."),
    ] = Act.TELL
    every_seconds: Annotated[
        float, Field(ge=1, le=300, description="Seconds from one look to the next.")
    ] = 10.0
    max_loop_age_seconds: Annotated[
        float, Field(ge=5, le=3600, description="Age of the bot's last loop that counts as hung.")
    ] = 120.0
    max_candle_delay_seconds: Annotated[
        float, Field(ge=10, le=3600, description="How late the bot's newest closed candle may be.")
    ] = 90.0
    max_equity_fall_fraction: Annotated[
        float | None,
        Field(
            gt=0,
            le=0.5,
            description="Fall from the highest equity of 24 hours, by the exchange; null: off.",
        ),
    ] = 0.10
    max_clock_skew_seconds: Annotated[
        float, Field(gt=0, le=86_400, description="Difference of this clock and the exchange's.")
    ] = 2.0
    stops_on_exchange: Annotated[
        bool, Field(description="Whether every position is to have a stop order on the exchange.")
    ] = True
    rest_patience_seconds: Annotated[
        float,
        Field(ge=1, le=600, description="How long the bot may take to close what it was told to."),
    ] = 45.0
    repeat_alarm_minutes: Annotated[
        float, Field(ge=1, le=1440, description="How often an alarm that lasts is told again.")
    ] = 30.0
    heartbeat_seconds: Annotated[
        float, Field(ge=10, le=86_400, description="How often the all-is-well address is called.")
    ] = 60.0
    dead_man_seconds: Annotated[
        float | None,
        Field(
            ge=10,
            le=3600,
            description="The exchange cancels open orders when not renewed for so long; null: off.",
        ),
    ] = None
    ignore_pairs: Annotated[
        tuple[str, ...], Field(description="Pairs in the account that are not the bot's.")
    ] = ()
    bot_url: Annotated[
        str, Field(description="The bot's REST API; empty: by api_server of the config.")
    ] = ""
    bot_folder: Annotated[
        str, Field(description="The bot's state folder, where it can be reached; empty: it cannot.")
    ] = ""
    folder: Annotated[
        str, Field(description="The watchdog's own folder; empty: plimsoll-watch/ in userdir.")
    ] = ""
    rules: Annotated[
        dict[Condition, WatchRule],
        Field(description="By condition: how long until it is told and acted upon, and the act."),
    ] = Field(default_factory=lambda: dict(RULES))

    @field_validator("rules", mode="before")
    @classmethod
    def _over_the_shipped(cls, given: Any) -> Any:
        """Lay what is given over the shipped rules, key by key."""
        if not isinstance(given, Mapping):
            return given
        known = {str(name): rule.model_dump() for name, rule in RULES.items()}
        laid = {
            str(name): {**known.get(str(name), {}), **rule} if isinstance(rule, Mapping) else rule
            for name, rule in given.items()
        }
        return {**known, **laid}

    @field_validator("rules")
    @classmethod
    def _never_blindly(cls, rules: dict[Condition, WatchRule]) -> dict[Condition, WatchRule]:
        """Refuse to let it close positions because it cannot see them."""
        for condition in (Condition.BLIND, Condition.KEY_REFUSED, Condition.UNREAD_TRANSFERS):
            if rules[condition].act is Act.FLATTEN:
                raise ValueError(f"expected tell or stop_entries for {condition}, found flatten")
        return rules

    def act_of(self, condition: Condition) -> Act:
        """Return what a condition leads to under this profile."""
        return self.rules[condition].act.at_most(self.may)
