"""`rl-status` in the OpenAPI document."""

from pydantic import BaseModel, ConfigDict


class Ratings(BaseModel):
    up: int
    down: int
    none: int


class Buffer(BaseModel):
    """`max_size` 0: there is no limit."""

    total_experiences: int
    with_feedback: int
    without_feedback: int
    ratings: Ratings
    max_size: int
    redis_connected: bool


class ScorerStatus(BaseModel):
    """`lr` is the rate of learning; null is what nobody said yet."""

    model_config = ConfigDict(extra="allow")

    type: str
    parameters: int | None
    device: str | None
    training_steps: int
    total_feedback_events: int
    avg_loss: float | None
    avg_val_loss: float | None
    best_val_loss: float | None
    lr: float | None
    lr_decays: int
    replay_buffer_size: int
    val_buffer_size: int
    recent_losses: list[float]
    recent_val_losses: list[float]


class LowRankStatus(ScorerStatus):
    rank: int | None
    input_dim: int | None


class TrainingTold(BaseModel):
    run_id: str
    timestamp: str
    method: str
    verdict: str | None
    reason: str | None
    pairs: int | None
    loss: float | None
    seconds: float | None


class LoraStatus(BaseModel):
    training_in_progress: bool
    pending_pairs: int
    pending_widget_pairs: int
    pending_voice_pairs: int
    min_pairs_for_training: int
    cooldown_remaining_s: float
    ready_to_train: bool
    total_trainings: int
    total_pairs_trained: int
    last_loss: float | None
    current_version: str | None
    last_training_time: str | None
    training_history: list[TrainingTold]


class SftStatus(BaseModel):
    training_in_progress: bool
    pending_traces: int
    min_traces_for_training: int
    last_check_time: str | None
    check_interval_s: float
    next_check_in_s: float


class TrainerStatus(BaseModel):
    """`heard_s_ago` is null where the trainer was never heard."""

    running: bool
    heard_s_ago: float | None
    training_steps: int
    total_samples_trained: int
    avg_reward_trend: float | None
    recent_rewards: list[float]
    tier1_scorer: LowRankStatus
    tier1b_composition: ScorerStatus
    tier2_lora: LoraStatus
    dpo: LoraStatus
    tier3_sft: SftStatus


class TrainingConfig(BaseModel):
    train_widget_selector: bool
    train_fixture_selector: bool
    train_interval: float
    min_batch_size: int


class RlStatus(BaseModel):
    """`degraded` says what is not known or not of now, and how to mend it."""

    running: bool
    buffer: Buffer
    trainer: TrainerStatus
    config: TrainingConfig
    degraded: list[str]
