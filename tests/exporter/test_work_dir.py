"""One export at a time; leftovers of killed exports are removed."""

from pathlib import Path

import pytest

from exporter.backends.directories import exclusive, once


def test_leftovers_of_other_exports_are_removed_and_own_stages_stay(tmp_path: Path) -> None:
    for name in ("export-old", "export-mine"):
        with exclusive(tmp_path / name):
            (tmp_path / name / "f16.gguf").touch()
        (tmp_path / "something-else").mkdir(exist_ok=True)

    with exclusive(tmp_path / "export-mine"):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["export-mine", "something-else"]
        assert (tmp_path / "export-mine" / "f16.gguf").exists()


def test_stages_of_an_earlier_boot_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stages are not flushed to disk, so a power loss may leave them incomplete."""
    boot = tmp_path / "boot_id"
    monkeypatch.setattr("exporter.backends.directories._BOOT", boot)
    boot.write_text("monday\n")
    with exclusive(tmp_path / "export-mine"):
        (tmp_path / "export-mine" / "f16.gguf").touch()
    boot.write_text("tuesday\n")

    with exclusive(tmp_path / "export-mine"):
        assert not (tmp_path / "export-mine" / "f16.gguf").exists()


def test_a_finished_stage_is_reused(tmp_path: Path) -> None:
    target = tmp_path / "stage"
    calls = []

    def make(path: Path) -> None:
        calls.append(path)
        path.touch()

    assert once(target, make) == once(target, make) == target
    assert len(calls) == 1


def test_an_interrupted_stage_is_repeated(tmp_path: Path) -> None:
    def breaks(path: Path) -> None:
        path.mkdir()
        (path / "half").touch()
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        once(tmp_path / "stage", breaks)
    assert not (tmp_path / "stage").exists()

    once(tmp_path / "stage", Path.mkdir)
    assert list((tmp_path / "stage").iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["stage"]
