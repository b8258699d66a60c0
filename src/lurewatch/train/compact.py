"""An encoder in 8 bits: small enough to keep beside the corpus, precise enough to train from."""

from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModel

FILE: Final = "encoder.int8.safetensors"
SCALE: Final = ".scale"
LEVELS: Final = 127


def save_compact(encoder: Any, out: Path) -> None:
    """config.json and FILE in *out*: matrices as whole numbers with one scale a row, the rest in half precision."""
    out.mkdir(parents=True, exist_ok=True)
    encoder.config.save_pretrained(out)
    kept: dict[str, torch.Tensor] = {}
    for name, value in encoder.state_dict().items():
        if value.ndim < 2:
            kept[name] = value.half()
            continue
        scale = value.float().abs().amax(-1, keepdim=True).clamp(min=1e-8) / LEVELS
        kept[name] = (value.float() / scale).round().to(torch.int8).contiguous()
        kept[name + SCALE] = scale.half()
    draft = out / f".{FILE}.draft"
    save_file(kept, draft)
    draft.replace(out / FILE)


def load_encoder(base: str | Path) -> Any:
    """The encoder of a folder that `save_compact` wrote, of a Hugging Face folder, or of a hub's name."""
    config = AutoConfig.from_pretrained(str(base))
    pooler = {} if config.model_type == "roformer" else {"add_pooling_layer": False}
    path = Path(base) / FILE
    if not path.is_file():
        return AutoModel.from_pretrained(str(base), dtype=torch.float32, **pooler)
    build: Any = AutoModel
    encoder = build.from_config(config, **pooler).float().eval()
    kept = load_file(path)
    encoder.load_state_dict(
        {
            name: value.float() * kept[name + SCALE].float() if name + SCALE in kept else value
            for name, value in kept.items()
            if not name.endswith(SCALE)
        }
    )
    return encoder
