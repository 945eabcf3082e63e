"""Settings of the reward service: weights, filters and windows."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from ratchet.settings import CommonSettings
from reward.domain.pairing import PairingRules
from reward.domain.scoring import Weights


class RewardSettings(CommonSettings):
    """`RATCHET_REWARD_WEIGHTS` and `RATCHET_REWARD_PAIRING` take JSON objects."""

    model_config = SettingsConfigDict(env_prefix="RATCHET_", extra="ignore", frozen=True)

    port: int = Field(default=8101, ge=1, le=65535)
    reward_weights: Weights = Weights()
    reward_pairing: PairingRules = PairingRules()
    reward_window_days: int = Field(default=30, ge=1)
    reward_batch: int = Field(default=100, ge=1)
