import pytest

from plimsoll.venue.api.listen_keys import VALID_MS, ListenKeys, answered
from plimsoll.venue.errors import ApiError

NOW_MS = 1_735_689_600_000


def test_there_is_one_key_and_asking_again_extends_it() -> None:
    keys = ListenKeys()
    key = keys.opened(NOW_MS)
    assert len(key) == 64
    assert keys.is_valid(key, NOW_MS + VALID_MS - 1)
    assert not keys.is_valid(key, NOW_MS + VALID_MS)
    assert keys.opened(NOW_MS + VALID_MS - 1) == key
    assert keys.is_valid(key, NOW_MS + VALID_MS)


def test_after_an_hour_there_is_another() -> None:
    keys = ListenKeys()
    key = keys.opened(NOW_MS)
    with pytest.raises(ApiError) as refused:
        keys.extended(NOW_MS + VALID_MS)
    assert refused.value.code == -1125
    assert keys.opened(NOW_MS + VALID_MS) != key


def test_the_endpoint_opens_extends_and_closes() -> None:
    keys = ListenKeys()
    opened = answered(keys, "POST", NOW_MS)
    assert answered(keys, "PUT", NOW_MS + 1) == opened
    assert answered(keys, "DELETE", NOW_MS + 2) == {}
    assert not keys.is_valid(str(opened), NOW_MS + 2)
    with pytest.raises(ApiError):
        answered(keys, "PUT", NOW_MS + 3)
    assert answered(keys, "GET", NOW_MS) is None
