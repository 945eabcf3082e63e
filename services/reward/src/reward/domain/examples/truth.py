"""Whether a recorded spoken answer is true to its readings."""

from ratchet_text import normalized
from ratchet_truth import JudgedSituation, Topic, Verdict, judge
from reward.domain.answers.recorded_answer import RecordedAnswer


def truth_of(answer: RecordedAnswer) -> bool | None:
    """Whether the spoken text is true; None if the readings do not decide it.

    They decide it if the intent names a device and a metric. Where no reading has that metric, an
    answer that says nothing of it stays undecided: its question may be about something else.
    """
    topics = _asked(answer)
    if answer.voice is None or not topics:
        return None
    situation = JudgedSituation(answer.readings, topics, answer.transcript)
    verdict = judge(answer.voice, situation).verdict
    listed = all(topic.row is not None for topic in situation.requested)
    if verdict is Verdict.NOT_STATED and not listed:
        return None
    return verdict is Verdict.TRUE


def _asked(answer: RecordedAnswer) -> tuple[Topic, ...]:
    """The metric of each device that the intent names, with the names that the readings use."""
    if not (answer.readings and answer.metric):
        return ()
    equipment = {normalized(row.equipment): row.equipment for row in answer.readings}
    return tuple(
        Topic(equipment.get(normalized(device), device), answer.metric)
        for device in dict.fromkeys(answer.devices)
    )
