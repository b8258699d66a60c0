"""Write the network as int8 ONNX, with everything the classifier needs beside it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from lurewatch.classify.screen import BUCKETS, Screen, buckets
from lurewatch.errors import InputError
from lurewatch.finding import Stance
from lurewatch.train.corpus import Example
from lurewatch.train.evaluate import read_texts
from lurewatch.train.network import STANCES, LureNetwork

EVERYDAY: Final = 3000  # lines of anything beside the posts, for telling voices
UNHEARD: Final = -6.0  # log-odds of a stance that a corpus lacks
PREFIX: Final = "network."  # of what the exporter's wrapper holds


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


def weights_of(start: Path) -> dict[str, torch.Tensor]:
    """
    The network's weights from a checkpoint, or from the folder of a shipped model: 8 bits are enough to go on from.

    Raises InputError naming *start* when it is neither.
    """
    try:
        if start.is_dir():
            return opened(onnx.load(str(start / "model.int8.onnx")))
        kept = torch.load(start, weights_only=True, map_location="cpu")
        return dict(kept["states"][0])
    except Exception as error:  # each of the libraries has errors of its own
        raise InputError(
            f"--start {start}: no weights to begin with ({type(error).__name__}: {error}); name a"
            " checkpoint.pt that `lurewatch train` keeps, or a folder with a model.int8.onnx"
        ) from None


def opened(model: onnx.ModelProto) -> dict[str, torch.Tensor]:
    """
    The state of the network that `export` wrote as *model*.

    The exporter keeps the names of biases, norms and embeddings; a matrix has none, and is known by
    the bias that is added to its product.
    """
    held = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    made = {name: node for node in model.graph.node for name in node.output}
    state = {}
    for name, value in held.items():
        if name.startswith(PREFIX) and value.dtype == np.float32 and not name.endswith("_scale"):
            state[name] = value
        elif name.startswith(PREFIX) and name.endswith("embeddings.weight_quantized"):
            bare = name.removesuffix("_quantized")
            state[bare] = widened(value, held[f"{bare}_scale"], held[f"{bare}_zero_point"])
    for node in model.graph.node:
        bias = next((one for one in node.input if one.endswith(".bias")), None)
        if node.op_type != "Add" or bias is None:
            continue
        product = made[next(one for one in node.input if one != bias)]
        while product.op_type != "MatMulInteger":  # through the casts and scales of 8 bits
            product = made[product.input[0]]
        stem = product.input[1].removesuffix("_quantized")
        matrix = widened(held[product.input[1]], held[f"{stem}_scale"], held[f"{stem}_zero_point"])
        state[bias.removesuffix("bias") + "weight"] = matrix.T
    return {
        name.removeprefix(PREFIX): torch.from_numpy(np.array(value))
        for name, value in state.items()
    }


def widened(values: np.ndarray, scale: np.ndarray, zero: np.ndarray) -> np.ndarray:
    """Whole numbers as what they stand for."""
    return np.asarray((values.astype(np.float32) - zero.astype(np.float32)) * scale)


def fit_screen(posts: Sequence[Example], lines: Sequence[Example]) -> Screen:
    """
    The n-grams' two models, of labelled *posts* and of *lines* that are no lures.

    The sieve learns from all lines what nobody need read; who speaks, it learns from the posts and
    as many lines as keep it from taking everyday talk for one of the field's voices.
    """
    from sklearn.linear_model import LogisticRegression

    matrix = counts_of(read_texts([*posts, *lines]))
    lures = np.array([one.lure for one in posts] + [False] * len(lines))
    sieve = LogisticRegression(C=8.0, max_iter=300, class_weight="balanced").fit(matrix, lures)
    spoken = {at: one.stance for at, one in enumerate(posts) if one.stance}
    step = max(1, len(lines) // EVERYDAY)
    spoken |= dict.fromkeys(range(len(posts), len(posts) + len(lines), step), Stance.OTHER)
    wanted = [STANCES.index(stance) for stance in spoken.values()]
    voices = LogisticRegression(C=16.0, max_iter=150).fit(matrix[list(spoken)], wanted)
    weights = np.zeros((BUCKETS, len(STANCES)), np.float32)
    leaning = np.full(len(STANCES), UNHEARD)
    weights[:, voices.classes_], leaning[voices.classes_] = voices.coef_.T, voices.intercept_
    return Screen(sieve.coef_[0].astype(np.float32), float(sieve.intercept_[0]), weights, leaning)


def counts_of(texts: Sequence[str]) -> Any:
    """The n-grams of each text as a sparse matrix, (texts, BUCKETS), rows of length one."""
    from scipy.sparse import csr_matrix

    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        found = buckets(text)
        rows += [row] * len(found)
        columns += found.tolist()
        values += [1 / np.sqrt(len(found))] * len(found)
    return csr_matrix((values, (rows, columns)), shape=(len(texts), BUCKETS))
