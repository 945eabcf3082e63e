"""Events for the ledger: those of a simulated plant, and simple ones with many ids."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from prometheus_client import CollectorRegistry

from ratchet.contract import Delivered, Event, ExperienceRecorded, ExperienceScored, derived_id
from ratchet_testing.simulated_facts import facts_of
from reward.handlers import RewardHandlers
from reward.memory_state import MemoryState
from reward.metrics import RewardMetrics
from reward.settings import RewardSettings
from simulator import simulate

QUESTIONS = 1500
EXPERIENCE_BYTES = 3000
START = datetime(2026, 1, 5, tzinfo=UTC)


async def happened() -> list[Event]:
    """Facts and the reward service's results; experiences are padded to 3 kB."""
    facts = facts_of(simulate(1, QUESTIONS, 2, start=START))
    handlers = RewardHandlers(RewardSettings().reward_policy, RewardMetrics(CollectorRegistry()))
    state = MemoryState()
    made: list[Event] = []
    for start in range(0, len(facts), 100):
        made += state.apply(
            await handlers.handle(
                [Delivered.of(fact) for fact in facts[start : start + 100]], state
            )
        )
    return [*(padded(fact) for fact in facts), *made]


def padded(event: Event) -> Event:
    if not isinstance(event, ExperienceRecorded):
        return event
    more = max(0, EXPERIENCE_BYTES - len(event.model_dump_json()))
    entries = {f"fixture-{n}": "x" * 40 for n in range(more // 56)}
    experience = event.experience.model_copy(update={"fixtures": entries})
    return event.model_copy(update={"experience": experience})


def originals(model: ExperienceRecorded, scored: ExperienceScored, count: int) -> Iterator[Event]:
    random = Random(1)
    experience = model.experience
    for number in range(count):
        at = START + timedelta(seconds=random.randrange(10**8))
        query_id = derived_id("original", str(number))
        changed = {
            "query_id": query_id,
            "timestamp": at,
            "user_rating": random.choice(("up", "down", None)),
            "processing_time_ms": random.randrange(100, 12_000),
        }
        yield model.model_copy(
            update={
                "event_id": derived_id(query_id),
                "occurred_at": at,
                "experience": experience.model_copy(update=changed),
            }
        )
        yield scored.model_copy(
            update={"event_id": derived_id(query_id, "scored"), "query_id": query_id}
        )
