"""Every threat of the lists has a defence, and a test that is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (.+?) \| (.+?) \| `(tests/[^`]+)` \|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str]]:
    return ROW.findall((ROOT / "docs" / "security.md").read_text(encoding="utf-8"))


def test_every_test_that_is_named_exists() -> None:
    missing: list[str] = []
    for _, _, test in rows():
        path, _, name = test.partition("::")
        file = ROOT / path
        names = {
            node.name
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8") if file.exists() else ""))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        if name not in names if name else not any(each.startswith("test_") for each in names):
            missing.append(test)
    assert missing == []
    assert len(rows()) > 40


def test_every_threat_of_the_lists_is_there() -> None:
    named = {threat.split(" ")[0] for threat, _, _ in rows()}
    wanted = {f"LLM{number:02}" for number in range(1, 11)} | {f"API{number}" for number in range(1, 11)}
    wanted |= {f"T{number}" for number in range(1, 16) if number not in (12, 14)}
    assert wanted <= named


def test_every_outgoing_call_is_listed() -> None:
    """Modules that speak HTTP outward; whoever adds one writes it down and guards it."""
    speaks = re.compile(
        r"^\s*(?:import|from) (?:aiohttp|httpx2?|requests|openai|ollama|urllib\.request)\b", re.MULTILINE
    )
    listed = set(re.findall(r"\| `((?:agent|api|core|knowledge|tools)/[\w/]+\.py)` \|$", _outgoing(), re.MULTILINE))
    found = {
        str(path.relative_to(ROOT))
        for room in ("agent", "api", "core", "knowledge", "tools")
        for path in (ROOT / room).rglob("*.py")
        if speaks.search(path.read_text(encoding="utf-8"))
    }
    handed = {"agent/assembly.py", "agent/graph_cli.py", "agent/models/factory.py", "knowledge/graph/running.py"}
    handed |= {"core/security/encryption/ring.py", "core/telemetry/outgoing_spans.py"}
    guard = {"core/security/outgoing.py", "core/security/outgoing_libraries.py", "api/sse_client.py"}
    assert found - handed - guard == listed - {"core/services/running.py"}


def _outgoing() -> str:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    return page.split("## Outgoing calls")[1].split("\n## ")[0]
