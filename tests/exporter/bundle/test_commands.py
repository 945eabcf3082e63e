"""`ratchet bundle` and `ratchet install`, also as `python -m exporter bundle` and `install`."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from exporter.__main__ import main

from .plant import NAME, VERSION, Plant, Sender, entries, plain, write_tar

Ended = subprocess.CompletedProcess[str]


SETTINGS = {
    "RATCHET_EXPORTER_MODEL_NAME": NAME,
    "RATCHET_EXPORTER_OLLAMA_URL": "",
    "COLUMNS": "200",
}


def ratchet(data: Path, *arguments: str) -> Ended:
    """Run the command in a process of its own."""
    command = [sys.executable, "-c", "from ratchet_cli.app import main; main()", *arguments]
    return subprocess.run(
        [*command, "--data-dir", str(data)],
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
        check=False,
    )


def exporter(data: Path, *arguments: str, **settings: str) -> Result:
    environment = {**SETTINGS, "RATCHET_DATA_DIR": str(data), **settings}
    return CliRunner().invoke(main, list(arguments), env=environment)


def active(plant: Plant) -> str | None:
    latest = plant.data / "registry" / NAME / "latest"
    return latest.readlink().name if latest.is_symlink() else None


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(tmp_path / "far" / "away")


def test_a_model_is_bundled_and_installed_at_another_plant(
    sender: Sender, plant: Plant, tmp_path: Path
) -> None:
    public = sender.plant.data / "keys" / "bundle.pub.pem"
    file = tmp_path / "usb" / "model.tar"
    file.parent.mkdir()

    packed = ratchet(sender.plant.data, "bundle", "latest", "--out", str(file))
    stranger = ratchet(plant.data, "install", str(file))
    trusted = ratchet(plant.data, "install", str(file), "--trust", str(public))

    assert (packed.returncode, trusted.returncode, stranger.returncode) == (0, 0, 1)
    assert f"signed by key {sender.key.public.id}" in packed.stdout
    assert f"key {sender.key.public.id} is not trusted here" in stranger.stderr
    assert f"{NAME}:{VERSION} is active (local)" in trusted.stdout
    assert active(plant) == VERSION


def test_a_key_in_the_directory_of_trusted_keys_is_trusted(
    sender: Sender, bundle: Path, plant: Plant
) -> None:
    trusted = plant.data / "keys" / "trusted"
    trusted.mkdir(parents=True)
    (trusted / "headquarters.pem").write_bytes(sender.key.public.pem())

    ended = exporter(plant.data, "install", str(bundle), "--no-activate")
    assert ended.exit_code == 0
    assert f"{NAME}:{VERSION} is registered, not active (local)" in ended.stdout
    assert active(plant) is None


def test_a_plant_trusts_itself_and_creates_its_key_once(sender: Sender) -> None:
    data = sender.plant.data
    for path in (data / "keys").iterdir():
        path.unlink()

    first = exporter(data, "bundle", VERSION)
    second = exporter(data, "bundle", VERSION)
    file = data / "bundles" / f"{NAME}-{VERSION}.bundle.tar"
    back = exporter(data, "install", str(file))

    assert f"created {data}/keys/bundle.pem" in first.stdout
    assert "created" not in second.stdout
    assert first.stdout.splitlines()[-1] == second.stdout.splitlines()[-1]
    assert stat.S_IMODE((data / "keys" / "bundle.pem").stat().st_mode) == 0o600
    assert sorted(path.name for path in (data / "keys").iterdir()) == [
        "bundle.pem",
        "bundle.pub.pem",
    ]
    assert [path.name for path in (data / "bundles").iterdir()] == [file.name]
    assert back.exit_code == 0


def test_a_key_named_by_a_setting_is_never_created(sender: Sender, tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"

    ended = exporter(
        sender.plant.data, "bundle", VERSION, RATCHET_EXPORTER_SIGNING_KEY=str(missing)
    )
    assert ended.exit_code == 1
    assert str(missing) in ended.stderr
    assert not missing.exists()


def test_a_file_without_a_key_is_refused(
    sender: Sender, bundle: Path, plant: Plant, tmp_path: Path
) -> None:
    secret = sender.plant.data / "keys" / "bundle.pem"

    ended = exporter(plant.data, "install", str(bundle), "--trust", str(secret))
    assert ended.exit_code == 1
    assert f"refused: {secret}: not a PEM public key" in ended.stderr


def test_an_unknown_version_is_refused_with_the_registered_ones(sender: Sender) -> None:
    ended = exporter(sender.plant.data, "bundle", "v0")

    assert ended.exit_code == 1
    assert f"versions of {NAME}: {VERSION}" in ended.stderr


def test_a_wrong_bundle_is_refused_with_the_name_of_its_member(
    sender: Sender, bundle: Path, plant: Plant
) -> None:
    write_tar(bundle, [*entries(bundle), plain("payload.sh", b"boom")])

    ended = exporter(sender.plant.data, "install", str(bundle))
    assert ended.exit_code == 1
    assert "refused: 'payload.sh': not in the index" in ended.stderr


@pytest.mark.parametrize("arguments", [("bundle",), ("install",), ("install", "no/such/file")])
def test_wrong_arguments_exit_with_2(plant: Plant, arguments: tuple[str, ...]) -> None:
    assert ratchet(plant.data, *arguments).returncode == 2
    assert not plant.data.exists()


def test_the_service_does_not_import_the_libraries_of_bundles() -> None:
    script = (
        "import sys, exporter.__main__; "
        "assert not {'cryptography.hazmat', 'cyclonedx'} & set(sys.modules), 'loaded'"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_both_commands_print_json(sender: Sender, plant: Plant, tmp_path: Path) -> None:
    file = tmp_path / "model.tar"
    public = str(sender.plant.data / "keys" / "bundle.pub.pem")

    packed = ratchet(sender.plant.data, "bundle", "latest", "--out", str(file), "--json")
    stranger = ratchet(plant.data, "install", str(file), "--json")
    trusted = ratchet(plant.data, "install", str(file), "--trust", public, "--json")

    assert json.loads(packed.stdout) == {
        "model": NAME,
        "file": str(file),
        "version": VERSION,
        "bytes": file.stat().st_size,
        "key": sender.key.public.id,
    }
    assert stranger.returncode == 1
    assert json.loads(stranger.stdout) == {"error": stranger.stderr.rstrip("\n")}
    assert json.loads(trusted.stdout) == {
        "model": NAME,
        "version": VERSION,
        "active": True,
        "registries": ["local"],
    }
