"""What a control bot may be told in a config, and its quiet hours."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from plimsoll.monitoring.phone_profile import ControlBotProfile, Rung


@pytest.mark.parametrize(
    ("hours", "zone", "at", "quiet"),
    [
        ("", "UTC", "03:00", False),
        ("22:30-06:30", "UTC", "22:29", False),
        ("22:30-06:30", "UTC", "22:30", True),
        ("22:30-06:30", "UTC", "00:00", True),
        ("22:30-06:30", "UTC", "06:29", True),
        ("22:30-06:30", "UTC", "06:30", False),
        ("12:00-13:00", "UTC", "12:30", True),
        ("12:00-13:00", "UTC", "13:00", False),
        ("22:30-06:30", "Europe/Berlin", "21:00", False),
        ("22:30-06:30", "Europe/Berlin", "21:30", True),
    ],
)
def test_quiet_hours_begin_and_end_by_their_own_zone(
    hours: str, zone: str, at: str, quiet: bool
) -> None:
    profile = ControlBotProfile(quiet_hours=hours, quiet_zone=zone)
    now = datetime.fromisoformat(f"2026-11-23T{at}:00").replace(tzinfo=UTC)
    assert profile.is_quiet(now) is quiet


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"quiet_hours": "22-6"}, "expected a span"),
        ({"quiet_hours": "22:00-22:00"}, "expected a span"),
        ({"quiet_hours": "24:00-06:00"}, "expected a span"),
        ({"quiet_zone": "Mars/Base"}, "expected a time zone"),
        ({"mail_after_seconds": 600, "webhook_after_seconds": 60}, "at least mail_after_seconds"),
        ({"dead_man_seconds": float("nan")}, "finite"),
        ({"dead_man_seconds": 0}, "greater than or equal to 10"),
        ({"token": "123456:secret"}, "Extra inputs"),
    ],
)
def test_what_is_not_valid_is_refused(section: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ControlBotProfile.model_validate(section)


def test_the_rungs_stand_in_their_order() -> None:
    waits = ControlBotProfile().waits
    assert list(waits) == list(Rung)
    assert list(waits.values()) == sorted(waits.values())
