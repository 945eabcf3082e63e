"""A receipt can be verified: by the installation's public key, and only as it was signed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger.erasure.receipt import signed_document
from ratchet.storage.signing_keys import make_signing_key
from ratchet_cli.app import main

RECORD = {"request_id": "r-1", "finished_at": "2026-03-01T08:30:00+00:00", "erased": {}}


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    path = tmp_path / "receipts" / "r-1.json"
    path.parent.mkdir()
    path.write_bytes(signed_document(RECORD, tmp_path / "keys" / "bundle.pem"))
    return path


def verify(path: Path, data_dir: Path, *options: str) -> tuple[int, str]:
    ended = CliRunner().invoke(
        main, ["forget", "--verify", str(path), "--data-dir", str(data_dir), *options]
    )
    return ended.exit_code, ended.output


def test_an_unchanged_receipt_is_verified_while_nothing_runs(receipt: Path, tmp_path: Path):
    code, output = verify(receipt, tmp_path)
    assert (code, "finished at 2026-03-01T08:30:00+00:00" in output) == (0, True)
    code, output = verify(receipt, tmp_path, "--json")
    assert (code, json.loads(output)) == (0, RECORD)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("08:30", "09:30"), "was changed after it was signed"),
        (lambda text: "[]", "is not a receipt"),
        (lambda text: "{", "is not a receipt"),
    ],
)
def test_a_changed_receipt_is_refused(change, message: str, receipt: Path, tmp_path: Path):
    receipt.write_text(change(receipt.read_text()))
    code, output = verify(receipt, tmp_path)
    assert code == 1
    assert message in output


def test_the_receipt_of_another_installation_is_refused(receipt: Path, tmp_path: Path):
    make_signing_key(tmp_path / "other" / "keys" / "bundle.pem")
    code, output = verify(receipt, tmp_path / "other")
    assert code == 1
    assert "was signed by the key" in output


def test_a_missing_key_is_one_sentence(receipt: Path, tmp_path: Path):
    code, output = verify(receipt, tmp_path / "none")
    assert code == 1
    assert "Traceback" not in output
    assert len(output.strip().splitlines()) == 1
