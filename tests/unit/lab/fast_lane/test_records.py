"""The numbers that stand for words."""

from plimsoll.lab.fast_lane import records


def test_each_bit_of_a_signal_is_its_own():
    names = [name for name in vars(records) if name.endswith(("_IS_1", "_SET"))]
    bits = [getattr(records, name) for name in names]

    assert sorted(bits) == [1 << place for place in range(8)]
    for name in names:
        if name.endswith("_IS_1"):
            assert getattr(records, name.replace("_IS_1", "_SET")) == getattr(records, name) << 4


def test_each_reason_is_its_own():
    names = ("NONE", "ROI", "STOP", "TRAILING", "LIQUIDATION", "SIGNAL", "FORCED", "CLOSING")

    assert sorted(getattr(records, name) for name in names) == list(range(8))
