"""The read API: paginated lists, detail views and errors."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ledger.reading import COMPONENTS, CONTRACT_HASH
from ratchet.contract import ExperienceScored, RunStarted, derived_id
from ratchet_testing.ledger_world import DAY
from reward.domain.scoring.weights import CONTRACT, RewardWeights

from ..test_authentication import bearing, key
from .ledger_and_trainer import answered, reading, scored

LISTS = ("/v1/experiences", "/v1/examples", "/v1/runs", "/v1/models")


def last_scored() -> ExperienceScored:
    return max(
        (event for event in DAY if isinstance(event, ExperienceScored)),
        key=lambda event: event.revision,
    )


async def pages(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await client.get(path, params={"limit": 7, **after})).raise_for_status().json()
        items += page["items"]
        if page["next"] is None:
            return items
        after = {"after": page["next"]}


@pytest.mark.parametrize(
    ("path", "name"), [("/v1/experiences", "query_id"), ("/v1/examples", "example_id")]
)
async def test_pages_list_each_row_once_with_the_newest_first(
    plant: httpx.AsyncClient, path: str, name: str
):
    paged = [item[name] for item in await pages(plant, path)]
    whole = (await plant.get(path, params={"limit": 1000})).json()
    assert paged == [item[name] for item in whole["items"]]
    assert len(set(paged)) == len(paged) > 7


async def test_examples_can_be_filtered_by_kind_aspect_and_state(plant: httpx.AsyncClient):
    filters = {"kind": "pair", "aspect": "voice", "state": "built"}
    items = (await plant.get("/v1/examples", params=filters)).json()["items"]
    assert items
    assert all(item.items() >= filters.items() for item in items)


async def test_an_experience_lists_events_revisions_examples_and_models(plant: httpx.AsyncClient):
    model = (await plant.get("/v1/models/v1")).json()
    body = (await plant.get(f"/v1/experiences/{model['experiences'][0]}")).json()
    assert {fact["type"] for fact in body["facts"]} >= {"ExperienceRecorded"}
    assert [one["revision"] for one in body["revisions"]] == list(
        range(1, len(body["revisions"]) + 1)
    )
    assert body["reward"] == body["revisions"][-1]
    assert body["examples"]
    assert [one["version"] for one in body["models"]] == ["v1"]


async def test_a_reward_is_explained_component_by_component(plant: httpx.AsyncClient):
    last = last_scored()
    reward = (await plant.get(f"/v1/experiences/{last.query_id}")).json()["reward"]
    assert (reward["revision"], reward["total"]) == (last.revision, last.total)
    assert [one["name"] for one in reward["components"]] == list(last.components)
    for one in reward["components"]:
        assert one["weight"] == getattr(RewardWeights(), one["name"])
        assert one["value"] * one["weight"] == pytest.approx(one["contribution"])
        assert f"makes {one['contribution']:+.3f}" in one["sentence"]
    assert sum(one["contribution"] for one in reward["components"]) == pytest.approx(reward["sum"])


async def test_the_explanation_names_the_rating_and_the_follow_up(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    body = {
        "settings_hash": CONTRACT_HASH,
        "rating": "down",
        "follow_up": "new_topic",
        "follow_up_reason": "en: a request on another subject",
        "components": {"explicit_rating": -1.0, "follow_up_type": 0.15},
    }
    async with reading(valkey_url, tmp_path, [answered(1), scored(1, -0.85, **body)]) as client:
        reward = (await client.get("/v1/experiences/q-1")).json()["reward"]
    thumb, follow_up = (one["sentence"] for one in reward["components"])
    assert "it was down, -1.000 times 1 makes -1.000" in thumb
    observed = "it was new topic (en: a request on another subject), "
    assert f"{observed}+0.300 times 0.5 makes +0.150" in follow_up


async def test_a_reward_by_other_settings_is_not_explained_by_the_contract_weights(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    async with reading(valkey_url, tmp_path, [answered(1), scored(1, 0.7)]) as client:
        reward = (await client.get("/v1/experiences/q-1")).json()["reward"]
    [one] = reward["components"]
    assert (one["weight"], one["value"], one["contribution"]) == (None, None, 0.7)
    assert "RATCHET_REWARD_WEIGHTS" in one["sentence"]


def test_the_contract_weights_equal_those_of_the_reward_service():
    weights = RewardWeights()
    assert {name: one.weight for name, one in COMPONENTS.items()} == weights.model_dump()
    scale = (weights.model_dump_json(), CONTRACT.model_dump_json())
    assert derived_id(*scale)[:12] == CONTRACT_HASH


async def test_a_run_and_a_model_name_their_origin(plant: httpx.AsyncClient):
    [started] = [event for event in DAY if isinstance(event, RunStarted)]
    [listed] = (await plant.get("/v1/runs")).json()["items"]
    run = (await plant.get(f"/v1/runs/{started.run_id}")).json()
    assert run["run"] == listed
    assert {one["example_id"] for one in run["examples"]} == set(started.example_ids)
    versions = {one["version"] for one in (await plant.get("/v1/models")).json()["items"]}
    model = (await plant.get("/v1/models/v1")).json()
    assert versions == {"v0", "v1"}
    assert model["model"]["state"] == "rolled_back"
    assert model["run"]["run_id"] == started.run_id
    assert set(model["experiences"]) == {
        source for one in model["examples"] for source in one["sources"]
    }


async def test_the_active_model_is_shown(redis: Redis, valkey_url: str, tmp_path: Path):
    """The day ends with its model rolled back; without any model there is none."""
    (tmp_path / "new").mkdir()
    async with reading(valkey_url, tmp_path / "new", []) as client:
        answer = await client.get("/v1/model")
        assert answer.status_code == 404
        assert answer.json()["detail"].startswith("no model is in service")
    async with reading(valkey_url, tmp_path, DAY) as client:
        body = (await client.get("/v1/model")).json()
    assert (body["version"], body["state"]) == ("v0", "active")
    assert body["came_by"] == "maria"


@pytest.mark.parametrize("kind", ["experiences", "runs", "models"])
@pytest.mark.parametrize("name", ["nothing", "a/b", "%00", "%ff", "x" * 3000])
async def test_an_unknown_id_is_404(plant: httpx.AsyncClient, kind: str, name: str):
    answer = await plant.get(f"/v1/{kind}/{name}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


async def test_an_id_may_contain_a_slash(redis: Redis, valkey_url: str, tmp_path: Path):
    async with reading(valkey_url, tmp_path, [answered(1, query_id="line/7")]) as client:
        body = (await client.get("/v1/experiences/line/7")).json()
    assert body["experience"]["query_id"] == "line/7"
    assert (body["reward"], body["revisions"]) == (None, [])


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", ["0", "1001", "many"])
async def test_an_invalid_limit_is_422_and_named(plant: httpx.AsyncClient, path: str, limit: str):
    answer = await plant.get(path, params={"limit": limit})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [problem["field"] for problem in answer.json()["problems"]] == ["limit"]


@pytest.mark.parametrize("path", LISTS)
async def test_without_a_ledger_the_answer_is_503_with_the_remedy(
    redis: Redis, valkey_url: str, tmp_path: Path, path: str
):
    async with reading(valkey_url, tmp_path, None) as client:
        answer = await client.get(path)
    assert answer.status_code == 503
    assert "python -m ledger" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/layer2/rl-status/", "/api/layer2/rl-history/"])
async def test_the_page_reads_without_a_key_because_it_sends_none(
    redis: Redis, valkey_url: str, tmp_path: Path, path: str
):
    key(tmp_path, "operate")
    async with reading(valkey_url, tmp_path, DAY) as client:
        assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("path", LISTS)
async def test_reads_require_the_scope_read(
    redis: Redis, valkey_url: str, tmp_path: Path, path: str
):
    reads, writes = key(tmp_path, "read"), key(tmp_path, "write", "operate")
    async with reading(valkey_url, tmp_path, DAY) as client:
        answers = [
            await client.get(path, headers=bearing(path, secret)) for secret in (reads, writes)
        ]
    assert [answer.status_code for answer in answers] == [200, 403]
