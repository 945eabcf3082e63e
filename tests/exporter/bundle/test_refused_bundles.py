"""A bundle that is damaged, untrusted or inconsistent changes no registry."""

import random
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporter.backends.key_certificates import TrustedKey
from exporter.bundle.installation import BundleInstallation
from exporter.bundle.signature import TrustedKeys
from exporter.bundle.unpacking import unpack
from exporter.domain.bundle import BundleRefused, document
from exporter.domain.parity.quantization import LIMITS
from ratchet.contract import utc_now
from ratchet.storage.signing_keys import make_signing_key

from .plant import VERSION, Entries, Plant, Sender, contents, entries, plain, write_tar

Change = Callable[[Entries], Entries]
_OTHER = "v20991231t235959-ffffffffffff"


@pytest.fixture
def refused(sender: Sender, receiver: Plant, ollama: Any, tmp_path: Path) -> Any:
    """Install a bundle; assert that it is refused and leaves nothing; returns the reason."""

    async def refused(bundle: Path, trusted: TrustedKeys | None = None) -> str:
        with pytest.raises(BundleRefused) as caught:
            await receiver.install(bundle, trusted or sender.trusted)
        assert receiver.files() == {}
        assert await receiver.records.versions() == ()
        assert (ollama.tags, list((tmp_path / "ollama").rglob("*"))) == ({}, [])
        return str(caught.value)

    return refused


@pytest.fixture
def whole(bundle: Path) -> bytes:
    return bundle.read_bytes()


async def test_a_bundle_with_any_different_byte_is_refused(
    whole: bytes, tmp_path: Path, refused: Any
) -> None:
    """One byte in every block of 512, and every 41st: headers, contents, padding and end."""
    draw = random.Random(6)
    offsets = {start + draw.randrange(512) for start in range(0, len(whole), 512)}
    offsets |= set(range(0, len(whole), 41))
    flipped = tmp_path / "flipped.tar"
    for offset in sorted(offsets):
        change = draw.choice((0x01, 0x20, 0x80, 0xFF))
        flipped.write_bytes(whole[:offset] + bytes([whole[offset] ^ change]) + whole[offset + 1 :])
        assert await refused(flipped), offset


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.3, 0.6, 0.95, 0.999])
async def test_a_truncated_bundle_is_refused(
    whole: bytes, tmp_path: Path, refused: Any, share: float
) -> None:
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole[: int(len(whole) * share)])

    assert "truncated" in await refused(cut)


async def test_bytes_after_the_end_are_refused(whole: bytes, tmp_path: Path, refused: Any) -> None:
    longer = tmp_path / "longer.tar"
    longer.write_bytes(whole + b"\0")

    assert "continues after its last member" in await refused(longer)


async def test_an_untrusted_key_is_refused_with_the_way_to_trust_it(
    bundle: Path, sender: Sender, tmp_path: Path, refused: Any
) -> None:
    stranger = make_signing_key(tmp_path / "stranger.pem").public
    reason = await refused(
        bundle, TrustedKeys({stranger.id: TrustedKey(stranger, None)}, Path("keys/trusted"))
    )

    assert f"key {sender.key.public.id} is not trusted here" in reason
    assert "mkdir -p keys/trusted && cp bundle.pub.pem keys/trusted/" in reason


async def test_a_foreign_signature_with_the_id_of_a_trusted_key_is_refused(
    bundle: Path, sender: Sender, tmp_path: Path, refused: Any
) -> None:
    stranger = make_signing_key(tmp_path / "stranger.pem").public

    reason = await refused(
        bundle, TrustedKeys({sender.key.public.id: TrustedKey(stranger, None)}, Path("keys"))
    )
    assert reason.startswith("index.sig: not the signature of this index by key")


def _linked(kind: bytes) -> Change:
    def change(members: Entries) -> Entries:
        info = tarfile.TarInfo("model.gguf")
        info.type, info.linkname = kind, "/etc/hostname"
        return [(info, b"") if one.name == "model.gguf" else (one, held) for one, held in members]

    return change


