"""Writes ``.env`` with a fresh secret for everything that ``docker-compose.yml`` asks for.

    python3 deploy/make_env.py

Needs Python alone. A file that is there is left as it is: the passwords of databases that exist do not follow it.
"""

import argparse
import os
import re
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_OPEN = re.compile(r"^#?(TELLERGRAPH_SECRET_KEY|(?<!#)[A-Z_]+)=$", re.MULTILINE)
"""What ``.env.example`` leaves open, and the key without which containers would each make one."""
_FORMS = {"LANGFUSE_PROJECT_PUBLIC_KEY": "pk-lf-", "LANGFUSE_PROJECT_SECRET_KEY": "sk-lf-"}


def fill(example: str) -> str:
    """The example with a random value for each variable that has none: 64 hexadecimal digits, as Langfuse wants its
    encryption key, and as may stand in a URL."""
    return _OPEN.sub(lambda found: f"{found[1]}={_FORMS.get(found[1], '')}{secrets.token_hex(32)}", example)


def main() -> int:
    # It takes nothing, and says so to whoever asks for --help, where it would have written a file.
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    target = Path.cwd() / ".env"
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        print(f"{target} is there already and left as it is.", file=sys.stderr)  # noqa: T201
        return 1
    with os.fdopen(descriptor, "w") as file:
        file.write(fill((ROOT / ".env.example").read_text()))
    print(f"{target} has new secrets. Keep a copy where secrets are kept.", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
