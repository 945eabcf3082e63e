"""Settings of the archive: where it lies, and what the streams retain."""

from pydantic import Field

from ledger.domain.archive.retention import StreamRetention
from ratchet.settings import CommonSettings


class ArchiveSettings(CommonSettings):
    """`RATCHET_RETENTION` takes a JSON object; without a URL it lies in `<data_dir>/archive`."""

    archive_url: str = ""
    archive_period_s: float = Field(default=60.0, gt=0)
    retention: StreamRetention = StreamRetention()

    @property
    def archive_place(self) -> str:
        return self.archive_url or str(self.data_dir.resolve() / "archive")
