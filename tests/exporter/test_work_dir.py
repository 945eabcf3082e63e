"""One export at a time, and nothing of a killed one stays."""

from pathlib import Path

import pytest

from exporter.backends.work_dir import exclusive, once


def test_leftovers_of_other_exports_go_and_our_own_stay(tmp_path: Path) -> None:
    for name in ("export-old", "export-mine"):
        with exclusive(tmp_path / name):
            (tmp_path / name / "f16.gguf").touch()
        (tmp_path / "something-else").mkdir(exist_ok=True)

    with exclusive(tmp_path / "export-mine"):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["export-mine", "something-else"]
        assert (tmp_path / "export-mine" / "f16.gguf").exists()


def test_stages_of_an_earlier_start_of_the_machine_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody waited to see on the disk may be half there after a power loss."""
    boot = tmp_path / "boot_id"
    monkeypatch.setattr("exporter.backends.work_dir._BOOT", boot)
    boot.write_text("monday\n")
    with exclusive(tmp_path / "export-mine"):
        (tmp_path / "export-mine" / "f16.gguf").touch()
    boot.write_text("tuesday\n")

    with exclusive(tmp_path / "export-mine"):
        assert not (tmp_path / "export-mine" / "f16.gguf").exists()


def test_a_finished_stage_is_not_made_again(tmp_path: Path) -> None:
    target = tmp_path / "stage"
    made = []

    def make(path: Path) -> None:
        made.append(path)
        path.touch()

    assert once(target, make) == once(target, make) == target
    assert len(made) == 1


def test_a_stage_that_broke_off_is_made_from_the_start(tmp_path: Path) -> None:
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
