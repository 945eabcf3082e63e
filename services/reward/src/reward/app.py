"""The only wiring of the reward service."""

from faststream.asgi import AsgiFastStream
from prometheus_client import CollectorRegistry

from ratchet.contract import (
    COMMANDS,
    EXAMPLES,
    EXPERIENCES,
    FEEDBACK,
    FORGOTTEN,
    REWARDS,
    TRACE_REQUESTS,
)
from ratchet.delivery import Consumer, RetryPolicy
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet.telemetry import create_tracer
from reward.erasure import ForgettingHandler
from reward.handlers import RewardHandlers
from reward.metrics import RewardMetrics
from reward.settings import RewardSettings


def create_app(settings: RewardSettings) -> AsgiFastStream:
    registry = CollectorRegistry()
    handlers = RewardHandlers(settings.reward_policy, RewardMetrics(registry))
    forgetting = ForgettingHandler(settings.reward_policy, handlers)
    retry = RetryPolicy(settings.retry_max_attempts, settings.retry_base_s)
    service = Service(
        name="reward",
        settings=settings,
        broker=create_broker(settings),
        redis=create_redis(settings),
        registry=registry,
        tracer=create_tracer("reward", settings),
        consumers=[
            Consumer(stream, "reward", handlers.handle, settings.reward_batch, retry)
            for stream in (EXPERIENCES, FEEDBACK)
        ]
        + [Consumer(COMMANDS, "reward", forgetting.handle, batch=1, retry=retry)],
        publishes=[REWARDS, EXAMPLES, TRACE_REQUESTS, FORGOTTEN],
    )
    return create_host(service)
