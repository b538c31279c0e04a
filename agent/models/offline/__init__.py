"""The offline model: plans tool calls from intent and slots, writes answers from results and passages. No weights."""
