"""`python -m trainer` runs the service."""

from ratchet.host import run
from trainer.app import create_app
from trainer.settings import TrainerSettings

if __name__ == "__main__":
    run("trainer", TrainerSettings(), create_app)