def _without(name: str) -> Change:
    return lambda members: [entry for entry in members if entry[0].name != name]


def _renamed(name: str) -> Change:
    def change(members: Entries) -> Entries:
        return [
            plain(name, held) if one.name == "Modelfile" else (one, held) for one, held in members
        ]

    return change


def _changed(content: bytes) -> Change:
    return lambda members: [
        plain(one.name, content if one.name == "Modelfile" else held) for one, held in members
    ]


def _dated(members: Entries) -> Entries:
    members[-1][0].mtime = 1
    return members


STRUCTURES: dict[str, tuple[Change, str]] = {
    "no index": (_without("index.json"), "'index.sig': not in the index, expected index.json"),
    "no signature": (_without("index.sig"), "expected index.sig"),
    "a member missing": (_without("record.json"), "record.json: missing, 'sbom.cdx.json' is in"),
    "the last one missing": (_without("tables.md"), "tables.md: missing"),
    "one too many": (lambda members: [*members, plain("x", b"1")], "'x': not in the index"),
    "one in between": (
        lambda members: [*members[:3], plain("x", b"1"), *members[3:]],
        "'x': not in the index",
    ),
    "one twice": (lambda members: [*members[:3], *members[2:]], "'Modelfile': twice in the file"),
    "the last one twice": (
        lambda members: [*members, members[-1]],
        "'tables.md': twice in the file",
    ),
    "another order": (lambda members: [*members[:2], *members[:1:-1]], "Modelfile: missing"),
    "a name that leads up": (_renamed("../Modelfile"), "'../Modelfile': leads out"),
    "a name that leads up later": (_renamed("a/../../b"), "'a/../../b': leads out"),
    "an absolute name": (_renamed("/Modelfile"), "'/Modelfile': leads out"),
    "a symbolic link": (_linked(tarfile.SYMTYPE), "'model.gguf': not a plain file"),
    "a hard link": (_linked(tarfile.LNKTYPE), "'model.gguf': not a plain file"),
    "a directory": (_linked(tarfile.DIRTYPE), "'model.gguf': not a plain file"),
    "another size": (_changed(b"FROM x"), "Modelfile: 6 bytes, the index lists"),
    "another date": (_dated, "tables.md: its tar header is not that of a bundle"),
}


@pytest.mark.parametrize("fault", STRUCTURES)
async def test_another_structure_is_refused(
    bundle: Path, tmp_path: Path, refused: Any, fault: str
) -> None:
    change, reason = STRUCTURES[fault]
    wrong = write_tar(tmp_path / "wrong.tar", change(entries(bundle)))

    assert reason in await refused(wrong)


async def test_other_content_of_the_same_size_is_refused(
    bundle: Path, tmp_path: Path, refused: Any
) -> None:
    content = contents(bundle)["Modelfile"].upper()
    wrong = write_tar(tmp_path / "wrong.tar", _changed(content)(entries(bundle)))

    assert "Modelfile: its sha256 differs from the index" in await refused(wrong)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"\n}", b" \n}"), (b'"key_id"', b'"x": 1, "key_id"'), (b"{", b'{"key_id": 1,')],
)
async def test_a_signature_with_other_bytes_is_refused(
    bundle: Path, tmp_path: Path, refused: Any, old: bytes, new: bytes
) -> None:
    head, signature, *rest = entries(bundle)
    members = [head, plain("index.sig", signature[1].replace(old, new)), *rest]

    reason = await refused(write_tar(tmp_path / "wrong.tar", members))
    assert reason == "index.sig: has more fields than a signature"


async def test_an_oversized_index_is_refused(bundle: Path, tmp_path: Path, refused: Any) -> None:
    members = [plain("index.json", b" " * (1 << 20) + b"{}"), *entries(bundle)[1:]]

    assert "index.json: 1048578 bytes" in await refused(write_tar(tmp_path / "wrong.tar", members))


