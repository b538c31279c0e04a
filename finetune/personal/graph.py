"""The tagger's layers as an ONNX graph, written with the onnx package alone.

From ``states`` [words, width] to ``likely`` [words, classes] and ``said`` [words], of one text. Weights are half
floats, which are widened when the graph is loaded.
"""

# The onnx package comes with the finetune extra only.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from core.security.pii.learned.tagger import CLASSES, LIKELY, SAID, STATES, Floats

_OPSET = 17
_IR_VERSION = 8
"""Both are read by every ONNX Runtime that the project allows."""


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, kind: str, inputs: Sequence[str], outputs: Sequence[str] = (), **attributes: Any) -> str:
        """The name of the first output."""
        names = outputs or [f"{kind.lower()}_{len(self.nodes)}"]
        self.nodes.append(helper.make_node(kind, list(inputs), list(names), **attributes))
        return names[0]

    def constant(self, values: "np.ndarray[Any, Any]") -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def weights(self, values: Floats) -> str:
        return self.add("Cast", [self.constant(values.astype(np.float16))], to=TensorProto.FLOAT)

    def convolution(self, states: str, weights: Floats, bias: Floats, reach: int = 1) -> str:
        reaches: dict[str, Any] = {"dilations": [reach], "pads": [reach, reach]} if weights.shape[-1] > 1 else {}
        return self.add("Conv", [states, self.weights(weights), self.weights(bias)], **reaches)


def build_graph(layers: Sequence[tuple[int, Floats, Floats]], out: tuple[Floats, Floats]) -> bytes:
    """``layers``: for each its reach, the weights [width, width, 3] and the bias [width], as torch's Conv1d has them;
    to what a layer read, what it saw is added. ``out``: the weights [classes + 1, width] and the bias of the last."""
    graph = _Graph()
    one_text = graph.constant(np.array([0], np.int64))
    states = graph.add("Unsqueeze", [graph.add("Transpose", [STATES], perm=[1, 0]), one_text])
    for reach, weights, bias in layers:
        seen = graph.add("Relu", [graph.convolution(states, weights, bias, reach)])
        states = graph.add("Add", [states, seen])
    weights, bias = out
    scores = graph.convolution(states, weights[..., None], bias)
    scores = graph.add("Transpose", [graph.add("Squeeze", [scores, one_text])], perm=[1, 0])
    sizes = graph.constant(np.array([len(CLASSES), 1], np.int64))
    graph.add("Split", [scores, sizes], ["of_classes", "of_text"], axis=1)
    graph.add("Softmax", ["of_classes"], [LIKELY], axis=1)
    graph.add("Squeeze", ["of_text", graph.constant(np.array([1], np.int64))], [SAID])
    shapes = {STATES: ["words", weights.shape[1]], LIKELY: ["words", len(CLASSES)], SAID: ["words"]}
    tensors = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()}
    described = helper.make_graph(
        graph.nodes, "tagger", [tensors[STATES]], [tensors[LIKELY], tensors[SAID]], graph.constants
    )
    model = helper.make_model(
        described, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION, producer_name="tellergraph"
    )
    checker.check_model(model)
    return model.SerializeToString()
