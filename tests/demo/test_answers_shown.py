"""The shown answers are the largest changes and a fair draw, each with its mark."""

from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import Answer
from ratchet_cli.demo.answers_shown import change_of, mark_of, shown_answers
from ratchet_truth import Verdict

from .stored_runs import stored_run

FAULTS = st.one_of(
    st.none(), st.lists(st.sampled_from([v.value for v in Verdict if v is not Verdict.TRUE]))
)
ANSWERS = st.lists(
    st.builds(
        Answer,
        question=st.text(max_size=3),
        before=st.just("b"),
        after=st.just("a"),
        faults_before=FAULTS,
        faults_after=FAULTS,
    )
)


def test_every_verdict_has_a_mark_in_plain_words():
    for verdict in Verdict:
        mark = mark_of(() if verdict is Verdict.TRUE else (verdict.value,))
        assert "_" not in mark.word
        assert mark.color == {
            Verdict.TRUE: "green",
            Verdict.REFUSED: "yellow",
            Verdict.NOT_STATED: "yellow",
        }.get(verdict, "red")
    assert mark_of(("wrong_value", "wrong_device")).word == "wrong number"
    assert mark_of(None).word == "not judged"


def test_a_verdict_of_a_later_release_is_shown_by_its_name():
    assert mark_of(("wrong_time",)) == ("wrong time", "red")


@given(ANSWERS)
def test_the_largest_change_for_worse_and_for_better_are_among_the_chosen(answers: list[Answer]):
    changes = [change_of(answer) for answer in answers]
    chosen = [change_of(one.answer) for one in shown_answers(answers, "run") if one.how == "chosen"]
    assert len(chosen) == min(5, sum(change != 0 for change in changes))
    if min(changes, default=0) < 0:
        assert min(changes) in chosen
    if max(changes, default=0) > 0:
        assert max(changes) in chosen


@given(ANSWERS)
def test_five_are_drawn_of_all_each_at_most_once(answers: list[Answer]):
    drawn = [one.answer for one in shown_answers(answers, "run") if one.how == "drawn at random"]
    assert len(drawn) == min(5, len(answers))
    assert all(drawn.count(one) <= answers.count(one) for one in drawn)


def test_the_same_run_draws_the_same_answers_and_another_run_others():
    answers = [Answer(question=str(n), before="b", after="a") for n in range(100)]
    assert shown_answers(answers, "run-1") == shown_answers(answers, "run-1")
    assert shown_answers(answers, "run-1") != shown_answers(answers, "run-2")


def test_the_draw_does_not_depend_on_what_was_chosen():
    run = stored_run("mixed")
    unjudged = [one.model_copy(update={"faults_after": None}) for one in run.answers]
    of_all = [one.answer.question for one in shown_answers(run.answers, "x") if one.how != "chosen"]
    assert of_all == [one.answer.question for one in shown_answers(unjudged, "x")]
