"""Both figures: the model alone, and the model with the check before its answer is spoken."""

from ratchet_cli.demo.with_check import with_check

from .stored_runs import stored_run


def test_the_check_replaces_every_answer_that_is_not_true():
    checked = with_check(stored_run("mixed").answers)
    assert checked is not None
    assert (checked["n"], checked["alone_before"], checked["alone_after"]) == (8, 1, 6)
    assert (checked["checked_before"], checked["checked_after"]) == (8, 8)


def test_an_answer_without_a_sentence_of_the_readings_stays_false():
    answers = [one.model_copy(update={"sentence": ""}) for one in stored_run("mixed").answers]
    checked = with_check(answers)
    assert checked is not None
    assert checked["checked_after"] == checked["alone_after"] == 6
    assert checked["example"] is None


def test_a_refusal_is_shown_with_the_sentence_that_is_spoken_instead():
    checked = with_check(stored_run("mixed").answers)
    assert checked is not None
    assert checked["example"] == {
        "question": "Any issue with current at conveyor 013 today?",
        "model": "after",
        "answer": "Conveyor 013 speed is at 111 rpm. The average is 12.8 A. "
        "I will keep an eye on it.",
        "mark": "wrong quantity",
        "spoken_instead": "The current of conveyor 013 is 14.2 A.",
    }


def test_the_old_model_is_the_example_where_the_new_one_has_no_fault():
    right = [one for one in stored_run("mixed").answers if not one.faults_after]
    checked = with_check(right)
    assert checked is not None
    assert checked["example"] is not None
    assert checked["example"]["model"] == "before"


def test_without_readings_there_is_nothing_to_check():
    assert with_check(stored_run("accepted").answers) is None
    assert with_check(()) is None
