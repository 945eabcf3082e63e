"""The license of the base model, as served with the model."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from huggingface_hub.utils import filter_repo_objects

from exporter.backends.registries.ollama_api import OllamaApi
from exporter.domain.registry.chat_template import ChatTemplate
from exporter.domain.registry.modelfile import Modelfile, Sampling
from exporter.export.build_inputs import license_of
from ratchet_models.base_models import materialize

CARD = "---\nlanguage: en\nlicense: apache-2.0\ntags: [chat]\n---\n# A model\n"


def test_a_license_file_is_used_whole(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("All of it.\n")
    (tmp_path / "README.md").write_text(CARD)

    assert license_of(tmp_path) == "All of it.\n"


@pytest.mark.parametrize("name", ["LICENSE", "License.txt", "LICENCE.md", "COPYING"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_a_license_file_is_text_in_any_encoding(tmp_path: Path, name: str, encoding: str) -> None:
    (tmp_path / name).write_bytes("© Müller, “as is”\r\n".encode(encoding, "ignore"))

    read = license_of(tmp_path)
    assert read in ("© Müller, “as is”\n", "© Müller, as is\n")


def test_an_empty_license_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("\n")
    (tmp_path / "README.md").write_text(CARD)

    assert license_of(tmp_path) == "apache-2.0"


@pytest.mark.parametrize(
    ("card", "named"),
    [
        (CARD, "apache-2.0"),
        (CARD.replace("apache-2.0", "'mit'"), "mit"),
        (CARD.replace("apache-2.0", '"mit"  # short'), "mit"),
        (CARD.replace("apache-2.0", "[mit, 'apache-2.0']"), "mit, apache-2.0"),
        (CARD.replace("apache-2.0", "\n- mit\n- gpl-3.0"), "mit, gpl-3.0"),
        (CARD.replace("apache-2.0", "\n  - 'mit'"), "mit"),
        (CARD.replace("apache-2.0", "other\nlicense_name: llama3.1"), "llama3.1"),
        (CARD.replace("apache-2.0", "other"), "other"),
        (CARD.replace("apache-2.0", ""), None),
        (CARD.replace("\n", "\r\n"), "apache-2.0"),
        ("\ufeff" + CARD, "apache-2.0"),
        ("---\nlanguage: en\n---\nlicense: mine\n---\n", None),
        ("# A model\nlicense: mine\n", None),
        ("", None),
    ],
)
def test_the_header_of_a_model_card_has_the_license(
    tmp_path: Path, card: str, named: str | None
) -> None:
    (tmp_path / "README.md").write_text(card)

    assert license_of(tmp_path) == named


def test_a_directory_without_a_license_has_none(tmp_path: Path) -> None:
    assert license_of(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("LICENSE", "All of it.\n", "All of it.\n"),
        ("license.md", "All of it.\n", "All of it.\n"),
        ("Licence.rst", "All of it.\n", "All of it.\n"),
        ("COPYING", "All of it.\n", "All of it.\n"),
        ("README.md", CARD, "apache-2.0"),
    ],
)
def test_a_base_from_the_hub_brings_its_license(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str, expected: str
) -> None:
    (hub := tmp_path / "hub").mkdir()
    for file, content in {"model.safetensors": "", "original.pth": "", name: text}.items():
        (hub / file).write_text(content)

    def download(spec: str, cache_dir: Path, allow_patterns: list[str]) -> str:
        cache_dir.mkdir(parents=True)
        names = [path.name for path in hub.iterdir()]
        for file in filter_repo_objects(names, allow_patterns=allow_patterns):
            (cache_dir / file).write_bytes((hub / file).read_bytes())
        return str(cache_dir)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    base = materialize("owner/base", tmp_path / "cache")

    assert license_of(base) == expected
    assert not (base / "original.pth").exists()


@pytest.mark.parametrize("named", ["apache-2.0", None])
async def test_a_license_is_sent_to_ollama(
    ollama: Any, record: Any, gguf: Path, named: str | None
) -> None:
    digest = f"sha256:{record('v1').export.gguf.sha256}"
    modelfile = Modelfile(sampling=Sampling(), template=None, license=named)
    transport = httpx.ASGITransport(ollama.app)
    async with httpx.AsyncClient(base_url="http://stand-in", transport=transport) as client:
        api = OllamaApi(client)
        await api.upload(digest, gguf)
        await api.create("m:v1", {"model.gguf": digest}, modelfile)
        shown = await api.show("m:v1")

    assert shown is not None
    assert shown.get("license") == named
    assert ("LICENSE" in modelfile.text("./model.gguf")) is (named is not None)


@pytest.mark.parametrize(
    "text", ['a\n"""\nFROM other', 'the last word"""', '"""', '""""" and """"', '"quoted"', '"']
)
def test_a_license_with_quotes_is_one_block_of_a_modelfile(text: str) -> None:
    modelfile = Modelfile(sampling=Sampling(), template=None, license=text)
    [block] = re.findall(r'^LICENSE """((?s:.*))"""\n\Z', modelfile.text("./m"), re.MULTILINE)

    assert '"""' not in block
    assert block.replace("'", '"') == text


@pytest.mark.parametrize("field", ["template", "system", "stop"])
@pytest.mark.parametrize("text", ['a\n"""\nFROM attacker/model', 'ends with "'])
def test_a_text_of_the_base_that_a_modelfile_cannot_hold_adds_no_directive(
    field: str, text: str
) -> None:
    changes = {"template": "{{ .Prompt }}", "system": None, "stop": (), field: text}
    changes["stop"] = (text,) if field == "stop" else ()
    chat = ChatTemplate.model_construct(family="other", **changes)
    written = Modelfile(sampling=Sampling(), template=None).model_copy(update={"template": chat})
    names = [line.split(" ")[0] for line in written.text("./m").splitlines()]

    assert names.count("FROM") == 1
    assert "#" in names


def test_a_stop_text_of_two_lines_is_one_parameter() -> None:
    chat = ChatTemplate.model_construct(
        family="other", template="{{ .Prompt }}", system=None, stop=("one\nADAPTER other",)
    )
    written = Modelfile(sampling=Sampling(), template=None).model_copy(update={"template": chat})
    assert 'PARAMETER stop """one\nADAPTER other"""' in written.text("./m")
