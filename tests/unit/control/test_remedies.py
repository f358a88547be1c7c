from datetime import UTC, datetime

import pytest

from plimsoll.control.remedies import OUR_ORDER, OURS, REMEDIES, remedy
from plimsoll.core.books import Break, BreakKind

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", BreakKind)
def test_every_kind_of_break_says_what_to_do(kind: BreakKind) -> None:
    assert len(REMEDIES[kind]) > 20
    assert remedy(Break(kind=kind, text="x", since=NOON)) == REMEDIES[kind]


def test_what_the_bot_owns_it_mends_itself() -> None:
    position = Break(kind=BreakKind.WRONG_SIZE, text="x", since=NOON, ours=True)
    assert remedy(position) == OURS + REMEDIES[BreakKind.WRONG_SIZE]
    order = Break(kind=BreakKind.UNKNOWN_ORDER, text="x", since=NOON, order="7", ours=True)
    assert remedy(order) == OUR_ORDER + REMEDIES[BreakKind.UNKNOWN_ORDER]
