"""Settings of the reward service: weights, bounds, filters and windows."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from ratchet.settings import CommonSettings
from reward.domain.examples.pairing import PairingRules
from reward.domain.examples.trace_sampling import TraceSampling
from reward.domain.scoring.weights import Bounds, Weights
from reward.domain.state.scored_answer import Policy


class RewardSettings(CommonSettings):
    """`RATCHET_REWARD_WEIGHTS`, `_BOUNDS`, `_PAIRING` and `_TRACES` take JSON objects."""

    model_config = SettingsConfigDict(env_prefix="RATCHET_", extra="ignore", frozen=True)

    port: int = Field(default=8101, ge=1, le=65535)
    reward_weights: Weights = Weights()
    reward_bounds: Bounds = Bounds()
    reward_pairing: PairingRules = PairingRules()
    reward_traces: TraceSampling = TraceSampling()
    reward_window_days: int = Field(default=30, ge=1)
    reward_follow_up_window_s: int = Field(default=300, ge=0, le=86_400)
    reward_batch: int = Field(default=200, ge=1, le=1000)

    @property
    def reward_policy(self) -> Policy:
        return Policy(
            weights=self.reward_weights,
            bounds=self.reward_bounds,
            pairing=self.reward_pairing,
            traces=self.reward_traces,
            window_days=self.reward_window_days,
            follow_up_window_s=self.reward_follow_up_window_s,
        )
