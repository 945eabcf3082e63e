"""`ratchet forget` removes every byte of a person and changes nothing of others."""

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import rows_after
from ledger.erasure.receipt import canonical
from ratchet.contract import (
    BEGINNING,
    EXPERIENCES,
    FEEDBACK,
    FORGOTTEN,
    STREAMS,
    ExperienceRecorded,
)
from ratchet.delivery import DATA_FIELD, Publisher
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.up import up
from ratchet_testing.canary import CANARY, USER, with_canary
from ratchet_testing.eventually import eventually
from ratchet_testing.simulated_facts import facts_of
from ratchet_testing.valkey import free_port
from reward.domain.state.answer_facts import query_id_of
from simulator import simulate

pytestmark = pytest.mark.heavy
START = datetime(2026, 1, 5, tzinfo=UTC)
SETTINGS = {
    "RATCHET_RETENTION": json.dumps({"max_entries": 100, "file_rows": 40}),
    "RATCHET_ARCHIVE_PERIOD_S": "0.5",
    "RATCHET_RETRY_BASE_S": "1",
    "RATCHET_TRAINER_MIN_PAIRS": "100000",
    "RATCHET_TRAINER_MIN_LABELS": "100000",
    "RATCHET_TRAINER_MIN_DEMONSTRATIONS": "100000",
}


FACTS, THEIRS = with_canary(facts_of(simulate(7, 90, 3, start=START)))


