"""What leaves in a span: names and figures that are listed here, and nothing else. Libraries put more into theirs:
paths with ids, query strings, addresses of those who ask.
"""

_KEPT = frozenset(
    {
        "db.operation.name",
        "db.query.summary",
        "db.query.text",
        "db.redis.args_length",
        "db.redis.pipeline_length",
        "db.system.name",
        "error.type",
        "gen_ai.operation.name",
        "gen_ai.request.model",
        "gen_ai.tool.name",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.output_tokens",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "network.protocol.version",
        "server.address",
        "server.port",
        "session.id",
        "url.scheme",
        "user.hash",
    }
)
_OURS = "tellergraph."


def may_leave(key: str) -> bool:
    return key in _KEPT or key.startswith(_OURS)
