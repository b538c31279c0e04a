"""``tellergraph mcp``."""


def mcp() -> None:
    """Offer the bank's tools over MCP on standard input and output, for the customer of TELLERGRAPH_ACCESS_TOKEN."""
    # Here, because the protocol's types take every other command half a second to load.
    from tools.mcp_stdio import serve_mcp  # noqa: PLC0415

    serve_mcp()
