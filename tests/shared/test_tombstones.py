"""Tombstones: an erased question stays erased under every spelling of its id."""

import pytest
from redis.asyncio import Redis

from ratchet.storage import Tombstones, bury, forgotten_among

QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"


@pytest.mark.parametrize(
    "buried",
    [QUERY_ID, QUERY_ID.upper(), f"{{{QUERY_ID}}}", f"{{{QUERY_ID.upper()}}}",
     f"urn:uuid:{QUERY_ID}", QUERY_ID.replace("-", "")],
)  # fmt: skip
async def test_a_tombstone_of_an_earlier_release_applies_to_the_one_spelling(
    redis: Redis, buried: str
):
    await bury(redis, [buried])
    found = await forgotten_among(Tombstones(redis), [QUERY_ID, QUERY_ID.replace("7", "8")])
    assert found == {QUERY_ID}


async def test_a_tombstone_of_a_name_in_nfd_applies_to_the_name(redis: Redis):
    await bury(redis, ["Ku\u0308hlung"])
    assert await forgotten_among(Tombstones(redis), ["K\u00fchlung", "Kuhlung"]) == {"K\u00fchlung"}
