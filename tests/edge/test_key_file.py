"""Keys are created, shown once, listed and revoked; the file holds no secret."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ratchet_cli.app import main
from ratchet_edge.access import Scope
from ratchet_edge.keys.key_file import KeyFile, KeyFileUnreadable, digest_of

NOW = datetime(2026, 1, 20, tzinfo=UTC)


def ratchet(data_dir: Path, *arguments: str, **how: str) -> Result:
    return CliRunner().invoke(main, ["keys", *arguments, "--data-dir", str(data_dir)], **how)  # type: ignore[arg-type]


def test_the_secret_is_shown_once_and_only_its_digest_is_stored(tmp_path: Path):
    made = ratchet(tmp_path, "create", "panel", "--scope", "write", "--scope", "read")
    secret = made.stdout.strip()
    [key] = KeyFile(tmp_path).read()
    assert (key.name, key.scopes, key.digest) == ("panel", {"write", "read"}, digest_of(secret))
    listed = ratchet(tmp_path, "list").output
    assert key.key_id in listed
    assert "panel" in listed
    for text in (listed, *(path.read_text() for path in tmp_path.iterdir())):
        assert secret not in text


def test_a_key_is_rotated_by_creating_the_next_before_revoking_the_last(tmp_path: Path):
    old = json.loads(ratchet(tmp_path, "create", "panel", "--scope", "write", "--json").stdout)
    new = json.loads(ratchet(tmp_path, "create", "panel", "--scope", "write", "--json").stdout)
    assert len(KeyFile(tmp_path).read()) == 2
    revoked = ratchet(tmp_path, "revoke", old["key_id"], "--json")
    assert json.loads(revoked.stdout)["key_id"] == old["key_id"]
    assert [key.digest for key in KeyFile(tmp_path).read()] == [digest_of(new["secret"])]


def test_revoking_the_last_key_states_that_every_call_is_refused_and_the_remedy(tmp_path: Path):
    made = json.loads(ratchet(tmp_path, "create", "panel", "--scope", "write", "--json").stdout)
    opened = ratchet(tmp_path, "open", "--yes")
    assert opened.exit_code == 1
    assert "revoke" in opened.stderr
    revoked = ratchet(tmp_path, "revoke", made["key_id"])
    for message in (revoked.stderr, ratchet(tmp_path, "list").output):
        assert "every call that needs one is refused" in message
        assert "ratchet keys create" in message
        assert "ratchet keys open" in message
    assert KeyFile(tmp_path).required


def test_only_a_command_lets_everyone_in_again(tmp_path: Path):
    KeyFile(tmp_path).create("panel", [Scope.WRITE], NOW)
    KeyFile(tmp_path).path.unlink()
    assert KeyFile(tmp_path).required
    assert ratchet(tmp_path, "open", input="n\n").exit_code == 1
    assert KeyFile(tmp_path).required
    assert ratchet(tmp_path, "open", "--yes").exit_code == 0
    assert not KeyFile(tmp_path).required
    assert "accepts every caller" in ratchet(tmp_path, "list").output


def test_a_key_can_use_the_secret_that_a_client_already_has(tmp_path: Path):
    created = ratchet(
        tmp_path,
        "create",
        "page",
        "--scope",
        "write",
        "--secret-stdin",
        input="the-pages-own-key\n",
    )
    assert created.exit_code == 0
    assert KeyFile(tmp_path).read()[0].digest == digest_of("the-pages-own-key")
    again = ratchet(
        tmp_path, "create", "page", "--scope", "read", "--secret-stdin", input="the-pages-own-key\n"
    )
    assert again.exit_code == 1
    assert "belongs to key" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "x"), "--scope"),
        (("create", "x", "--scope", "all"), "all"),
        (("create", "x", "--scope", "read", "--secret-stdin"), "16 characters"),
        (("revoke", "nobody"), "ratchet keys list"),
    ],
)
def test_a_failed_command_names_the_reason(
    tmp_path: Path, arguments: tuple[str, ...], message: str
):
    result = ratchet(tmp_path, *arguments, input="short\n")
    assert result.exit_code != 0
    assert message in result.output
    assert KeyFile(tmp_path).read() == ()


def test_an_unreadable_file_is_named_with_the_remedy_and_never_overwritten(tmp_path: Path):
    file = KeyFile(tmp_path)
    file.path.write_text("[{")
    with pytest.raises(KeyFileUnreadable, match="Restore it"):
        file.create("panel", [Scope.READ], NOW)
    assert ratchet(tmp_path, "list").exit_code == 1
    assert file.path.read_text() == "[{"


def test_keys_created_in_parallel_are_all_stored(tmp_path: Path):
    def make(number: int) -> None:
        KeyFile(tmp_path).create(f"panel-{number}", [Scope.WRITE], NOW)

    with ThreadPoolExecutor(8) as together:
        list(together.map(make, range(16)))
    assert {key.name for key in KeyFile(tmp_path).read()} == {f"panel-{n}" for n in range(16)}


@pytest.mark.parametrize(
    "command", [["create", "panel", "--scope", "feedback"], ["list"], ["revoke", "x"], ["open"]]
)
def test_keys_are_refused_where_no_server_reads_them(command: list[str], tmp_path: Path):
    nowhere = tmp_path / "var" / "ratchet"
    result = CliRunner().invoke(main, ["keys", *command, "--data-dir", str(nowhere)])
    assert result.exit_code == 1
    assert f"{nowhere} is not a directory" in result.output
    assert "--data-dir" in result.output
    assert not nowhere.exists()


def test_a_new_key_names_the_file_that_servers_read(tmp_path: Path):
    command = ["keys", "create", "panel", "--scope", "feedback", "--data-dir", str(tmp_path)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0
    assert str(tmp_path / "api-keys.json") in result.output
