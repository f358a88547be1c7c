"""Faults: each kind of the matrix, and what one that was started takes back."""

import pytest

from plimsoll.lab.drilling.fault import Fault
from plimsoll.lab.drilling.faults import FAULTS

KINDS = {"none", "order", "market", "account", "process", "disk", "people", "kill"}
ALL = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


def test_every_kind_is_there() -> None:
    assert {one.kind for one in FAULTS.values()} == KINDS
    assert len(FAULTS) > 30


@ALL
def test_it_does_something_unless_it_is_none(fault: Fault) -> None:
    does = {fault.arm.__name__, fault.strike.__name__} != {"nothing"}
    assert does == (fault.kind not in ("none", "kill"))


@ALL
def test_one_that_lasts_is_taken_back(fault: Fault) -> None:
    assert fault.lasts is None or fault.mend.__name__ != "nothing"
