"""What a control bot waits for, and when it is quiet: ``plimsoll.control_bot``."""

import re
from collections.abc import Mapping
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class Rung(StrEnum):
    """Where an alarm is told, lowest first."""

    PHONE = "phone"
    MAIL = "mail"
    WEBHOOK = "webhook"


class ControlBotProfile(BaseModel):
    """Everything that a control bot may be told in a config. Its secrets are never here."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    question_seconds: Annotated[
        float, Field(ge=10, le=3600, description="How long a question waits for its answer.")
    ] = 120.0
    max_message_age_seconds: Annotated[
        float,
        Field(ge=10, le=86_400, description="Older commands are refused; an old halt is obeyed."),
    ] = 300.0
    dead_man_seconds: Annotated[
        float, Field(ge=10, le=86_400, description="Silence of the trading bot that is an alarm.")
    ] = 300.0
    mail_after_seconds: Annotated[
        float, Field(ge=0, le=86_400, description="From an alarm to its mail, unacknowledged.")
    ] = 600.0
    webhook_after_seconds: Annotated[
        float, Field(ge=0, le=86_400, description="From an alarm to its webhook, unacknowledged.")
    ] = 1800.0
    undelivered_seconds: Annotated[
        float,
        Field(ge=5, le=86_400, description="What the phone has not taken by then goes up at once."),
    ] = 60.0
    every_seconds: Annotated[
        float, Field(ge=0.2, le=600, description="From one look at the trading bot to the next.")
    ] = 5.0
    quiet_hours: Annotated[
        str, Field(description='Such as "22:30-06:30"; empty: none. A halt is told all the same.')
    ] = ""
    quiet_zone: Annotated[str, Field(description="Time zone of quiet_hours.")] = "UTC"
    folder: Annotated[
        str, Field(description="Its own folder; empty: plimsoll-control in the user folder.")
    ] = ""

    @field_validator("quiet_hours")
    @classmethod
    def _is_a_span(cls, value: str) -> str:
        if value and (_HOURS.fullmatch(value) is None or value[:5] == value[6:]):
            raise ValueError('expected a span such as "22:30-06:30"')
        return value

    @field_validator("quiet_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, ValueError, KeyError):
            raise ValueError('expected a time zone such as "Europe/Berlin"') from None
        return value

    @model_validator(mode="after")
    def _climbs(self) -> "ControlBotProfile":
        if self.webhook_after_seconds < self.mail_after_seconds:
            raise ValueError("expected webhook_after_seconds of at least mail_after_seconds")
        return self

    @property
    def waits(self) -> Mapping[Rung, float]:
        """Seconds from an alarm to each rung."""
        return {
            Rung.PHONE: 0.0,
            Rung.MAIL: self.mail_after_seconds,
            Rung.WEBHOOK: self.webhook_after_seconds,
        }

    def is_quiet(self, now: datetime) -> bool:
        """Return whether a moment lies in the quiet hours: the first minute does, the last not."""
        if not self.quiet_hours:
            return False
        begin, end = (time.fromisoformat(one) for one in self.quiet_hours.split("-"))
        at = now.astimezone(ZoneInfo(self.quiet_zone)).time()
        return begin <= at < end if begin < end else at >= begin or at < end
