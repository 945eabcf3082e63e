"""`python -m reward` runs the service."""

from ratchet.host import run
from reward.app import create_app
from reward.settings import RewardSettings

if __name__ == "__main__":
    run("reward", RewardSettings(), create_app)
