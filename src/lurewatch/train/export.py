"""Write the network as int8 ONNX, with everything the classifier needs beside it."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from lurewatch.classify.screen import BUCKETS, Screen, buckets
from lurewatch.train.network import LureNetwork


class _Plain(torch.nn.Module):
    """The network without autocast, for the exporter."""

    def __init__(self, network: LureNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: Any, attention_mask: Any) -> Any:
        return self.network(input_ids, attention_mask)


def export(network: LureNetwork, tokenizer: Tokenizer, out: Path) -> None:
    """model.int8.onnx and tokenizer.json in *out*; weights and embeddings in 8 bits."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        full, bare = Path(scratch) / "full.onnx", Path(scratch) / "bare.onnx"
        ids = torch.ones((2, 16), dtype=torch.long)
        batch, length = torch.export.Dim("batch"), torch.export.Dim("length", min=2, max=512)
        torch.onnx.export(
            _Plain(network).eval(),
            (ids, torch.ones_like(ids)),
            str(full),
            input_names=["input_ids", "attention_mask"],
            output_names=["stance", "services"],
            dynamic_shapes=({0: batch, 1: length}, {0: batch, 1: length}),
            dynamo=True,
            verbose=False,
        )
        model = onnx.load(str(full))
        del model.graph.value_info[:]  # quantisation trips over the exporter's shapes
        onnx.save(model, str(bare))
        quantize_dynamic(
            str(bare),
            str(out / "model.int8.onnx"),
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        )
    tokenizer.save(str(out / "tokenizer.json"))


def fit_screen(texts: list[str], wanted: list[bool]) -> Screen:
    """The first stage, trained to tell what is worth the model's time."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        found = buckets(text)
        rows += [row] * len(found)
        columns += found.tolist()
        values += [1 / np.sqrt(len(found))] * len(found)
    matrix = csr_matrix((values, (rows, columns)), shape=(len(texts), BUCKETS))
    model = LogisticRegression(C=8.0, max_iter=300, class_weight="balanced")
    model.fit(matrix, np.array(wanted))
    return Screen(model.coef_[0].astype(np.float32), float(model.intercept_[0]))
