"""A bundle that is not whole, not trusted or not of one piece touches no registry."""

import random
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporter.bundle.installation import BundleInstallation
from exporter.bundle.signature import TrustedKeys
from exporter.bundle.unpacking import unpack
from exporter.domain.bundle import BundleRefused, document
from ratchet.storage.signing_keys import make_signing_key

from .plant import VERSION, Entries, Plant, Sender, contents, entries, plain, written

Change = Callable[[Entries], Entries]
_OTHER = "v20991231t235959-ffffffffffff"


@pytest.fixture
def refused(sender: Sender, receiver: Plant, ollama: Any) -> Any:
    """Install, which must not succeed nor leave anything, and return what was said."""

    async def refused(bundle: Path, trusted: TrustedKeys | None = None) -> str:
        with pytest.raises(BundleRefused) as caught:
            await receiver.install(bundle, trusted or sender.trusted)
        assert receiver.files() == {}
        assert await receiver.records.versions() == ()
        assert (ollama.tags, ollama.blobs.uploads) == ({}, 0)
        return str(caught.value)

    return refused


@pytest.fixture
def whole(bundle: Path) -> bytes:
    return bundle.read_bytes()


async def test_no_byte_of_a_bundle_may_differ(whole: bytes, tmp_path: Path, refused: Any) -> None:
    """One byte in every block of 512, and every 41st: headers, contents, padding and end."""
    draw = random.Random(6)
    places = {start + draw.randrange(512) for start in range(0, len(whole), 512)}
    places |= set(range(0, len(whole), 41))
    flipped = tmp_path / "flipped.tar"
    for place in sorted(places):
        change = draw.choice((0x01, 0x20, 0x80, 0xFF))
        flipped.write_bytes(whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :])
        assert await refused(flipped), place


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.3, 0.6, 0.95, 0.999])
async def test_a_truncated_bundle(whole: bytes, tmp_path: Path, refused: Any, share: float) -> None:
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole[: int(len(whole) * share)])

    assert "cut off" in await refused(cut)


async def test_bytes_after_the_end(whole: bytes, tmp_path: Path, refused: Any) -> None:
    longer = tmp_path / "longer.tar"
    longer.write_bytes(whole + b"\0")

    assert "goes on after its last member" in await refused(longer)


async def test_a_key_that_nobody_trusts_is_named_and_how_to_trust_it(
    bundle: Path, sender: Sender, tmp_path: Path, refused: Any
) -> None:
    stranger = make_signing_key(tmp_path / "stranger.pem").public
    said = await refused(bundle, TrustedKeys({stranger.id: stranger}, Path("keys/trusted")))

    assert f"key {sender.key.public.id} is not trusted here" in said
    assert "mkdir -p keys/trusted && cp bundle.pub.pem keys/trusted/" in said


async def test_a_trusted_keys_id_on_anothers_signature(
    bundle: Path, sender: Sender, tmp_path: Path, refused: Any
) -> None:
    stranger = make_signing_key(tmp_path / "stranger.pem").public

    said = await refused(bundle, TrustedKeys({sender.key.public.id: stranger}, Path("keys")))
    assert said.startswith("index.sig: not what key")


def _linked(kind: bytes) -> Change:
    def change(found: Entries) -> Entries:
        info = tarfile.TarInfo("model.gguf")
        info.type, info.linkname = kind, "/etc/hostname"
        return [(info, b"") if one.name == "model.gguf" else (one, held) for one, held in found]

    return change


def _without(name: str) -> Change:
    return lambda found: [entry for entry in found if entry[0].name != name]


def _renamed(name: str) -> Change:
    def change(found: Entries) -> Entries:
        return [
            plain(name, held) if one.name == "Modelfile" else (one, held) for one, held in found
        ]

    return change


def _changed(content: bytes) -> Change:
    return lambda found: [
        plain(one.name, content if one.name == "Modelfile" else held) for one, held in found
    ]


def _dated(found: Entries) -> Entries:
    found[-1][0].mtime = 1
    return found


STRUCTURES: dict[str, tuple[Change, str]] = {
    "no index": (_without("index.json"), "'index.sig': not in the index, index.json is due"),
    "no signature": (_without("index.sig"), "index.sig is due"),
    "a member missing": (_without("record.json"), "record.json: missing, 'sbom.cdx.json' is in"),
    "the last one missing": (_without("tables.md"), "tables.md: missing"),
    "one too many": (lambda found: [*found, plain("x", b"1")], "'x': not in the index"),
    "one in between": (
        lambda found: [*found[:3], plain("x", b"1"), *found[3:]],
        "'x': not in the index",
    ),
    "one twice": (lambda found: [*found[:3], *found[2:]], "'Modelfile': twice in the file"),
    "the last one twice": (lambda found: [*found, found[-1]], "'tables.md': twice in the file"),
    "another order": (lambda found: [*found[:2], *found[:1:-1]], "Modelfile: missing"),
    "a name that leads up": (_renamed("../Modelfile"), "'../Modelfile': leads out"),
    "a name that leads up later": (_renamed("a/../../b"), "'a/../../b': leads out"),
    "an absolute name": (_renamed("/Modelfile"), "'/Modelfile': leads out"),
    "a symbolic link": (_linked(tarfile.SYMTYPE), "'model.gguf': a link"),
    "a hard link": (_linked(tarfile.LNKTYPE), "'model.gguf': a link"),
    "a directory": (_linked(tarfile.DIRTYPE), "'model.gguf': a link or another thing"),
    "another size": (_changed(b"FROM x"), "Modelfile: 6 bytes, the index says"),
    "another date": (_dated, "tables.md: its header is not one that a bundle has"),
}


