"""What we are made of is written down, and checked. Issue 8, hardening."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_bill_of_materials_names_every_pinned_package(tmp_path: Path) -> None:
    """As `make sbom` writes it, against CycloneDX's own schema."""
    recipe = re.search(r"cyclonedx-py (.+?)--output-file", (ROOT / "Makefile").read_text(), re.DOTALL)
    assert recipe
    options = recipe[1].replace("\\\n", " ").split()
    assert "--validate" in options
    out = tmp_path / "sbom.cdx.json"
    subprocess.run(  # noqa: S603
        [Path(sys.executable).with_name("cyclonedx-py"), *options, "--output-file", out],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    written = json.loads(out.read_text())
    assert (written["bomFormat"], written["specVersion"]) == ("CycloneDX", "1.6")
    pinned = set(re.findall(r"^([\w.-]+)==([\w.+!-]+)", (ROOT / "requirements" / "base.txt").read_text(), re.MULTILINE))
    assert len(pinned) > 100
    assert {(each["name"], each["version"]) for each in written["components"]} == pinned


def test_a_key_in_a_file_is_found(tmp_path: Path) -> None:
    """With the baseline that `make secrets` uses."""
    leaked = tmp_path / "settings.py"
    leaked.write_text(f'KEY = "{"AKIA" + "IOSFODNN7EXAMPLQ"}"\n')
    hook = [Path(sys.executable).with_name("detect-secrets-hook"), "--no-verify"]
    found = subprocess.run(  # noqa: S603
        [*hook, "--baseline", ROOT / ".secrets.baseline", leaked],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1
    assert "AWS" in found.stdout