def _forgeries(sender: Sender) -> dict[str, tuple[dict[str, bytes], str, str]]:
    """Bundles of a trusted but mistaken signer: changed members, version, reason to refuse."""
    record, manifest = sender.record, sender.manifest

    def recorded(**change: Any) -> dict[str, bytes]:
        return {"record.json": document(record.model_copy(update=change))}

    def manifested(**change: Any) -> dict[str, bytes]:
        content = document(manifest.model_copy(update=change))
        reference = sender.plant.artifacts.put_bytes(content, "manifest.json")
        return {"adapter/manifest.json": content, **recorded(manifest=reference)}

    smaller = record.export.model_copy(
        update={"gguf": record.export.gguf.model_copy(update={"size": 1})}
    )
    return {
        "a Modelfile with more lines": (
            {"Modelfile": b"FROM ./model.gguf\nSYSTEM lie\n"},
            VERSION,
            "Modelfile: differs from that of record.json",
        ),
        "another version": ({}, _OTHER, "record.json: version: differs from index.json"),
        "another name": (recorded(name="other"), VERSION, "record.json: name"),
        "another run": (recorded(run_id="run-2"), VERSION, "record.json: run_id"),
        "another dataset": (manifested(dataset_sha256="f" * 64), VERSION, "dataset_sha256"),
        "another model": (
            {"model.gguf": b"GGUF"},
            VERSION,
            "model.gguf: size or sha256 in index.json differs",
        ),
        "another size": (
            recorded(export=smaller),
            VERSION,
            "model.gguf: size or sha256 in index.json differs",
        ),
        "another manifest": (
            {"adapter/manifest.json": document(manifest) + b"\n"},
            VERSION,
            "adapter/manifest.json: size or sha256 in index.json differs",
        ),
        "an adapter's file too few": (
            manifested(files={}),
            VERSION,
            "adapter/adapter_config.json: not listed in",
        ),
        "an empty record": ({"record.json": b"{}"}, VERSION, "record.json: name: Field req"),
        "an empty bill": ({"sbom.cdx.json": b"[]"}, VERSION, "sbom.cdx.json: content"),
        "a bill of another model": (
            {
                "sbom.cdx.json": contents(sender.bundle(sender.plant.data / "b.tar"))[
                    "sbom.cdx.json"
                ].replace(record.export.gguf.sha256.encode(), b"0" * 64)
            },
            VERSION,
            "sbom.cdx.json: metadata.component.hashes",
        ),
    }


@pytest.mark.parametrize("number", range(12))
async def test_contradicting_members_are_refused(
    sender: Sender, tmp_path: Path, refused: Any, number: int
) -> None:
    changed, version, reason = list(_forgeries(sender).values())[number]

    assert reason in await refused(sender.forge(tmp_path / "forged.tar", changed, version))


async def test_a_model_of_another_name_is_refused(
    bundle: Path, sender: Sender, receiver: Plant
) -> None:
    unpacked = unpack(bundle, sender.trusted, receiver.data, utc_now())
    installation = BundleInstallation(
        "mine", receiver.artifacts, receiver.records, None, receiver.alias, LIMITS
    )
    with pytest.raises(BundleRefused, match="RATCHET_EXPORTER_MODEL_NAME"):
        await installation.install(unpacked, activate=True)


async def test_a_version_that_is_registered_as_another_model_is_refused(
    bundle: Path, sender: Sender, receiver: Plant, record: Any, gguf: Path
) -> None:
    await receiver.records.register(record(VERSION, num_ctx=1024), gguf)

    with pytest.raises(BundleRefused, match="is registered here as another model"):
        await receiver.install(bundle, sender.trusted)
    assert await receiver.records.record(VERSION) == record(VERSION, num_ctx=1024)


async def test_a_model_that_cannot_be_judged_is_refused(
    bundle: Path, sender: Sender, tmp_path: Path, refused: Any
) -> None:
    modelfile = sender.record.export.modelfile.model_copy(update={"template": None})
    export = sender.record.export.model_copy(update={"modelfile": modelfile})
    sender.record = sender.record.model_copy(update={"export": export})

    assert "neither answers nor chats" in await refused(sender.bundle(tmp_path / "plain.tar"))
