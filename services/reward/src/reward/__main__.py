"""`python -m reward` runs the service; `score` and `examples` process a file, without Redis."""

from ratchet.service import program
from reward.app import create_app
from reward.commands import examples, score
from reward.settings import RewardSettings

main = program("reward", RewardSettings, create_app, [score, examples])

if __name__ == "__main__":
    main()
