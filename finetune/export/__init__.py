"""From an adapter to files that other servers run: merged safetensors, GGUF, ONNX."""
