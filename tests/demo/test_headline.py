"""The report begins with counts, and says at once what got worse."""

from ratchet.contract import Interval, Scores
from ratchet_cli.demo.headline import headline

from .stored_runs import stored_run


def test_three_lines_have_counts_before_and_after():
    assert headline(stored_run("mixed")).lines == (
        "Asked reading stated correctly: 1 of 8 before, 6 of 8 after",
        "Something false, or not what was asked: 6 of 8 before, 2 of 8 after",
        "Right device named: 6 of 8 before, 7 of 8 after",
    )


def test_nothing_is_worse_where_no_measure_fell():
    assert headline(stored_run("mixed")).worse == ()


def test_one_measure_that_got_worse_is_said_among_many_that_got_better():
    [worse] = headline(stored_run("better")).worse
    assert worse.startswith("Worse: short, direct, easy to speak: 0.94 before, 0.89 after")


def test_every_measure_that_got_worse_has_a_line_with_its_interval():
    worse = headline(stored_run("worse")).worse
    assert worse[0].startswith("Worse: asked reading stated correctly: 0.75 before, 0.00 after")
    assert "n = 8" in worse[0]
    assert any(line.startswith("Worse: number that no reading supports") for line in worse)
    assert any("short, direct, easy to speak" in line for line in worse)


def test_a_fall_that_may_be_chance_is_said_with_that_word():
    run = stored_run("worse")
    gain = run.gains["grounded_accuracy"].model_copy(update={"low": -0.9, "high": 0.1})
    run = run.model_copy(update={"gains": {**run.gains, "grounded_accuracy": gain}})
    assert headline(run).worse[0].startswith("Worse, may be chance: asked reading")


def test_a_figure_of_the_run_for_devices_counts_before_the_answers():
    run = stored_run("mixed")
    before, after = (
        Scores(
            preference_accuracy=None, text_quality=None, grounded_accuracy=None, right_device=share
        )
        for share in (0.9, 0.7)
    )
    gains = {"right_device": Interval(mean=-0.2, low=-0.4, high=-0.1, n=20)}
    shown = headline(run.model_copy(update={"before": before, "after": after, "gains": gains}))
    assert shown.lines[2] == "Right device named: 18 of 20 before, 14 of 20 after"
    assert shown.worse[0].startswith("Worse: right device named: 0.90 before, 0.70 after")


def test_an_event_without_judged_answers_counts_what_it_has():
    lines = headline(stored_run("accepted")).lines
    assert lines[0] == "Asked reading stated correctly: 3 of 24 before, 15 of 24 after"
    assert lines[1:] == (
        "Something false, or not what was asked: not measured",
        "Right device named: not measured",
    )


def test_a_failed_run_has_its_reason_and_no_counts():
    assert headline(stored_run("failed")).lines == ("No model was judged (failed): out of memory",)
    assert headline(None).lines == ("No run was finished: nothing was measured.",)
