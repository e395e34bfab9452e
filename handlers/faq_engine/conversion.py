"""Conversion of the published weights into a small ONNX graph of eight-bit numbers, without PyTorch.

Needs the packages of the ``semantic`` extra. The graph takes the tokens of one text, or of a few one after
the other, and gives a vector of each, so it has no padding.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from handlers.faq_engine.model_files import ModelFilesError

Tensors = dict[str, NDArray[np.float32]]

# The shape of all-MiniLM-L6-v2, a BERT of six layers.
WIDTH = 384
HEADS = 12
LAYERS = 6
_EPSILON = 1e-12
_OPSET = 20
_IR_VERSION = 9


def convert(weights: Path, to: Path) -> None:
    """Write the graph of a file of weights.

    Weights are quantised per channel, to seven bits: with eight, processors without VNNI instructions
    overflow and answer differently.

    :raises ModelFilesError: when the file holds other weights.
    """
    try:
        graph = _Graph(_tensors(weights)).built()
    except (KeyError, ValueError) as error:
        raise ModelFilesError(f"{weights} does not hold the weights that are expected ({error})") from error
    with tempfile.TemporaryDirectory(dir=to.parent) as folder:
        whole = Path(folder) / "whole.onnx"
        onnx.save(graph, whole)
        quantize_dynamic(
            whole,
            to,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )


def _tensors(path: Path) -> Tensors:
    """The tensors of a safetensors file: the length of a JSON header, the header, then the numbers."""
    held = path.read_bytes()
    begin = 8 + int.from_bytes(held[:8], "little")
    header = json.loads(held[8:begin])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(
            held[begin + one["data_offsets"][0] : begin + one["data_offsets"][1]], "<f4"
        ).reshape(one["shape"])
        for name, one in header.items()
        if one["dtype"] == "F32"
    }


class _Graph:
    """The graph under construction."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def built(self) -> onnx.ModelProto:
        self._constant("last", np.array([-1], np.int64))
        self._constant("heads", np.array([0, HEADS, WIDTH // HEADS], np.int64))
        self._constant("joined", np.array([0, WIDTH], np.int64))
        self._constant("thirds", np.array([WIDTH] * 3, np.int64))
        vectors = self._embedded()
        for layer in range(LAYERS):
            vectors = self._layer(vectors, f"encoder.layer.{layer}.")
        middles = self._node("MatMul", "shares", vectors)
        self._node("Div", middles, self._node("ReduceL2", middles, "last", keepdims=1), name="vectors")
        graph = helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [
                helper.make_tensor_value_info("tokens", TensorProto.INT64, ["length"]),
                # Where in its text each token stands.
                helper.make_tensor_value_info("places", TensorProto.INT64, ["length"]),
                # What each token has of each text: one by its length, or nothing.
                helper.make_tensor_value_info("shares", TensorProto.FLOAT, ["texts", "length"]),
                # Nothing between the tokens of a text, and less than all else between those of two.
                helper.make_tensor_value_info("walls", TensorProto.FLOAT, ["length", "length"]),
            ],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", WIDTH])],
            self._constants,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
        )
        # There is nothing left to prepare; without this the quantiser warns that nobody has.
        helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
        onnx.checker.check_model(model)
        return model

    def _embedded(self) -> str:
        held, prefix = self._tensors, "embeddings."
        meanings = self._node("Gather", self._held(prefix + "word_embeddings.weight"), "tokens")
        places = (
            held[prefix + "position_embeddings.weight"] + held[prefix + "token_type_embeddings.weight"][0]
        )
        self._constant("each place", places)
        here = self._node("Gather", "each place", "places")
        return self._normalised(self._node("Add", meanings, here), prefix + "LayerNorm")

    def _layer(self, vectors: str, prefix: str) -> str:
        attended = self._attention(vectors, prefix + "attention.self.")
        attended = self._linear(attended, prefix + "attention.output.dense")
        vectors = self._normalised(
            self._node("Add", attended, vectors), prefix + "attention.output.LayerNorm"
        )
        wide = self._node("Gelu", self._levelled(vectors, prefix + "intermediate.dense"))
        narrow = self._levelled(wide, prefix + "output.dense")
        return self._normalised(self._node("Add", narrow, vectors), prefix + "output.LayerNorm")

    def _attention(self, vectors: str, prefix: str) -> str:
        """All heads at once; the queries' weights hold the division by the root of a head's width."""
        shrink = {"query": (WIDTH // HEADS) ** -0.5, "key": 1.0, "value": 1.0}
        weight, bias = (
            np.concatenate([self._tensors[f"{prefix}{part}.{kind}"] * by for part, by in shrink.items()])
            for kind in ("weight", "bias")
        )
        self._constant(prefix + "weight", weight.T.astype(np.float32))
        self._constant(prefix + "bias", bias.astype(np.float32))
        parts = [f"{prefix}{part}" for part in shrink]
        sums = self._node("Add", self._node("MatMul", vectors, prefix + "weight"), prefix + "bias")
        self._nodes.append(helper.make_node("Split", [sums, "thirds"], parts, axis=-1))
        queries, keys, values = (
            self._node("Transpose", self._node("Reshape", part, "heads"), perm=order)
            for part, order in zip(parts, ([1, 0, 2], [1, 2, 0], [1, 0, 2]), strict=True)
        )
        likeness = self._node("Add", self._node("MatMul", queries, keys), "walls")
        looks = self._node("Softmax", likeness, axis=-1)
        seen = self._node("Transpose", self._node("MatMul", looks, values), perm=[1, 0, 2])
        return self._node("Reshape", seen, "joined")

    def _linear(self, vectors: str, prefix: str) -> str:
        return self._node("Add", self._weighed(vectors, prefix), self._held(prefix + ".bias"))

    def _levelled(self, vectors: str, prefix: str) -> str:
        """As ``_linear``, with each word's vector brought to the same height and back. All words share one
        scale when they are quantised, and the few loud ones here would drown the others."""
        heights = self._node("ReduceMax", self._node("Abs", vectors), "last", keepdims=1)
        level = self._weighed(self._node("Div", vectors, heights), prefix)
        return self._node("Add", self._node("Mul", level, heights), self._held(prefix + ".bias"))

    def _weighed(self, vectors: str, prefix: str) -> str:
        return self._node("MatMul", vectors, self._constant(prefix, self._tensors[prefix + ".weight"].T))

    def _normalised(self, vectors: str, prefix: str) -> str:
        scale, shift = self._held(prefix + ".weight"), self._held(prefix + ".bias")
        return self._node("LayerNormalization", vectors, scale, shift, axis=-1, epsilon=_EPSILON)

    def _held(self, name: str) -> str:
        return self._constant(name, self._tensors[name])

    def _constant(self, name: str, value: NDArray[np.generic]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _node(self, kind: str, *inputs: str, name: str = "", **settings: object) -> str:
        made = name or f"{kind}.{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [made], name=made, **settings))
        return made
