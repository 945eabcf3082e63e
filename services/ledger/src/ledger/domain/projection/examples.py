"""What is said about a training example: how it was built, of what, and its retraction."""

from ledger.domain.projection.changes import Facts, Link, Saying
from ledger.domain.projection.fold import Word, revised
from ledger.domain.values import plain, whole
from ratchet.contract import BuiltExample, ExampleRetracted, Forgotten, microseconds


def built(event: BuiltExample) -> Facts:
    """Links hold every experience that ever stood behind the example, in whatever revision."""
    key, stamp = plain(event.example_id), revised(event.revision, event)
    columns = {
        "kind": type(event).__name__.removesuffix("Built").lower(),
        "aspect": event.aspect,
        "rule": plain(event.rule, 100),
        "question": plain(event.question.text),
        "built_at": microseconds(event.occurred_at),
    }
    state = {"state": "built", "reason": "", "revision": whole(event.revision)}
    words = (Word("built", stamp, columns), Word("state", stamp, state))
    links = tuple(Link("example_sources", key, plain(source.query_id)) for source in event.sources)
    return Facts((Saying("examples", key, words),), links)


def retracted(event: ExampleRetracted) -> Facts:
    state = {
        "state": "retracted",
        "reason": plain(event.reason),
        "revision": whole(event.revision),
    }
    word = Word("state", revised(event.revision, event), state)
    return Facts((Saying("examples", plain(event.example_id), (word,)),))


def forgotten(event: Forgotten) -> Facts:
    request = plain(event.caused_by or "")
    return Facts(
        links=tuple(Link("forgotten_examples", plain(name), request) for name in event.examples)
    )
