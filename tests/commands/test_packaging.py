"""The package's requirements: no version with a known security hole is allowed, and the pins fit."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from lightlab.runs import results

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# The first version without the holes named; a later advisory raises its line, and the test then says what to change.
SAFE = {
    "filelock": "3.20.3",  # CVE-2025-68146 (before 3.20.1), CVE-2026-22701 (before 3.20.3)
    "hydra-core": "1.3.7",  # CVE-2026-68508 (before 1.3.4), CVE-2026-106439 (1.3.4 to 1.3.6)
    "jinja2": "3.1.6",  # CVE-2025-27516
    "lightning": "2.6.6",  # CVE-2026-58659; CVE-2026-44484: 2.6.2 and 2.6.3 stole credentials
    "pillow": "12.3",  # CVE-2026-59197 to CVE-2026-59200, CVE-2026-55798
    "pyarrow": "14.0.1",  # CVE-2023-47248
    "pytest": "9.0.3",  # CVE-2025-71176
    "pyyaml": "5.4",  # CVE-2020-14343
    "requests": "2.33.0",  # CVE-2024-47081 (before 2.32.4), CVE-2026-25645
    "scikit-learn": "1.5.0",  # CVE-2024-5206
    "setuptools": "78.1.1",  # CVE-2025-47273
    "torch": "2.11",  # CVE-2026-24747 (before 2.10), CVE-2026-4538 (up to 2.10.0)
    "tqdm": "4.66.3",  # CVE-2024-34062
}


def requirements() -> dict[str, Requirement]:
    """Every requirement of the package, its extras and its build, by canonical name."""
    project = PROJECT["project"]
    lines = [*PROJECT["build-system"]["requires"], *project["dependencies"]]
    lines += [line for extra in project["optional-dependencies"].values() for line in extra]
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}


def floor(requirement: Requirement) -> Version:
    """The lowest version that a requirement allows; 0 without one."""
    return max((Version(part.version) for part in requirement.specifier if part.operator == ">="), default=Version("0"))


@pytest.mark.parametrize(("package", "safe"), SAFE.items())
def test_no_version_with_a_known_hole_is_allowed(package, safe):
    assert floor(requirements()[package]) >= Version(safe)


def test_the_pins_satisfy_the_requirements():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {
        canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines) if version
    }
    unpinned = {"setuptools", "lightlab-dl"}  # pip builds with its own setuptools; an extra names the package itself
    wanted = {name: requirement for name, requirement in requirements().items() if name not in unpinned}
    assert wanted.keys() <= pins.keys()
    assert not [name for name, requirement in wanted.items() if pins[name] not in requirement.specifier]


def test_the_environment_record_names_the_distribution():
    assert PROJECT["project"]["name"] == "lightlab-dl"
    assert "lightlab-dl" in results.describe_environment("cpu", kept_pages=False)["packages"]


def test_the_pythons_named_are_those_allowed():
    prefix = "Programming Language :: Python :: 3."
    minors = [int(name.removeprefix(prefix)) for name in PROJECT["project"]["classifiers"] if name.startswith(prefix)]
    assert minors == [11, 12, 13] and PROJECT["project"]["requires-python"] == f">=3.{minors[0]}"
