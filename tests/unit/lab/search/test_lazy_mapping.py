"""A mapping that is computed when somebody reads it."""

from plimsoll.lab.search.lazy_mapping import LazyMapping


def test_nothing_is_computed_before_it_is_read_and_then_once() -> None:
    calls: list[int] = []

    def compute() -> dict[str, float]:
        calls.append(1)
        return {"sharpe": 1.5, "calmar": 2.0}

    stats = LazyMapping(compute)
    assert calls == []
    assert stats["sharpe"] == 1.5
    assert stats.get("sortino") is None
    assert dict(stats) == {"sharpe": 1.5, "calmar": 2.0}
    assert len(stats) == 2
    assert len(calls) == 1
