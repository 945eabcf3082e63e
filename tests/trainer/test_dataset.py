"""The frozen data of a run, in the form of this release and of the one before."""

from typing import Any

from ratchet.contract import DemonstrationBuilt, LabelBuilt, PairBuilt, Source, TraceCaptured
from trainer.domain.examples.dataset import Dataset

from .conftest import NOW, built, captured, label


def earlier(example: Any, kind: str, **content: Any) -> dict[str, Any]:
    """An example in a dataset as the release before wrote it."""
    return {
        "example_id": example.example_id,
        "revision": example.revision,
        "aspect": "voice",
        "rule": "trace" if isinstance(example, TraceCaptured) else example.rule,
        "question": example.question.model_dump(mode="json"),
        "prompt": example.prompt,
        "users": ["anna"],
        "at": NOW.isoformat(),
        "kind": kind,
        **content,
    }


def test_a_dataset_names_no_experience_no_user_and_no_trace_context():
    pair = built(1).model_copy(
        update={
            "sources": (Source(query_id="a-question", revision=1, user_id="anna"),),
            "trace": {"traceparent": "a-context"},
        }
    )
    trace = captured(2).model_copy(update={"query_id": "a-question"})
    content = Dataset(train=(pair,), held_out=(trace,)).canonical()
    assert not any(name in content for name in (b"a-question", b"anna", b"a-context"))


def test_a_dataset_read_again_is_equal():
    dataset = Dataset(train=(built(1), label(2, True)), held_out=(captured(3),))
    again = Dataset.model_validate_json(dataset.canonical())
    assert again == dataset
    assert again.sha256 == dataset.sha256


def test_a_dataset_of_the_release_before_is_readable():
    pair, trace = built(1), captured(4).model_copy(update={"thinking": "word " * 20})
    answer = pair.chosen
    dataset = Dataset.model_validate(
        {
            "train": [
                earlier(pair, "pair", chosen=pair.chosen, rejected=pair.rejected),
                earlier(label(2, False), "label", answer=answer, desirable=False),
            ],
            "held_out": [
                earlier(built(3), "demonstration", answer=answer, thinking=""),
                earlier(trace, "demonstration", answer=answer, thinking=trace.thoughts),
            ],
        }
    )
    examples = (*dataset.train, *dataset.held_out)
    assert [type(each) for each in examples] == [
        PairBuilt,
        LabelBuilt,
        DemonstrationBuilt,
        TraceCaptured,
    ]
    assert dataset.example_ids == (
        pair.example_id,
        label(2, False).example_id,
        built(3).example_id,
        trace.trace_id,
    )
    assert [each.key for each in examples[:1]] == [pair.key]
    assert {each.occurred_at for each in examples} == {NOW}
    assert examples[0].answers == pair.answers
    assert isinstance(examples[3], TraceCaptured)
    assert examples[3].thoughts == trace.thoughts
    assert Dataset.model_validate_json(dataset.canonical()) == dataset
