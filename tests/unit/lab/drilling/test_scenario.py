"""A scenario's profile is the wide one with its own limits over it."""

from plimsoll.lab.drilling.scenario import WIDE, Act, Scenario


def test_its_own_limit_lies_over_the_wide_profile() -> None:
    one = Scenario(name="a", rule="a", act=Act.DENY, how="", risk={"max_open_positions": 1})
    assert one.profile() == {**WIDE, "max_open_positions": 1}
    assert WIDE["max_open_positions"] > 1
