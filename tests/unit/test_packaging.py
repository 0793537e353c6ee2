"""What is installed: the wheel, its extras, and what works without a clone."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ocr_core import cli
from ocr_core.cli.completion import SHELLS
from ocr_core.exports import FORMATS

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
APP_EXTRAS = ("app", "api", "mining")  # with the base: all that the app needs
SECONDS = 300  # after which a hang is a failure


def lines_of_requirements():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return {line for line in lines if line}


def test_the_lock_file_pins_every_requirement_within_its_bounds():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines)
    versions = {canonicalize_name(name): pin for name, pin in pinned.items()}

    wanted = [Requirement(line) for line in lines_of_requirements()]

    assert wanted
    for each in wanted:
        assert versions[canonicalize_name(each.name)] in each.specifier, each


def packages_below(folder):
    return {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / folder).rglob("__init__.py")
    }


def test_base_and_extras_together_are_the_requirements_of_the_app():
    project = PROJECT["project"]
    extras = project["optional-dependencies"]

    every = {
        *project["dependencies"],
        *(line for n in APP_EXTRAS for line in extras[n]),
    }

    assert every - {"ocr-core[mining,api]"} == lines_of_requirements()


def test_every_package_is_in_the_wheel_and_those_of_the_app_inside_the_library():
    tool = PROJECT["tool"]["setuptools"]
    bundled = {"app", "sample_images", *packages_below("app")}

    assert set(tool["packages"]) == packages_below("ocr_core") | {
        f"ocr_core._bundle.{name}" for name in (*bundled, "streamlit")
    }
    assert tool["package-dir"] == {
        f"ocr_core._bundle.{name}": name.replace(".", "/") for name in bundled
    } | {"ocr_core._bundle.streamlit": ".streamlit"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            *("--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)),
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert built.returncode == 0, built.stderr
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """A folder as site-packages is after the wheel was installed."""
    folder = tmp_path_factory.mktemp("site")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.mark.kill
def test_nothing_called_app_lands_at_the_top_of_site_packages(wheel):
    with ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"ocr_core"}


@pytest.mark.kill
def test_every_file_that_the_app_opens_is_in_the_wheel(wheel):
    with ZipFile(wheel) as archive:
        held = set(archive.namelist())

    listed = subprocess.run(
        ["git", "ls-files", "app", "sample_images", "ocr_core"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if listed.returncode:
        pytest.skip("there is no git here")
    files = [Path(line) for line in listed.stdout.splitlines()]
    missing = [
        str(path)
        for path in files
        if (ROOT / path).exists()
        and path.name != "README.md"
        and str(path) not in held
        and f"ocr_core/_bundle/{path}" not in held
    ]
    assert not missing


@pytest.mark.kill
@pytest.mark.needs_tesseract
def test_the_wheel_reads_its_own_sample_page_with_no_clone_beside_it(site, tmp_path):
    sample = site / "ocr_core" / "_bundle" / "sample_images" / "english_clean.png"

    ran = subprocess.run(
        [sys.executable, "-m", "ocr_core", "read", str(sample)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(site),
        timeout=SECONDS,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("Harbour House, 14 March 1887")


@pytest.mark.kill
def test_the_wheel_opens_its_own_workbench(site, tmp_path, monkeypatch):
    """The command becomes Streamlit, with the app, and the options, of the wheel."""
    code = (
        "import os, sys, json\n"
        "def execve(path, command, environment):\n"
        "    print(json.dumps([command, environment['PYTHONPATH']]))\n"
        "    sys.exit(0)\n"
        "os.execve = execve\n"
        "sys.argv = ['ocr-core', 'app', '--port', '8599']\n"
        "from ocr_core.cli import main\n"
        "main()\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(site),
        timeout=SECONDS,
    )

    bundle = site / "ocr_core" / "_bundle"
    assert str(bundle / "app" / "asgi.py") in ran.stdout, ran.stderr
    assert "--server.port=8599" in ran.stdout
    assert "--server.address=127.0.0.1" in ran.stdout
    assert "--theme.light.primaryColor=#0B6E99" in ran.stdout
    flags = dict(
        flag.split("=", 1) for flag in json.loads(ran.stdout)[0] if "=" in flag
    )
    colours = json.loads(flags["--theme.light.chartCategoricalColors"])
    assert colours[0] == "#0B6E99"
    assert len(colours) == 8
    assert (bundle / "sample_images" / "demo.py").exists()


def environment(site):
    return {**os.environ, "PYTHONPATH": str(site)}


@pytest.mark.parametrize(
    ("module", "command", "extra"),
    [
        ("streamlit", ["app"], "app"),
        ("flask", ["serve"], "api"),
        ("sklearn", ["topics", "x"], "mining"),
    ],
)
def test_a_command_whose_extra_is_missing_names_what_installs_it(
    module, command, extra, monkeypatch, capsys
):
    def absent(*_args, **_options):
        raise ModuleNotFoundError(name=module)

    monkeypatch.setattr(cli, "cli", absent)

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 4
    assert f"pip install 'ocr-core[{extra}]'" in capsys.readouterr().err


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_is_given_what_completes_commands(shell):
    given = CliRunner().invoke(cli.cli, ["completion", shell])

    assert given.exit_code == 0
    assert re.search(r"_OCR_CORE_COMPLETE", given.output)
    assert "ocr-core" in given.output


def base_distributions():
    """Return the names of what the base of the package requires, directly or not."""
    wanted, known = [*PROJECT["project"]["dependencies"]], set()
    while wanted:
        required = Requirement(wanted.pop())
        name = canonicalize_name(required.name)
        applies = not required.marker or required.marker.evaluate({"extra": ""})
        if applies and name not in known:
            known.add(name)
            wanted += requires(name) or ()
    return known


EXPORTS = """
import sys
from ocr_core import cli
from ocr_core.exports import FORMATS

for form in FORMATS:
    words = ["export", sys.argv[1], "--to", form, "-o", f"{sys.argv[2]}/out.{form}"]
    cli.cli(words, standalone_mode=False)
"""


@pytest.mark.needs_tesseract
@pytest.mark.large
def test_the_base_alone_reads_and_keeps_and_exports(tmp_path):
    base = base_distributions()
    missing = [
        module
        for module, names in packages_distributions().items()
        if not base & {canonicalize_name(name) for name in names}
        and module not in ("ocr_core", "app")
    ]
    # Python runs it before anything else, in the processes of workers too.
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name in {missing}:\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
    )
    sample = ROOT / "sample_images" / "english_clean.png"
    corpus = tmp_path / "corpus.sqlite"

    def run(*arguments, program=("-m", "ocr_core")):
        ran = subprocess.run(
            [sys.executable, *program, *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment(tmp_path),
            timeout=SECONDS,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    assert {"scipy", "streamlit", "flask"} <= set(missing)
    run("batch", sample, "--corpus", corpus)
    run(corpus, tmp_path, program=("-c", EXPORTS))
    assert {path.suffix[1:] for path in tmp_path.glob("out.*")} == set(FORMATS)
    assert (tmp_path / "out.txt").read_text().startswith("Harbour House, 14 March")
    assert "english_clean,1," in run("search", corpus, "harbour")
    run("doctor")
