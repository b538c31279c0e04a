"""LightRAG's own server as the graph. A server has one workspace, so each knowledge base has an address of its own.

Asked with keywords it asks no model. Of what it answers only names are used: a passage's that stands at the end of its
text, or the document's whose file it says. Its text goes nowhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from core.errors import Unavailable
from knowledge.graph.shapes import find_passage
from knowledge.graph.source import Condition, GraphQuestion, Named

_SHORTEST = 3
"""Characters of a question that the server takes."""
_LONGEST_ANSWER = 8 * 2**20
"""Bytes."""


@dataclass(frozen=True, slots=True)
class GraphServer:
    url: str
    key: SecretStr | None = None


class _Lenient(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Chunk(_Lenient):
    content: str = ""
    file_path: str = ""


class _Found(_Lenient):
    chunks: Annotated[list[_Chunk], Field(max_length=10_000)] = []


class _Answer(_Lenient):
    status: str
    data: _Found = _Found()


class RemoteGraph:
    def __init__(self, servers: Mapping[str, GraphServer], client: aiohttp.ClientSession) -> None:
        """Args: servers: by knowledge base; others have no graph."""
        self._servers = servers
        self._client = client

    @property
    def condition(self) -> Condition:
        return "remote"

    async def find(self, question: GraphQuestion) -> Sequence[Named]:
        """Raises Unavailable: the server does not answer, or not as LightRAG does."""
        server = self._servers.get(question.kb)
        if server is None or len(question.text) < _SHORTEST:
            return []
        answer = await self._ask(server, question)
        named = [_name(chunk) for chunk in answer.data.chunks]
        return list(dict.fromkeys(each for each in named if each is not None))

    async def _ask(self, server: GraphServer, question: GraphQuestion) -> _Answer:
        body = {
            "query": question.text,
            "mode": question.mode,
            "chunk_top_k": question.limit,
            "hl_keywords": list(question.keywords.high),
            "ll_keywords": list(question.keywords.low),
            "enable_rerank": False,
        }
        headers = {} if server.key is None else {"X-API-Key": server.key.get_secret_value()}
        url = f"{server.url.rstrip('/')}/query/data"
        try:
            async with self._client.post(url, json=body, headers=headers, allow_redirects=False) as response:
                if response.status != 200:
                    raise Unavailable(f"LightRAG's server answered {response.status}.")
                return _Answer.model_validate_json(await _read(response))
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"LightRAG's server cannot be reached: {type(error).__name__}.") from error
        except ValidationError as error:
            raise Unavailable("LightRAG's server answered in another form.") from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    content = await response.content.read(_LONGEST_ANSWER + 1)
    while len(content) <= _LONGEST_ANSWER and (more := await response.content.read(_LONGEST_ANSWER)):
        content += more
    if len(content) > _LONGEST_ANSWER:
        raise Unavailable("LightRAG's server answered too much.")
    return content


def _name(chunk: _Chunk) -> Named | None:
    passage = find_passage(chunk.content)
    if passage is not None:
        return Named(passage=passage)
    document = PurePosixPath(chunk.file_path).stem
    return Named(document=document) if document and document != "unknown_source" else None
