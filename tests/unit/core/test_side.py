from plimsoll.core import Side


def test_the_two_sides_have_opposite_signs() -> None:
    assert (Side.LONG.sign, Side.SHORT.sign) == (1, -1)
    assert Side("short") is Side.SHORT
