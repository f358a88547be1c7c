"""The records of a walk-forward."""

from plimsoll.lab.walk_forward.records import different, digest, found_words


def window(best: int | None, *tried: int) -> dict[str, object]:
    return {
        "best": None if best is None else {"x": best},
        "tried": [{"params": {"x": one}, "loss": 1.0} for one in tried],
    }


def test_every_parameter_set_is_there_once_and_winners_come_first() -> None:
    made = different([window(3, 1, 2, 3), window(5, 4, 5), window(None, 1, 6)])
    assert [one["x"] for one in made[:3]] == [3, 5, 1]
    assert sorted(one["x"] for one in made) == [1, 2, 3, 4, 5, 6]


def test_a_digest_is_that_of_the_values_not_of_their_order() -> None:
    assert digest({"a": 1, "b": 2.0}) == digest({"b": 2.0, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})


def test_a_winner_that_freqtrade_did_not_confirm_is_told() -> None:
    found = {"best": {"x": 1}, "epochs": 3, "best_loss": -1.5, "trades": 4, "confirmed": False}
    assert found_words(found) == "3 epochs, best loss -1.5, 4 trades, NOT CONFIRMED by Freqtrade"
    found["confirmed"] = True
    assert found_words(found) == "3 epochs, best loss -1.5, 4 trades, confirmed by Freqtrade"
    found.pop("confirmed")
    assert found_words(found) == "3 epochs, best loss -1.5, 4 trades"
    assert found_words({"best": None, "epochs": 3}) == "3 epochs, none with enough trades"
