"""Every cause is told, in the code and on the page."""

from plimsoll.parity import CAUSES, Cause
from tests.parity.causes_page import PAGE, page_text


def test_every_cause_has_its_words():
    assert set(CAUSES) == set(Cause)
    assert len({one.title for one in CAUSES.values()}) == len(CAUSES)


def test_the_page_has_the_causes_as_they_are():
    assert PAGE.read_text(encoding="utf-8") == page_text(), (
        "run python -m tests.parity.causes_page --write"
    )
