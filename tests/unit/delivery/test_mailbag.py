from __future__ import annotations

import asyncio

from newsletter.delivery.letters import Letter
from newsletter.delivery.mailbag import Mailbag
from tests.contract.delivery.samples import letter, letter_form, letters


def numbers(taken: list[Letter]) -> list[int]:
    return [one.delivery_id for one in taken]


def test_letters_come_out_in_the_order_in_which_they_went_in_and_only_once() -> None:
    async def main() -> None:
        bag = Mailbag()
        bag.put(letters(5))
        assert numbers(await bag.take(3)) == [1, 2, 3]
        last = bag.take_now()
        assert last is not None
        assert last.delivery_id == 4
        bag.close()
        assert numbers(await bag.take(3)) == [5]
        assert await bag.take(3) == []
        assert bag.take_now() is None

    asyncio.run(main())


def test_what_is_taken_at_once_is_of_one_form() -> None:
    async def main() -> None:
        bag, english, spanish = Mailbag(), letter_form("en"), letter_form("es")
        bag.put([letter(1, english), letter(2, english), letter(3, spanish), letter(4, english)])
        assert [numbers(await bag.take(10)) for _ in range(3)] == [[1, 2], [3], [4]]

    asyncio.run(main())


def test_every_lane_that_waits_is_told_of_the_end() -> None:
    async def main() -> None:
        bag = Mailbag()
        lanes = [asyncio.create_task(bag.take(1)) for _ in range(4)]
        await asyncio.sleep(0)
        bag.put(letters(1))
        bag.close()
        assert sorted(map(len, await asyncio.gather(*lanes))) == [0, 0, 0, 1]

    asyncio.run(main())


def test_a_lane_that_gave_up_does_not_swallow_a_call() -> None:
    async def main() -> None:
        bag = Mailbag()
        gone, there = asyncio.create_task(bag.take(1)), asyncio.create_task(bag.take(1))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        bag.put(letters(1))
        assert numbers(await there) == [1]

    asyncio.run(main())


def test_letters_can_be_taken_back_by_their_delivery() -> None:
    bag = Mailbag()
    bag.put(letters(4))
    assert numbers(bag.take_back({2, 4}.__contains__)) == [2, 4]
    assert len(bag) == 2


def test_who_waits_is_woken_when_the_bag_is_closed() -> None:
    async def main() -> None:
        bag = Mailbag()
        assert not await bag.closed_within(0.01)
        asyncio.get_running_loop().call_later(0.01, bag.close)
        async with asyncio.timeout(5):
            assert await bag.closed_within(60)

    asyncio.run(main())
