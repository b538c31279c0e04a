"""Chat models behind one factory: the offline model, and any server that speaks the OpenAI protocol."""