@pytest.mark.parametrize("fault", STRUCTURES)
async def test_another_structure(bundle: Path, tmp_path: Path, refused: Any, fault: str) -> None:
    change, reason = STRUCTURES[fault]
    wrong = written(tmp_path / "wrong.tar", change(entries(bundle)))

    assert reason in await refused(wrong)


async def test_other_content_of_the_same_size(bundle: Path, tmp_path: Path, refused: Any) -> None:
    content = contents(bundle)["Modelfile"].upper()
    wrong = written(tmp_path / "wrong.tar", _changed(content)(entries(bundle)))

    assert "Modelfile: its bytes have another sha256" in await refused(wrong)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"\n}", b" \n}"), (b'"key_id"', b'"x": 1, "key_id"'), (b"{", b'{"key_id": 1,')],
)
async def test_a_signature_that_says_more_than_it_must(
    bundle: Path, tmp_path: Path, refused: Any, old: bytes, new: bytes
) -> None:
    head, signature, *rest = entries(bundle)
    found = [head, plain("index.sig", signature[1].replace(old, new)), *rest]

    said = await refused(written(tmp_path / "wrong.tar", found))
    assert said == "index.sig: holds more than a signature"


async def test_an_index_too_large_to_be_read(bundle: Path, tmp_path: Path, refused: Any) -> None:
    found = [plain("index.json", b" " * (1 << 20) + b"{}"), *entries(bundle)[1:]]

    assert "index.json: 1048578 bytes" in await refused(written(tmp_path / "wrong.tar", found))


def _forgeries(sender: Sender) -> dict[str, tuple[dict[str, bytes], str, str]]:
    """What a trusted but mistaken signer may send: members, version and the reason to refuse."""
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
        "a Modelfile that says more": (
            {"Modelfile": b"FROM ./model.gguf\nSYSTEM lie\n"},
            VERSION,
            "Modelfile: not what record.json says",
        ),
        "another version": ({}, _OTHER, "record.json: version: not that of index.json"),
        "another name": (recorded(name="other"), VERSION, "record.json: name"),
        "another run": (recorded(run_id="run-2"), VERSION, "record.json: run_id"),
        "another dataset": (manifested(dataset_sha256="f" * 64), VERSION, "dataset_sha256"),
        "another model": ({"model.gguf": b"GGUF"}, VERSION, "model.gguf: not in index.json as"),
        "another size": (recorded(export=smaller), VERSION, "model.gguf: not in index.json as"),
        "another manifest": (
            {"adapter/manifest.json": document(manifest) + b"\n"},
            VERSION,
            "adapter/manifest.json: not in index.json as",
        ),
        "an adapter's file too few": (
            manifested(files={}),
            VERSION,
            "adapter/adapter_config.json: not among the files",
        ),
        "a record that is none": ({"record.json": b"{}"}, VERSION, "record.json: name: Field req"),
        "a bill that is none": ({"sbom.cdx.json": b"[]"}, VERSION, "sbom.cdx.json: content"),
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
async def test_members_that_contradict_each_other(
    sender: Sender, tmp_path: Path, refused: Any, number: int
) -> None:
    changed, version, reason = list(_forgeries(sender).values())[number]

    assert reason in await refused(sender.forge(tmp_path / "forged.tar", changed, version))


async def test_a_model_of_another_name(bundle: Path, sender: Sender, receiver: Plant) -> None:
    found = unpack(bundle, sender.trusted, receiver.data)
    place = BundleInstallation("mine", receiver.artifacts, receiver.records, None, receiver.alias)
    with pytest.raises(BundleRefused, match="RATCHET_EXPORTER_MODEL_NAME"):
        await place.install(found, activate=True)


async def test_a_version_that_is_another_model_here(
    bundle: Path, sender: Sender, receiver: Plant, record: Any, gguf: Path
) -> None:
    await receiver.records.register(record(VERSION, num_ctx=1024), gguf)

    with pytest.raises(BundleRefused, match="is registered here, and is another model"):
        await receiver.install(bundle, sender.trusted)
    assert await receiver.records.record(VERSION) == record(VERSION, num_ctx=1024)


async def test_a_model_whose_chats_ollama_would_render_otherwise(
    bundle: Path, sender: Sender, tmp_path: Path, refused: Any
) -> None:
    modelfile = sender.record.export.modelfile.model_copy(update={"template": None})
    export = sender.record.export.model_copy(update={"modelfile": modelfile})
    sender.record = sender.record.model_copy(update={"export": export})

    assert "no template of Ollama's" in await refused(sender.bundle(tmp_path / "plain.tar"))
