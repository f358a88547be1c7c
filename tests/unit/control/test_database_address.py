"""An address of a database as a person types it."""

import pytest

from plimsoll.control.database_address import address_of, shown
from plimsoll.core import UsageError


def test_an_address_has_the_driver_that_is_installed_and_is_shown_without_its_password() -> None:
    url = address_of("postgresql://ada:secret@db.example/bot")
    assert url.drivername == "postgresql+psycopg"
    assert shown(url) == "postgresql+psycopg://ada:***@db.example/bot"
    assert shown(address_of("sqlite:///bot.sqlite")) == "sqlite:///bot.sqlite"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mysql://ada:secret@host/bot", "expected sqlite:///FILE or postgresql"),
        ("postgresql+nothing://ada:secret@host/bot", "expected sqlite:///FILE or postgresql"),
        ("what", "expected sqlite:///FILE or postgresql"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
    ],
)
def test_another_kind_is_wrong_usage(address: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        address_of(address)
    assert "secret" not in str(raised.value)


def test_a_password_that_divides_the_address_in_the_wrong_place_is_refused_and_not_told() -> None:
    with pytest.raises(UsageError, match="whose @ is written %40") as raised:
        address_of("postgresql://ada:SEC@RET@db/x")
    assert "RET" not in str(raised.value)
    assert "SEC" not in str(raised.value)


def test_a_password_among_the_options_is_not_shown() -> None:
    url = address_of("postgresql://db/x?user=ada&password=SECRET")
    assert "SECRET" not in shown(url)
    assert url.query["password"] == "SECRET"
