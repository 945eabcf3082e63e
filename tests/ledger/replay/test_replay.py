"""`ratchet replay`: from archive and streams to the same rewards, examples and ledger."""

import asyncio
import json
import os
import sys
from pathlib import Path

from redis.asyncio import Redis

from ledger.backends.database import open_for_reading, open_for_writing
from ledger.backends.migration import migrate
from ledger.erasure.erasure import new_request
from ledger.erasure.journal import ErasureJournal
from ledger.reading import LedgerReader
from ratchet.contract import EXAMPLES, EXPERIENCES, FEEDBACK, REWARDS
from ratchet.delivery import DATA_FIELD
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port, valkey_server

from .conftest import START, Served, ratchet_replay


async def test_half_of_it_archived_and_trimmed_ends_in_the_same_rewards_and_examples(
    served: Served,
):
    status, told, complaints = await ratchet_replay(served)
    assert (status, told["differences"]) == (0, []), complaints
    assert told["original"] == told["replayed"]
    assert told["rewards"] == [240, 240]
    assert told["examples"][0] == told["examples"][1] > 50
    assert told["ledger"] == told["ledger_replayed"]
    assert told["ledger_events"][0] == told["ledger_events"][1] > 500
    assert (told["ledger_waiting"], told["ledger_restored"]) == (0, None)


async def test_what_is_archived_can_be_replayed_without_its_streams(served: Served):
    await served.redis.flushall()
    _, told, complaints = await ratchet_replay(served)
    assert 60 < told["rewards"][1] < 180, complaints


async def test_what_was_scored_otherwise_is_named(served: Served):
    status, told, _ = await ratchet_replay(
        served, RATCHET_REWARD_WEIGHTS='{"explicit_rating": 0.5}'
    )
    assert status == 1
    assert told["original"] != told["replayed"]
    assert told["scored_with"][0] != told["scored_with"][1]
    kinds = {difference["kind"]: difference for difference in told["differences"]}
    assert kinds["rewards that differ"]["many"] > 50
    assert len(kinds["rewards that differ"]["ids"]) == 5


async def test_a_tampered_archive_is_reported_by_name(served: Served):
    file = served.store.files("feedback")[0]
    path = served.data_dir / "archive" / file.path
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    status, told, complaints = await ratchet_replay(served)
    assert (status, told) == (2, None)
    assert file.path in complaints


async def test_a_lost_file_of_facts_shows_in_what_is_missing(served: Served):
    (served.data_dir / "archive" / served.store.files("experiences")[0].path).unlink()
    status, told, _ = await ratchet_replay(served)
    assert status == 1
    assert "rewards missing after the replay" in {each["kind"] for each in told["differences"]}


async def test_a_server_that_is_named_keeps_everything_and_must_be_empty(
    served: Served, tmp_path: Path
):
    """And a ledger that was lost is given all that it lacks on the way."""
    (served.data_dir / "ledger.db").unlink()
    with valkey_server(tmp_path / "other", free_port()) as url:
        status, told, complaints = await ratchet_replay(served, "--into", url, "--restore-ledger")
        assert status == 0, complaints
        assert [told["ledger_restored"]] * 2 == told["ledger_events"]
        async with Redis.from_url(url) as other:
            put = sum([await other.xlen(s.key) for s in (EXPERIENCES, FEEDBACK)])
            assert put + 1 == told["events"], "and the imported pair"
            assert await other.xlen(REWARDS.key)
            [[_, pair], *_] = await other.xrange(EXAMPLES.key)
            assert json.loads(pair[DATA_FIELD.encode()])["rule"] == "imported"
            assert await other.xlen(EXPERIENCES.dead_key) == 1, "what was no event is none again"
        status, _, complaints = await ratchet_replay(served, "--into", url)
        assert status == 2
        assert "Pass the URL of an empty server" in complaints


async def test_an_empty_ledger_is_folded_again_behind_the_server_that_was_filled(
    served: Served, tmp_path: Path
):
    ledger = f"sqlite:///{tmp_path}/again/ledger.db"
    migrate(open_for_writing(ledger))
    reader = LedgerReader(open_for_reading(ledger))

    async def told() -> bool:
        counts = reader.counts()
        return counts.total == 240 and counts.events.get("ExperienceScored", 0) >= 240

    with valkey_server(tmp_path / "other", free_port()) as url:
        status, _, complaints = await ratchet_replay(served, "--into", url)
        assert status == 0, complaints
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ledger"),
            env={
                **os.environ,
                "RATCHET_REDIS_URL": url,
                "RATCHET_LEDGER_URL": ledger,
                "RATCHET_DATA_DIR": str(tmp_path / "again"),
                "RATCHET_PORT": str(free_port()),
                "RATCHET_LOG_LEVEL": "critical",
            },
        )
        try:
            await eventually(told, 20)
        finally:
            process.kill()
            await process.wait()


async def test_what_the_reward_service_has_in_hand_cannot_be_compared(served: Served):
    await served.redis.xadd(FEEDBACK.key, {DATA_FIELD: b"{}"})
    status, _, complaints = await ratchet_replay(served)
    assert status == 2
    assert "of feedback and has not read the last ones. Run the replay again when" in complaints


async def test_while_somebody_is_being_forgotten_nothing_is_compared(served: Served):
    journal = ErasureJournal(served.data_dir / "forgetting")
    journal.write(new_request("r", "tests", START, False, "maria", None))
    status, _, complaints = await ratchet_replay(served)
    assert status == 2
    assert "An erasure is not complete. Complete it with `ratchet forget`." in complaints


async def test_without_a_system_it_says_what_to_do(tmp_path: Path, served: Served):
    nowhere = Served(served.redis, "", tmp_path / "nowhere")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from ratchet_cli.app import main; main()"),
        *("replay", "--data-dir", str(nowhere.data_dir)),
        env={key: value for key, value in os.environ.items() if key != "RATCHET_REDIS_URL"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaints = await process.communicate()
    assert process.returncode == 2
    assert "Start it with `ratchet up --data-dir" in complaints.decode().replace("\n", " ")
