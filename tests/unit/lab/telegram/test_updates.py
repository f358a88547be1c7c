"""Updates wait until they are confirmed, for one reader, of the kinds that it asks for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from plimsoll.lab.telegram.rules import RefusedError
from plimsoll.lab.telegram.updates import Updates


def run(do: Callable[[Updates], Awaitable[Any]]) -> Any:
    async def inside() -> Any:
        updates, loop = Updates(), asyncio.get_running_loop()
        for text in ("one", "two"):
            updates.add({"message": {"text": text}}, loop)
        updates.add({"edited_message": {"text": "three"}}, loop)
        return await do(updates)

    return asyncio.run(inside())


def numbers(found: list[dict[str, Any]]) -> list[int]:
    return [one["update_id"] for one in found]


def test_what_is_not_confirmed_comes_again_and_what_is_never() -> None:
    async def do(updates: Updates) -> list[list[int]]:
        asked = ({}, {}, {"offset": "2", "limit": "1"}, {"offset": "4"}, {"offset": "0"})
        return [numbers(await updates.get(one)) for one in asked]

    assert run(do) == [[1, 2, 3], [1, 2, 3], [2], [], []]


def test_only_the_kinds_that_are_asked_for() -> None:
    async def do(updates: Updates) -> list[int]:
        return numbers(await updates.get({"allowed_updates": '["edited_message"]'}))

    assert run(do) == [3]


@pytest.mark.parametrize("kinds", ["{", '"message"', "7"])
def test_kinds_that_are_no_list_are_refused(kinds: str) -> None:
    async def do(updates: Updates) -> None:
        await updates.get({"allowed_updates": kinds})

    with pytest.raises(RefusedError, match="can't parse allowed updates"):
        run(do)


def test_a_second_reader_ends_the_first_ones_question() -> None:
    async def do(updates: Updates) -> tuple[int, list[int], int]:
        updates.drop()
        first = asyncio.create_task(updates.get({"timeout": "30"}))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(updates.get({"timeout": "30"}))
        with pytest.raises(RefusedError) as refused:
            await first
        updates.add({"message": {}}, asyncio.get_running_loop())
        return refused.value.status, numbers(await second), updates.conflicts

    assert run(do) == (409, [4], 1)


def test_a_question_without_news_ends_empty_in_its_time() -> None:
    async def do(updates: Updates) -> list[dict[str, Any]]:
        updates.drop()
        return await updates.get({"timeout": "0.05"})

    assert run(do) == []
