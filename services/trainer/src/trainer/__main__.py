"""`python -m trainer` runs the service; `evaluate-ranking` evaluates what it learned."""

from ratchet.service import program
from trainer.app import create_app
from trainer.begin_anew import begin_anew
from trainer.scorer.command import evaluate_ranking
from trainer.settings import TrainerSettings

main = program("trainer", TrainerSettings, create_app, [evaluate_ranking, begin_anew])

if __name__ == "__main__":
    main()
