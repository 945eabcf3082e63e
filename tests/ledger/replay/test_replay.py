"""`ratchet replay` recalculates rewards, examples and ledger from archive and streams."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

from redis.asyncio import Redis

from ledger.backends.database import open_for_reading, open_for_writing
from ledger.backends.migration import migrate
from ledger.erasure.journal import ErasureJournal, new_request
from ledger.reading import LedgerReader
from ledger.replay.comparison import compare
from ledger.settings import LedgerSettings
from ratchet.contract import CALLS, EXAMPLES, EXPERIENCES, FEEDBACK, REVISION_FLOOR_KEY, REWARDS
from ratchet.delivery import DATA_FIELD
from ratchet.settings import read_settings
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port, valkey_server

from .conftest import START, Served, ratchet_replay


async def test_a_replay_of_a_half_archived_system_has_the_same_rewards_and_examples(
    served: Served,
):
    status, report, errors = await ratchet_replay(served)
    assert (status, report["differences"]) == (0, []), errors
    assert report["original"] == report["replayed"]
    assert report["rewards"] == [240, 240]
    assert report["examples"][0] == report["examples"][1] > 50
    assert report["ledger"] == report["ledger_replayed"]
    assert report["ledger_events"][0] == report["ledger_events"][1] > 500
    assert (report["ledger_waiting"], report["ledger_restored"]) == (0, None)


async def test_a_replay_names_each_step_while_it_works(served: Served):
    told: list[str] = []
    settings = read_settings(LedgerSettings, data_dir=served.data_dir, redis_url=served.url)
    await compare(settings, None, False, told.append)
    assert "reading the recorded rewards" in told
    assert any(re.fullmatch(r"comparing rewards and examples of \d+ events", one) for one in told)


async def test_an_archive_can_be_replayed_without_its_streams(served: Served):
    await served.redis.flushall()
    _, report, errors = await ratchet_replay(served)
    assert 60 < report["rewards"][1] < 180, errors


async def test_a_replay_with_other_weights_reports_the_differing_rewards(served: Served):
    status, report, _ = await ratchet_replay(
        served, RATCHET_REWARD_WEIGHTS='{"explicit_rating": 0.5}'
    )
    assert status == 1
    assert report["original"] != report["replayed"]
    assert report["scored_with"][0] != report["scored_with"][1]
    kinds = {difference["kind"]: difference for difference in report["differences"]}
    assert kinds["rewards that differ"]["many"] > 50
    assert len(kinds["rewards that differ"]["ids"]) == 5


async def test_a_damaged_archive_file_is_reported_by_path(served: Served):
    file = served.store.files("feedback")[0]
    path = served.data_dir / "archive" / file.path
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    status, report, errors = await ratchet_replay(served)
    assert (status, report) == (2, None)
    assert file.path in errors


async def test_a_missing_archive_file_shows_as_missing_rewards(served: Served):
    (served.data_dir / "archive" / served.store.files("experiences")[0].path).unlink()
    status, report, _ = await ratchet_replay(served)
    assert status == 1
    assert "rewards missing after the replay" in {each["kind"] for each in report["differences"]}


async def test_a_replay_into_a_named_server_needs_an_empty_one_and_fills_it(
    served: Served, tmp_path: Path
):
    """With --restore-ledger it also restores a lost ledger."""
    (served.data_dir / "ledger.db").unlink()
    with valkey_server(tmp_path / "other", free_port()) as url:
        status, report, errors = await ratchet_replay(served, "--into", url, "--restore-ledger")
        assert status == 0, errors
        assert [report["ledger_restored"]] * 2 == report["ledger_events"]
        async with Redis.from_url(url) as other:
            put = sum([await other.xlen(s.key) for s in (EXPERIENCES, FEEDBACK, CALLS)])
            assert put + 1 == report["events"], "and the imported pair"
            assert await other.xlen(REWARDS.key)
            [[_, pair], *_] = await other.xrange(EXAMPLES.key)
            assert json.loads(pair[DATA_FIELD.encode()])["rule"] == "imported"
            assert await other.xlen(EXPERIENCES.dead_key) == 1, "what was no event is none again"
            assert int(await other.get(REVISION_FLOOR_KEY)) > 1, "later revisions are above"
        status, _, errors = await ratchet_replay(served, "--into", url)
        assert status == 2
        assert "Pass the URL of an empty server" in errors


async def test_a_filled_server_rebuilds_an_empty_ledger(served: Served, tmp_path: Path):
    ledger = f"sqlite:///{tmp_path}/again/ledger.db"
    migrate(open_for_writing(ledger))
    reader = LedgerReader(open_for_reading(ledger))

    async def rebuilt() -> bool:
        counts = reader.counts()
        return counts.total == 240 and counts.events.get("ExperienceScored", 0) >= 240

    with valkey_server(tmp_path / "other", free_port()) as url:
        status, _, errors = await ratchet_replay(served, "--into", url)
        assert status == 0, errors
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
            await eventually(rebuilt, 20)
        finally:
            process.kill()
            await process.wait()


async def test_a_replay_needs_a_reward_service_without_pending_entries(served: Served):
    await served.redis.xadd(FEEDBACK.key, {DATA_FIELD: b"{}"})
    status, _, errors = await ratchet_replay(served)
    assert status == 2
    assert "of feedback and has not read the last ones. Run the replay again when" in errors


async def test_a_replay_does_not_run_during_an_erasure(served: Served):
    journal = ErasureJournal(served.data_dir / "forgetting")
    journal.write(new_request("r", "tests", START, False, "maria", None))
    status, _, errors = await ratchet_replay(served)
    assert status == 2
    assert "An erasure is not complete. Complete it with `ratchet forget`." in errors


async def test_a_replay_without_a_running_system_names_the_remedy(tmp_path: Path, served: Served):
    nowhere = Served(served.redis, "", tmp_path / "nowhere")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from ratchet_cli.app import main; main()"),
        *("replay", "--data-dir", str(nowhere.data_dir)),
        env={key: value for key, value in os.environ.items() if key != "RATCHET_REDIS_URL"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert "Start it with `ratchet up --data-dir" in errors.decode().replace("\n", " ")
