"""The package as a regional system installs it: alone, typed, and with nothing of the services."""

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"
ALONE = """
import sys, familiebro_client
assert familiebro_client.__file__.startswith(sys.argv[1]), familiebro_client.__file__
print(sorted({name.partition(".")[0] for name in sys.modules} & {"services", "gateway", "shared", "deploy"}))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with wheel and sdist, built as `make client` does."""
    folder = tmp_path_factory.mktemp("built")
    subprocess.run(
        [UV, "build", "--quiet", "--offline", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder,
         ROOT / "client"], check=True, cwd=folder,
    )  # fmt: skip
    return folder


def test_the_wheel_installs_into_an_empty_folder_and_imports_alone(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    target = tmp_path / "installed"
    subprocess.run(
        [UV, "pip", "install", "-q", "--offline", "--no-deps", "--python", sys.executable, "--target", target, wheel],
        check=True, cwd=tmp_path,
    )  # fmt: skip
    code = "import sys; sys.path.insert(0, sys.argv[1])\n" + ALONE
    done = subprocess.run([sys.executable, "-W", "error", "-c", code, target], capture_output=True, text=True,
                          check=True, cwd=tmp_path)  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_wheel_and_sdist_hold_the_client_its_types_and_nothing_else(built: Path) -> None:
    (wheel,), (source,) = built.glob("*.whl"), built.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert "familiebro_client/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"familiebro_client"}
    with tarfile.open(source) as packed_source:
        inside = {name.split("/")[1] for name in packed_source.getnames()}
    assert inside == {"src", "README.md", "pyproject.toml", "PKG-INFO"} | (inside & {".gitignore"})


def test_it_needs_httpx_and_pydantic_and_nothing_more() -> None:
    told = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())["project"]
    assert [each.partition(">")[0] for each in told["dependencies"]] == ["httpx", "pydantic"]


def test_the_services_wheel_does_not_carry_the_client() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert told["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["services", "gateway", "shared", "deploy"]
