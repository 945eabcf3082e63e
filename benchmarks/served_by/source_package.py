"""The source package of llama-cpp-python: published chat templates, and a real llama-server."""

import os
import subprocess
import sys
import tarfile
from importlib import metadata
from pathlib import Path

_NAME = "llama-cpp-python"
_OPTIONS = ("BUILD_TESTS=OFF", "BUILD_EXAMPLES=OFF", "BUILD_SERVER=ON", "OPENSSL=OFF")


class SourcePackage:
    """The release that is installed, downloaded and unpacked once into `cache`."""

    def __init__(self, cache: Path) -> None:
        release = f"{_NAME}-{metadata.version(_NAME)}".replace("-", "_", 2)
        self._root = cache / release
        self._build = cache / f"{release}-server"
        if not self._root.is_dir():
            cache.mkdir(parents=True, exist_ok=True)
            self._download(cache)

    @property
    def templates(self) -> list[Path]:
        return sorted((self._llama_cpp / "models" / "templates").glob("*.jinja"))

    def server(self, given: Path | None, *, build: bool) -> Path | None:
        """`given`, or the program that was built from this package; None if there is none."""
        program = given or self._build / "bin" / "llama-server"
        if build and not program.is_file():
            self._compile()
        return program if program.is_file() else None

    @property
    def _llama_cpp(self) -> Path:
        return self._root / "vendor" / "llama.cpp"

    def _download(self, cache: Path) -> None:
        # Only this package as source: its build tools are taken as they are published.
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        wanted = ["--no-binary", _NAME, f"{_NAME}=={metadata.version(_NAME)}"]
        subprocess.run([*pip, *wanted, "--dest", str(cache)], check=True)
        with tarfile.open(f"{self._root}.tar.gz") as archive:
            archive.extractall(cache, filter="data")

    def _compile(self) -> None:
        options = [f"-DLLAMA_{option}" for option in _OPTIONS]
        configure = ["cmake", "-S", str(self._llama_cpp), "-B", str(self._build), *options]
        subprocess.run([*configure, "-DCMAKE_BUILD_TYPE=Release"], check=True, stdout=sys.stderr)
        build = ["cmake", "--build", str(self._build), "--target", "llama-server"]
        jobs = ["--parallel", str(os.cpu_count() or 1)]
        subprocess.run([*build, *jobs], check=True, stdout=sys.stderr)
