"""The process that ``knowledge.parsers.apart`` starts: ``python -m knowledge.parsers.apart_child SECONDS BYTES``. Reads
documents from standard input, each a line of JSON and its content, and answers each with a line of JSON."""

import os
import resource
import signal
import sys
from dataclasses import asdict
from typing import Any

import orjson

from knowledge.article import ArticleError
from knowledge.chunk import cut_article
from knowledge.corpus import Defaults, parse_content
from knowledge.flags import Flag


def main(seconds: int, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    documents, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What libraries print must not be taken for an answer.
    os.dup2(2, 1)
    while line := documents.readline():
        about: dict[str, Any] = orjson.loads(line)
        content = documents.read(about["size"])
        # Nobody handles it: it ends this process, wherever it is.
        signal.alarm(seconds)
        answer = _parse(content, about, memory)
        signal.alarm(0)
        answers.write(orjson.dumps(answer) + b"\n")
        answers.flush()


def _parse(content: bytes, about: dict[str, Any], memory: int) -> dict[str, Any]:
    try:
        article = parse_content(
            content,
            about["name"],
            about["suffix"],
            Defaults(**about["defaults"]),
            stated=about["stated"],
            flags=tuple(Flag(**flag) for flag in about["flags"]),
        )
        # Publishing will, in the server's process: what cannot be cut within these limits goes no further.
        cut_article(article)
    except ArticleError as error:
        return {"error": error.message}
    except (MemoryError, RecursionError):
        return {
            "error": f"{about['name']}: reading it takes more than {memory >> 20:,} MB of memory, or it is nested too "
            f"deeply. Split it, or save it in a simpler form."
        }
    flags = [asdict(flag) for flag in article.flags]
    return {"about": article.about.model_dump(mode="json"), "body": article.body, "flags": flags}


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
