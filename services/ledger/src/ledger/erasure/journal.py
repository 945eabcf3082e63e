"""Records erasures that are in progress, so that a kill cannot leave one half done."""

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from ledger.domain.erasure import Subject
from ratchet.storage import flush, write_whole
from ratchet_text import known_as


@dataclass(frozen=True)
class ErasureRequest:
    """One erasure; `query_id` is the question that was named, None for a user."""

    request_id: str
    requested_by: str
    at: datetime
    retrain: bool
    subject: Subject
    query_id: str | None = None

    @property
    def user_id(self) -> str | None:
        return self.subject.user_id


def new_request(
    request_id: str, by: str, at: datetime, retrain: bool, user: str | None, query: str | None
) -> ErasureRequest:
    """A request to erase the data of `user`, or of the one question `query`."""
    query_ids = {known_as(query), query} if query else set()
    subject = Subject(user_id=known_as(user) if user else None, query_ids=query_ids)
    return ErasureRequest(request_id, by, at, retrain, subject, query)


_log = logging.getLogger(__name__)
_REQUESTS = TypeAdapter(ErasureRequest)


class ErasureJournal:
    """A directory with one file for each erasure in progress.

    The file contains every id of the subject. Once the first entries are erased, these ids can no
    longer be traced in the streams.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def unfinished(self) -> list[ErasureRequest]:
        """Those that can be read; a damaged one is logged and stops no other."""
        requests = []
        for path in sorted(self._directory.glob("*.json")):
            try:
                requests.append(_REQUESTS.validate_json(path.read_bytes()))
            except (OSError, ValueError):
                _log.error(
                    "%s cannot be read: remove it, and request that erasure of %s again",
                    path,
                    path.stem,
                )
        return requests

    def write(self, request: ErasureRequest) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{request.request_id}.json"
        write_whole(path, _REQUESTS.dump_json(request))

    def finish(self, request: ErasureRequest) -> None:
        for suffix in (".json", ".part"):
            (self._directory / f"{request.request_id}{suffix}").unlink(missing_ok=True)
        flush(self._directory)
