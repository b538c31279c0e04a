"""The all-MiniLM-L6-v2 sentence encoder as one ONNX graph, written from its weights with onnx and numpy alone.

The graph takes `input_ids` int64 [1, tokens] and gives two outputs, both float32. `embedding` [1, 384] is the published
sentence vector: BERT's six layers, the mean over tokens and the L2 norm. `views` [1, 384 * n] is what the heads read:
the embedding, the same mean after `SHARED_LAYERS` layers and, if there are tuned layers, the mean after those. The
tuned layers replace the upper ones in a second branch over the same lower ones, so tuning leaves the embedding and
every stored document vector as they are, for half a pass more.

There is no attention mask: the encoder runs one text at a time (see `knowledge.embed`), so nothing is ever padded.
Query, key and value share one matrix product, which saves two of three small products a layer.

Source of the architecture: Devlin et al. 2019 (BERT), Wang et al. 2020 (MiniLM), Reimers and Gurevych 2019 (pooling).
"""

# The onnx and safetensors packages come with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS = 6
SHARED_LAYERS = 3
"""Lower layers that both branches read; the tuned branch has its own of the others."""
HEADS = 12
WIDTH = 384
HEAD_WIDTH = WIDTH // HEADS
LAYER_NORM_EPSILON = 1e-12
OPSET = 17

Weights = Mapping[str, npt.NDArray[np.float32]]

_TUNED = "tuned."


class _Graph:
    """Collects nodes and constants; every method returns the name of the tensor it made."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: dict[str, npt.NDArray[Any]] = {}

    def op(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: npt.ArrayLike, dtype: npt.DTypeLike = np.float32) -> str:
        self.constants[name] = np.array(value, dtype=dtype, order="C")
        return name

    def linear(self, x: str, name: str, weight: npt.NDArray[Any], bias: npt.NDArray[Any]) -> str:
        product = self.op("MatMul", [x, self.constant(f"{name}.weight", weight.T)])
        return self.op("Add", [product, self.constant(f"{name}.bias", bias)])

    def dense(self, x: str, prefix: str) -> str:
        return self.linear(x, prefix, self.weights[f"{prefix}.weight"], self.weights[f"{prefix}.bias"])

    def layer_norm(self, x: str, prefix: str) -> str:
        scale = self.constant(f"{prefix}.weight", self.weights[f"{prefix}.weight"])
        shift = self.constant(f"{prefix}.bias", self.weights[f"{prefix}.bias"])
        return self.op("LayerNormalization", [x, scale, shift], axis=-1, epsilon=LAYER_NORM_EPSILON)

    def gelu(self, x: str) -> str:
        scaled = self.op("Div", [x, self.constant("sqrt_two", np.sqrt(2.0))])
        gate = self.op("Add", [self.op("Erf", [scaled]), self.constant("one", 1.0)])
        return self.op("Mul", [self.op("Mul", [x, gate]), self.constant("half", 0.5)])

    def embeddings(self) -> str:
        """Word plus position plus segment embedding; the segment is always 0 and is folded into the positions."""
        words = self.op(
            "Gather", [self.constant("words", self.weights["embeddings.word_embeddings.weight"]), "input_ids"]
        )
        segment = self.weights["embeddings.token_type_embeddings.weight"][0]
        table = self.constant("positions", self.weights["embeddings.position_embeddings.weight"] + segment)
        tokens = self.op("Shape", ["input_ids"], start=1, end=2)
        positions = self.op(
            "Slice", [table, self.constant("zero", [0], np.int64), tokens, self.constant("axis", [0], np.int64)]
        )
        return self.layer_norm(self.op("Add", [words, positions]), "embeddings.LayerNorm")

    def attention(self, x: str, prefix: str) -> str:
        parts = [f"{prefix}.self.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([self.weights[f"{part}.weight"] for part in parts])
        bias = np.concatenate([self.weights[f"{part}.bias"] for part in parts])
        # The query is divided by sqrt(head width) here, once, instead of in the graph for each text.
        weight[:WIDTH] /= np.sqrt(HEAD_WIDTH)
        bias[:WIDTH] /= np.sqrt(HEAD_WIDTH)
        joined = self.linear(x, f"{prefix}.self.qkv", weight, bias)
        split = self.op("Reshape", [joined, self.constant("qkv_shape", [0, 0, 3, HEADS, HEAD_WIDTH], np.int64)])
        query, key, value = (
            self.op("Gather", [split, self.constant(f"part_{i}", i, np.int64)], axis=2) for i in range(3)
        )
        query = self.op("Transpose", [query], perm=[0, 2, 1, 3])
        key = self.op("Transpose", [key], perm=[0, 2, 3, 1])
        value = self.op("Transpose", [value], perm=[0, 2, 1, 3])
        weights = self.op("Softmax", [self.op("MatMul", [query, key])], axis=-1)
        context = self.op("Transpose", [self.op("MatMul", [weights, value])], perm=[0, 2, 1, 3])
        merged = self.op("Reshape", [context, self.constant("merged_shape", [0, 0, WIDTH], np.int64)])
        projected = self.dense(merged, f"{prefix}.output.dense")
        return self.layer_norm(self.op("Add", [projected, x]), f"{prefix}.output.LayerNorm")

    def layer(self, x: str, prefix: str) -> str:
        attended = self.attention(x, f"{prefix}.attention")
        inner = self.gelu(self.dense(attended, f"{prefix}.intermediate.dense"))
        outer = self.dense(inner, f"{prefix}.output.dense")
        return self.layer_norm(self.op("Add", [outer, attended]), f"{prefix}.output.LayerNorm")

    def layers(self, x: str, numbers: range, branch: str = "") -> str:
        for number in numbers:
            x = self.layer(x, f"{branch}encoder.layer.{number}")
        return x

    def pooled(self, x: str) -> str:
        mean = self.op("ReduceMean", [x], axes=[1], keepdims=0)
        return self.op("Div", [mean, self.op("ReduceL2", [mean], axes=[1], keepdims=1)])

    def output(self, x: str, name: str) -> None:
        self.nodes.append(helper.make_node("Identity", [x], [name], name=name))


def build_encoder(weights: Weights, tuned: Weights | None = None) -> "onnx.ModelProto":
    """The fp32 graph for `weights`, the tensors of model.safetensors by their BERT names.

    `tuned` has the tensors of the layers from `SHARED_LAYERS` on, by the same names, or is left out.
    """
    tensors = {name: value.copy() for name, value in weights.items()}
    tensors |= {_TUNED + name: value.copy() for name, value in (tuned or {}).items()}
    graph = _Graph(tensors)
    shared = graph.layers(graph.embeddings(), range(SHARED_LAYERS))
    upper = range(SHARED_LAYERS, LAYERS)
    embedding = graph.pooled(graph.layers(shared, upper))
    views = [embedding, graph.pooled(shared)]
    if tuned is not None:
        views.append(graph.pooled(graph.layers(shared, upper, _TUNED)))
    graph.output(embedding, "embedding")
    graph.output(graph.op("Concat", views, axis=1), "views")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])],
            [
                helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, WIDTH]),
                helper.make_tensor_value_info("views", TensorProto.FLOAT, [1, WIDTH * len(views)]),
            ],
            [numpy_helper.from_array(value, name) for name, value in graph.constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="tellergraph",
        ir_version=9,
    )
    onnx.checker.check_model(model)
    return model
