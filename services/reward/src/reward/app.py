"""The only wiring of the reward service."""

from faststream.asgi import AsgiFastStream
from prometheus_client import CollectorRegistry

from ratchet.contract import (
    CALLS,
    COMMANDS,
    EXAMPLES,
    EXPERIENCES,
    FEEDBACK,
    FORGOTTEN,
    REWARDS,
    TRACE_REQUESTS,
    CallServed,
    ExperienceRecorded,
    FeedbackReceived,
    ForgetRequested,
)
from ratchet.delivery import Consumer, RetryPolicy
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet.telemetry import create_tracing
from reward.erasure import RewardErasureHandler
from reward.handlers import RewardHandlers
from reward.metrics import RewardMetrics
from reward.settings import RewardSettings


def create_app(settings: RewardSettings) -> AsgiFastStream:
    registry = CollectorRegistry()
    facts = RewardHandlers(settings.reward_policy, RewardMetrics(registry))
    erasure = RewardErasureHandler(settings.reward_policy, facts)
    retry = RetryPolicy(settings.retry_max_attempts, settings.retry_base_s)
    service = Service(
        name="reward",
        settings=settings,
        broker=create_broker(settings),
        redis=create_redis(settings),
        registry=registry,
        tracing=create_tracing("reward", settings),
        consumers=[
            *(
                Consumer(stream, "reward", {fact: facts.handle}, settings.reward_batch, retry)
                for stream, fact in (
                    (EXPERIENCES, ExperienceRecorded),
                    (FEEDBACK, FeedbackReceived),
                    (CALLS, CallServed),
                )
            ),
            # One at a time: a second request must read the state that the first one wrote.
            Consumer(COMMANDS, "reward", {ForgetRequested: erasure.handle}, batch=1, retry=retry),
        ],
        status=facts.status,
        publishes=[REWARDS, EXAMPLES, TRACE_REQUESTS, FORGOTTEN],
    )
    return create_host(service)