@dataclass
class System:
    embedded: Embedded
    redis: Redis

    @property
    def data_dir(self) -> Path:
        return self.embedded.data_dir

    async def ratchet(self, *words: str) -> tuple[int, Any, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", "from ratchet_cli.app import main; main()"),
            *(*words, "--data-dir", str(self.data_dir), "--json"),
            env={**os.environ, **SETTINGS},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, complaints = await process.communicate()
        assert process.returncode is not None
        return process.returncode, json.loads(out) if out else None, complaints.decode()

    def found(self) -> list[str]:
        """Return every file that contains the canary, compressed or not."""
        holding = []
        for path in sorted(self.data_dir.rglob("*")):
            if not path.is_file():
                continue
            content = path.read_bytes()
            if path.suffix == ".parquet":
                content += repr(pq.read_table(path).to_pylist()).encode()
            if CANARY.encode() in content:
                holding.append(str(path.relative_to(self.data_dir)))
        return holding

    def document(self, receipt: dict[str, Any]) -> Any:
        return json.loads(Path(receipt["receipt"]).read_bytes())

    async def facts_of_others(self) -> str:
        """Return a hash of all stored data about other people."""
        store = ArchiveStore(str(self.data_dir / "archive"))
        payloads = set()
        for stream in (EXPERIENCES, FEEDBACK):
            for file in store.files(stream.name):
                payloads.update(row.payload for row in store.read(file))
            async for row in rows_after(self.redis, stream, BEGINNING):
                payloads.add(row.payload)
        others = [
            payload
            for payload in payloads
            if not any(query_id.encode() in payload for query_id in THEIRS)
            and CANARY.encode() not in payload
        ]
        assert len(others) > 300
        return hashlib.sha256(b"\n".join(sorted(others))).hexdigest()

    async def settled(self) -> bool:
        """Wait until every group has processed every entry; dead letters do not count."""
        for stream in STREAMS:
            if not await self.redis.exists(stream.key):
                continue
            for group in await self.redis.xinfo_groups(stream.key):
                if group["pending"] or group["lag"]:
                    return False
        return True


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    embedded = Embedded(tmp_path / "data", free_port(7), SETTINGS)
    async with (
        up(embedded, lambda name, line: None),
        Redis.from_url(embedded.redis_url) as redis,
    ):
        for at in range(0, len(FACTS), 100):
            await Publisher(redis).publish(FACTS[at : at + 100])
        await redis.xadd(EXPERIENCES.key, {DATA_FIELD: f"no JSON, {USER}".encode()})
        await redis.xadd(
            FEEDBACK.key, {DATA_FIELD: json.dumps({"query_id": min(THEIRS), "of": CANARY})}
        )
        system = System(embedded, redis)

        async def archived() -> bool:
            files = ArchiveStore(str(embedded.data_dir / "archive")).files("feedback")
            return bool(files) and await system.settled()

        await eventually(archived, 60)
        yield system


async def killed_at(system: System, moment: str) -> None:
    """Start an erasure and kill -9 it after a delay."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from ratchet_cli.app import main; main()"),
        *("forget", "--user", USER, "--yes", "--data-dir", str(system.data_dir)),
        env={**os.environ, **SETTINGS},
    )

    async def reached() -> bool:
        if process.returncode is not None:
            return True
        if moment == "journal":
            return any((system.data_dir / "forgetting").glob("*.json"))
        if moment == "answers":
            return await system.redis.xlen(FORGOTTEN.key) >= 2
        return await system.redis.xlen(FORGOTTEN.key) >= 4

    await eventually(reached, 60)
    if process.returncode is None:
        process.send_signal(signal.SIGKILL)
        await process.wait()


@pytest.mark.parametrize("kills", [(), ("journal", "answers", "swept")], ids=["once", "killed"])
async def test_no_byte_of_a_person_remains_and_other_data_stays(
    system: System, kills: tuple[str, ...]
):
    places = {path.split("/")[0] for path in system.found()}
    assert {"valkey", "trainer.db", "ledger.db", "archive"} <= {p.split("-wal")[0] for p in places}
    before = await system.facts_of_others()
    for moment in kills:
        await killed_at(system, moment)
    code, receipt, complaints = await system.ratchet("forget", "--user", USER, "--yes")
    assert code == 0, complaints
    await eventually(_nothing(system), 10)
    assert await system.facts_of_others() == before

    document = system.document(receipt)
    public = load_pem_public_key((system.data_dir / "keys" / "bundle.pub.pem").read_bytes())
    assert isinstance(public, Ed25519PublicKey)
    public.verify(bytes.fromhex(document["signature"]), canonical(document["receipt"]))
    assert set(document["receipt"]["erased"]) >= {"reward", "trainer", "exporter", "ledger"}
    if not kills:
        assert len(document["receipt"]["questions"]) == len(THEIRS)
        assert all(document["receipt"]["erased"][name] for name in ("streams", "archive"))
        assert document["receipt"]["erased"]["dead_letters"]

    await _comes_back_in_no_way(system)
    code, replayed, complaints = await system.ratchet("replay")
    assert code == 0, complaints + json.dumps(replayed)
    assert replayed["rewards"][1] == 270 - len(THEIRS) + 1, "others, and the new question"
    assert replayed["ledger"] == replayed["ledger_replayed"]


def _nothing(system: System) -> Any:
    async def nothing() -> bool:
        return system.found() == []

    return nothing


async def _comes_back_in_no_way(system: System) -> None:
    """Late feedback and a repeated row are refused; a new question is accepted."""
    row = next(f for f in FACTS if isinstance(f, ExperienceRecorded) and query_id_of(f) in THEIRS)
    again = row.experience.model_dump(mode="json")
    await Publisher(system.redis).publish([row])
    async with httpx.AsyncClient(base_url=system.embedded.url) as client:
        refused = await client.post("/v1/experiences", json=again)
        assert refused.status_code == 422
        assert "was erased on request" in refused.text
        late = {"query_id": row.experience.query_id, "rating": "up"}
        assert "was erased on request" in (await client.post("/v1/feedback", json=late)).text
        new = {**again, "query_id": "another-question"}
        assert (await client.post("/v1/experiences", json=new)).status_code == 202
    await eventually(system.settled, 20)
    query_id = row.experience.query_id
    code, _, complaints = await system.ratchet("lineage", query_id)
    assert code == 1
    assert "no model and no experience named" in complaints
    assert not await system.redis.exists(f"ratchet:reward:answered:{query_id}")

    async def known() -> bool:
        code, _, _ = await system.ratchet("lineage", "another-question")
        return code == 0

    await eventually(known, 20)
