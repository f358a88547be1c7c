"""No password of an address is shown, however it is written."""

import pytest

from plimsoll.core.addresses import without_password


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://ada:SECRET@db:5432/x", "postgresql://ada:***@db:5432/x"),
        ("postgresql://ada:SEC/RET@db/x", "postgresql://ada:***@db/x"),
        ("postgresql://ada:SEC@RET@db/x", "postgresql://ada:***@db/x"),
        ("postgresql://ada:SEC?RET@db/x", "postgresql://ada:***@db/x"),
        ("postgresql://:SECRET@db/x", "postgresql://:***@db/x"),
        (
            "postgresql:///x?user=ada&password=SECRET&host=db",
            "postgresql:///x?user=ada&password=***&host=db",
        ),
        ("postgresql://db/x?sslpassword=SEC%20RET", "postgresql://db/x?sslpassword=***"),
        ("postgresql://ada@db:5432/x", "postgresql://ada@db:5432/x"),
        ("sqlite:///folder/bot.sqlite", "sqlite:///folder/bot.sqlite"),
        ("user_data/a.journal", "user_data/a.journal"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert without_password(address) == shown
    assert without_password(shown) == shown
