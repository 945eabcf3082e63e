"""The benchmark's two forms of prompts teach the same."""

from training_data.captured import captured_messages
from training_data.examples import draw

from ratchet_cli.demo.settings import VARIATION
from ratchet_truth import readings_in
from trainer.domain.counterfactuals.copies import varied
from trainer.domain.runs.recipe import VariationRecipe

AREA = "production"


def test_captured_prompts_have_the_same_facts_answers_and_numbers_of_copies():
    recipe = VariationRecipe.model_validate(VARIATION)
    ours = draw(4, AREA, False, 12, 0)
    captured = draw(4, AREA, False, 12, 0, served=captured_messages)
    for one, other in zip(ours, captured, strict=True):
        assert not one.messages
        assert [message.role for message in other.messages] == ["system", "user"]
        assert set(readings_in(one.prompt)) == set(readings_in(other.prompt))
        assert one.question.asked == other.question.asked
        assert one.question.key != other.question.key
        assert one.answers == other.answers
    assert varied(ours, recipe, 42).copies == varied(captured, recipe, 42).copies > 0
