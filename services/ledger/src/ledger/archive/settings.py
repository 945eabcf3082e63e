"""Settings of the archive: its location and what the streams retain."""

from typing import Annotated

from pydantic import AfterValidator, Field

from ledger.domain.archive.retention import StreamRetention
from ratchet.settings import CommonSettings
from ratchet_language import readable_url


class ArchiveSettings(CommonSettings):
    """`archive_url` is empty for `<data_dir>/archive`; `RATCHET_RETENTION` is a JSON object."""

    archive_url: Annotated[str, AfterValidator(readable_url)] = ""
    archive_period_s: float = Field(default=60.0, gt=0)
    retention: StreamRetention = StreamRetention()

    @property
    def archive_place(self) -> str:
        return self.archive_url or str(self.data_dir.resolve() / "archive")
