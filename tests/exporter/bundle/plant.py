"""Plants that send and receive bundles, and functions to read and forge bundles."""

import hashlib
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from exporter.backends.bundle_tar import MemberSource, write_bundle
from exporter.backends.directories import staging
from exporter.backends.key_certificates import TrustedKey
from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.bundle.installation import BundleInstallation
from exporter.bundle.packing import pack
from exporter.bundle.signature import TrustedKeys, sign_index
from exporter.bundle.unpacking import unpack
from exporter.domain.bundle import BundleIndex, BundleMember, document
from exporter.domain.parity.quantization import LIMITS
from exporter.domain.registry.record import ModelRecord
from exporter.ports import Registry
from exporter.registry.alias import Alias
from ratchet.contract import utc_now
from ratchet.storage import ArtifactStore
from ratchet.storage.signing_keys import SigningKey
from ratchet_models import AdapterManifest

NAME = "test-model"
VERSION = "v20260911t120000-0123456789ab"

Entries = list[tuple[tarfile.TarInfo, bytes]]


@dataclass
class Plant:
    """A data directory with a registry of its own."""

    data: Path
    server: Registry | None = None

    @property
    def artifacts(self) -> ArtifactStore:
        return ArtifactStore(self.data / "artifacts")

    @property
    def records(self) -> LocalRegistry:
        return LocalRegistry(self.data / "registry", NAME)

    @property
    def journal(self) -> Path:
        return self.data / "registry" / NAME / "activations.json"

    @property
    def alias(self) -> Alias:
        return Alias(ActivationJournal(self.journal))

    async def install(self, bundle: Path, trusted: TrustedKeys, *, activate: bool = True) -> None:
        with staging(self.data / "bundles") as directory:
            unpacked = unpack(bundle, trusted, directory, utc_now())
            installation = BundleInstallation(
                NAME, self.artifacts, self.records, self.server, self.alias, LIMITS
            )
            await installation.install(unpacked, activate=activate)

    def files(self) -> dict[str, bytes]:
        """The content of all files in the data directory by path, except the alias journal."""
        paths = [path for path in self.data.rglob("*") if path.is_file() and path != self.journal]
        return {str(path.relative_to(self.data)): path.read_bytes() for path in paths}


@dataclass
class Sender:
    """The plant where the model was trained; `record` is registered there."""

    plant: Plant
    key: SigningKey
    record: ModelRecord
    manifest: AdapterManifest

    @property
    def trusted(self) -> TrustedKeys:
        return TrustedKeys.of([TrustedKey(self.key.public, None)], Path("trusted"))

    def bundle(self, target: Path) -> Path:
        pack(self.record, self.plant.artifacts, self.key, target)
        return target

    def forge(self, target: Path, changed: dict[str, bytes], version: str = VERSION) -> Path:
        """A bundle with other contents and a valid signature."""
        self.bundle(target)
        files = {name: held for name, held in contents(target).items() if "index" not in name}
        files |= changed
        members = [member(name, files[name]) for name in sorted(files)]
        head = document(BundleIndex(name=NAME, version=version, members=tuple(members)))
        sources: list[tuple[BundleMember, MemberSource]] = [
            (one, files[one.name]) for one in members
        ]
        write_bundle(target, head, sign_index(head, self.key), sources)
        return target


def entries(bundle: Path) -> Entries:
    """The members of a bundle, as the standard library reads them."""
    with tarfile.open(fileobj=BytesIO(bundle.read_bytes())) as tar:
        return [(info, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]


def contents(bundle: Path) -> dict[str, bytes]:
    return {info.name: content for info, content in entries(bundle)}


def write_tar(target: Path, members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """Write a tar of these entries."""
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for info, content in members:
            tar.addfile(info, BytesIO(content))
    return target


def plain(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info, content


def member(name: str, content: bytes) -> BundleMember:
    return BundleMember(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
