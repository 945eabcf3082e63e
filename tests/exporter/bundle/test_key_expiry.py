"""Keys that sign bundles may expire: their certificates, the refusals and the list."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exporter.backends.key_certificates import (
    TrustedKey,
    certificate_path,
    read_trusted_key,
    write_certificate,
)
from exporter.bundle.signature import TrustedKeys, check_signature, sign_index
from exporter.domain.bundle import BundleRefused
from ratchet.storage.signing_keys import UnusableKey, make_signing_key, public_half

from .plant import VERSION, Plant, Sender
from .test_commands import exporter

NOW = datetime(2026, 6, 1, tzinfo=UTC)
YEAR_AGO = datetime(2025, 6, 1, tzinfo=UTC)
INDEX = b"the index"


def trusted_by(key_files: list[Path], directory: Path) -> TrustedKeys:
    return TrustedKeys.of([read_trusted_key(path) for path in key_files], directory)


def test_a_bundle_is_accepted_until_its_key_expires_and_refused_afterwards(tmp_path: Path) -> None:
    key = make_signing_key(tmp_path / "bundle.pem")
    certificate = write_certificate(tmp_path / "bundle.pem", YEAR_AGO, NOW + timedelta(days=30))
    trusted = trusted_by([certificate], tmp_path / "trusted")
    signature = sign_index(INDEX, key)

    check_signature(INDEX, signature, trusted, NOW + timedelta(days=29))
    with pytest.raises(BundleRefused) as refused:
        check_signature(INDEX, signature, trusted, NOW + timedelta(days=30))
    assert str(refused.value) == (
        f"index.sig: key {key.public.id} expired at 2026-07-01 00:00 UTC; "
        f"copy a new certificate from its owner to {tmp_path}/trusted"
    )


def test_a_key_without_a_certificate_never_expires(tmp_path: Path) -> None:
    key = make_signing_key(tmp_path / "bundle.pem")
    trusted = trusted_by([public_half(tmp_path / "bundle.pem")], tmp_path)

    check_signature(INDEX, sign_index(INDEX, key), trusted, NOW + timedelta(days=36_500))


def test_a_renewed_certificate_beside_the_old_one_counts(tmp_path: Path) -> None:
    key = make_signing_key(tmp_path / "bundle.pem")
    old = write_certificate(tmp_path / "bundle.pem", YEAR_AGO, NOW).rename(tmp_path / "old.pem")
    new = write_certificate(tmp_path / "bundle.pem", YEAR_AGO, NOW + timedelta(days=365))

    for files in ([old, new], [new, old]):
        trusted = trusted_by(files, tmp_path)
        check_signature(INDEX, sign_index(INDEX, key), trusted, NOW + timedelta(days=1))


def test_a_certificate_that_another_key_signed_is_not_trusted(tmp_path: Path) -> None:
    """Whoever wants a longer life than the owner gave it would have to have the key."""
    make_signing_key(tmp_path / "bundle.pem")
    certificate = write_certificate(tmp_path / "bundle.pem", YEAR_AGO, NOW)
    lines = certificate.read_text().splitlines()
    swapped = "A" if lines[-2][10] != "A" else "B"
    lines[-2] = lines[-2][:10] + swapped + lines[-2][11:]
    certificate.write_text("\n".join(lines) + "\n")

    with pytest.raises(UnusableKey, match="its own key has not signed"):
        read_trusted_key(certificate)


def test_a_file_that_only_looks_like_a_certificate_is_named(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")

    with pytest.raises(UnusableKey, match="not a PEM certificate"):
        read_trusted_key(file)


def expire(sender: Sender) -> Path:
    return write_certificate(sender.plant.data / "keys" / "bundle.pem", YEAR_AGO, past())


def past() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


def test_install_refuses_a_bundle_of_an_expired_key_and_changes_nothing(
    sender: Sender, bundle: Path, tmp_path: Path
) -> None:
    plant = Plant(tmp_path / "away")
    trusted = plant.data / "keys" / "trusted"
    trusted.mkdir(parents=True)
    certificate = expire(sender)
    (trusted / "headquarters.pem").write_bytes(certificate.read_bytes())

    ended = exporter(plant.data, "install", str(bundle))
    assert ended.exit_code == 1
    assert f"refused: index.sig: key {sender.key.public.id} expired at" in ended.stderr
    assert set(plant.files()) == {"keys/trusted/headquarters.pem"}


def test_bundle_refuses_to_sign_with_an_expired_key(sender: Sender) -> None:
    certificate = expire(sender)

    ended = exporter(sender.plant.data, "bundle", VERSION)
    assert ended.exit_code == 1
    assert f"refused: {certificate}: the signing key has expired" in ended.stderr
    assert exporter(sender.plant.data, "certify", "--days", "30").exit_code == 0
    assert exporter(sender.plant.data, "bundle", VERSION).exit_code == 0


def test_the_list_of_keys_shows_when_each_expires(sender: Sender) -> None:
    data = sender.plant.data
    trusted = data / "keys" / "trusted"
    trusted.mkdir()
    other = make_signing_key(data / "other.pem")
    write_certificate(data / "other.pem", YEAR_AGO, past()).rename(trusted / "other.pem")

    lines = exporter(data, "keys").stdout.splitlines()
    assert lines[0].startswith(f"{sender.key.public.id}  expires never")
    assert lines[1].startswith(f"{other.public.id}  expired 20")

    assert exporter(data, "certify", "--days", "30").exit_code == 0
    [own, listed] = json.loads(exporter(data, "keys", "--json").stdout)["keys"]
    assert own["key"] == sender.key.public.id
    assert datetime.fromisoformat(own["expires_at"]) > datetime.now(UTC) + timedelta(days=29)
    assert (own["expired"], listed["expired"]) == (False, True)


def test_certify_creates_the_key_of_a_new_system(tmp_path: Path) -> None:
    ended = exporter(tmp_path, "certify", "--days", "90")

    key = tmp_path / "keys" / "bundle.pem"
    assert ended.exit_code == 0
    assert str(certificate_path(key)) in ended.stdout
    assert exporter(tmp_path, "keys").stdout.count("expires 20") == 1


def test_a_certificate_of_another_key_beside_the_own_one_is_named(tmp_path: Path) -> None:
    make_signing_key(tmp_path / "other.pem")
    make_signing_key(tmp_path / "keys" / "bundle.pem")
    stray = write_certificate(tmp_path / "other.pem", YEAR_AGO, NOW)
    stray.rename(certificate_path(tmp_path / "keys" / "bundle.pem"))

    ended = exporter(tmp_path, "keys")
    assert ended.exit_code == 1
    assert "bundle.crt.pem: of another key than" in ended.stderr


def test_a_key_outlasts_another_by_its_end_or_by_having_none(tmp_path: Path) -> None:
    key = make_signing_key(tmp_path / "bundle.pem").public
    short, long = TrustedKey(key, NOW), TrustedKey(key, NOW + timedelta(days=1))
    unlimited = TrustedKey(key, None)

    assert long.lasts_longer_than(short)
    assert not short.lasts_longer_than(long)
    assert unlimited.lasts_longer_than(long)
    assert not long.lasts_longer_than(unlimited)
