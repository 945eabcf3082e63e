"""The settings with which the loop finishes in minutes on two cores."""

import json
from collections.abc import Mapping
from pathlib import Path

BASE_MODEL = "smollm2-135m-instruct"
MODEL_NAME = "ratchet-demo"

LORA = {"dropout": 0}
DPO = {
    "learning_rate": 5e-4,
    "epochs": 1.0,
    "batch": 4,
    "accumulation": 1,
    "loss_weights": [1, 10],
    "max_length": 512,
    "gradient_checkpointing": False,
    "share_prompts": True,
}
KTO = {
    "learning_rate": 5e-4,
    "epochs": 1.5,
    "batch": 4,
    "accumulation": 1,
    "max_length": 512,
    "gradient_checkpointing": False,
}
SFT = {**KTO, "epochs": 0.5}
VARIATION = {"copies": 1, "questions": 3}
JUDGING = {
    "questions": 100,
    "widget_questions": 24,
    "fixed_questions": 12,
    "answer_tokens": 64,
    "plan_tokens": 96,
}


def environment(data_dir: Path) -> Mapping[str, str]:
    """The small model with a recipe for its size, and the local registry; defaults otherwise.

    A run waits until no new examples arrive, at most until there are twice the minimum of pairs:
    with 220 it begins when all examples of the demo exist. Of the 180 spoken pairs that wait
    longest more than half are held out, so that 100 answers are judged.
    """
    return {
        "RATCHET_CACHE_DIR": str((data_dir.parent / "cache").resolve()),
        "RATCHET_RETRY_BASE_S": "3",
        "RATCHET_TRAINER_BASE_MODEL": BASE_MODEL,
        "RATCHET_TRAINER_LORA": json.dumps(LORA),
        "RATCHET_TRAINER_DPO": json.dumps(DPO),
        "RATCHET_TRAINER_KTO": json.dumps(KTO),
        "RATCHET_TRAINER_SFT": json.dumps(SFT),
        "RATCHET_TRAINER_JUDGING": json.dumps(JUDGING),
        "RATCHET_TRAINER_VARIATION": json.dumps(VARIATION),
        "RATCHET_TRAINER_MIN_PAIRS": "220",
        "RATCHET_TRAINER_HELD_OUT_SHARE": "0.55",
        "RATCHET_TRAINER_MIN_HELD_OUT": "100",
        "RATCHET_TRAINER_MAX_VOICE_EXAMPLES": "180",
        "RATCHET_TRAINER_MAX_WIDGET_EXAMPLES": "24",
        "RATCHET_EXPORTER_MODEL_NAME": MODEL_NAME,
        "RATCHET_EXPORTER_OLLAMA_URL": "",
    }
