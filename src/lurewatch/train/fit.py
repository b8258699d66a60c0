"""Train the network: resumable at each epoch, the same result from the same seed, within noise."""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy

from lurewatch.classify.encode import model_text
from lurewatch.errors import InputError
from lurewatch.text.lexicon import Lexicon, load_lexicon
from lurewatch.text.normalise import normalise
from lurewatch.train.augment import varied
from lurewatch.train.corpus import Example, load_corpus, natural_lines, of_split
from lurewatch.train.export import weights_of
from lurewatch.train.network import SERVICES, STANCES, LureNetwork, loss_of

LENGTH: Final = 160  # tokens
CHECKPOINT: Final = "checkpoint.pt"
EASY: Final = 0.3  # chance that a post the network knows is shown again
WARM: Final = 0.08  # of the whole way


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the shipped model is trained."""

    epochs: int = 6
    batch: int = 32
    rate: float = 1.8e-4  # of the top layer
    deeper: float = 0.85  # share of the rate that each layer below gets
    head_rate: float = 2e-3  # the heads start from nothing
    push: float = 0.5  # how far word vectors move the way that hurts most; 0: not at all
    seed: int = 7
    natural: int = 500  # lines of public text an epoch, when there is a data folder


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example as numbers."""

    ids: list[int]
    stance: int  # -1: only known not to be a lure
    services: list[float]
    number: int = -1  # its place among the examples; -1: a natural line


def encode(example: Example, tokenizer: Tokenizer, lexicon: Lexicon, number: int = -1) -> Encoded:
    """The plain view of an example, cut to LENGTH tokens, and its labels."""
    bundle = [(field, index, normalise(text, lexicon)) for field, index, text in example.values]
    ids = tokenizer.encode(model_text(bundle)).ids
    if len(ids) > LENGTH:
        ids = ids[: LENGTH - 33] + ids[-33:]
    return Encoded(
        ids=ids,
        stance=STANCES.index(example.stance) if example.stance else -1,
        services=[float(service in example.services) for service in SERVICES],
        number=number,
    )


def worth_another_look(losses: np.ndarray, pick: random.Random) -> list[int]:
    """
    The numbers of the examples that the next epoch shows: what was hard when last seen, and some of the rest.

    Half of an epoch is spent on posts the network has long known; *losses* are the last ones, and
    an example that was never seen (infinite) always is.
    """
    middle = float(np.median(losses))
    return [
        number
        for number, loss in enumerate(losses.tolist())
        if loss >= middle or pick.random() < EASY
    ]


def share_of(progress: float) -> float:
    """
    The share of the full learning rate: up in the first WARM of the way, then down in a line.

        >>> [share_of(at) for at in (0.0, WARM, 1.0)]
        [0.0, 1.0, 0.0]
    """
    return progress / WARM if progress < WARM else (1 - progress) / (1 - WARM)


def fast_type(device: str) -> torch.dtype:
    """What the device multiplies fastest: a processor without bfloat16 takes it 20 times as slowly."""
    if device == "cuda":
        return torch.bfloat16
    return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32


def batches(examples: list[Encoded], size: int, pick: random.Random) -> Iterator[list[Encoded]]:
    """Batches of about the same length, in random order."""
    near = sorted(examples, key=lambda one: len(one.ids) + pick.random() * 12)
    cut = [near[at : at + size] for at in range(0, len(near), size)]
    pick.shuffle(cut)
    return iter(cut)


def tokenizer_of(base: str | Path) -> Tokenizer:
    """The tokenizer of a base: a folder's file, else a hub's. Raises InputError where there is none."""
    path = Path(base) / "tokenizer.json"
    try:
        return (
            Tokenizer.from_file(str(path))
            if path.is_file()
            else Tokenizer.from_pretrained(str(base))
        )
    except Exception as error:  # the library raises a bare one
        raise InputError(
            f"{base} has no tokenizer.json that can be read ({error}): give --base a folder that `lurewatch pretrain` wrote, or a hub's model name"
        ) from None


def pad_of(tokenizer: Tokenizer) -> int:
    """The id that fills short rows: RoBERTa's way of writing it, or BERT's."""
    return next(
        found
        for found in (tokenizer.token_to_id("<pad>"), tokenizer.token_to_id("[PAD]"), 0)
        if found is not None
    )


def tensors(batch: list[Encoded], pad: int) -> tuple[torch.Tensor, ...]:
    """Ids, mask, stances, services."""
    longest = max(len(one.ids) for one in batch)
    ids = torch.full((len(batch), longest), pad)
    mask = torch.zeros((len(batch), longest), dtype=torch.long)
    for row, one in enumerate(batch):
        ids[row, : len(one.ids)] = torch.tensor(one.ids)
        mask[row, : len(one.ids)] = 1
    return (
        ids,
        mask,
        torch.tensor([one.stance for one in batch]),
        torch.tensor([one.services for one in batch]),
    )


def stance_weights(examples: list[Example]) -> torch.Tensor:
    """Rarer stances weigh more, by the square root of how rare they are."""
    counts = np.ones(len(STANCES))
    for example in examples:
        if example.stance:
            counts[STANCES.index(example.stance)] += 1
    weights = np.sqrt(counts.mean() / counts).clip(0.5, 3)
    return torch.tensor(weights / weights.mean(), dtype=torch.float32)


def rates(network: LureNetwork, recipe: Recipe) -> list[dict[str, Any]]:
    """The parameters in groups of one learning rate: heads, layers from the top, word vectors."""
    encoder: Any = network.encoder
    layers: int = encoder.config.num_hidden_layers
    groups: dict[float, list[torch.nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        below = layers
        if found := re.search(r"\.layer\.(\d+)\.", name):
            below = layers - 1 - int(found[1])
        inside = name.startswith("encoder.")
        rate = recipe.rate * recipe.deeper**below if inside else recipe.head_rate
        groups.setdefault(rate, []).append(parameter)
    return [{"params": some, "lr": rate} for rate, some in groups.items()]


@contextmanager
def pushed(network: LureNetwork, length: float) -> Iterator[None]:
    """
    The network with its word vectors moved *length* in the direction that hurts most (FGM).

    After Miyato et al., Adversarial Training Methods for Semi-Supervised Text Classification (2017).
    """
    encoder: Any = network.encoder
    words = encoder.get_input_embeddings().weight
    kept = words.detach().clone()
    with torch.no_grad():
        words.add_(words.grad * (length / (words.grad.norm() + 1e-8)))
    try:
        yield
    finally:
        with torch.no_grad():
            words.copy_(kept)


def fit(
    base: str | Path,
    corpus: Path,
    data: Path | None,
    out: Path,
    recipe: Recipe,
    say: Callable[[str], None],
    start: Path | None = None,
) -> LureNetwork:
    """
    The trained network; *out* holds a checkpoint from which a stopped run goes on.

    *start* names an earlier run's checkpoint, or the folder of a shipped model, whose weights this one
    begins with. Uses a GPU where there is one. With the same recipe, corpus and data the scores repeat.
    """
    torch.manual_seed(recipe.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = fast_type(device)
    examples = of_split(load_corpus(corpus, data), "train")
    tokenizer = tokenizer_of(base)
    lexicon, pad = load_lexicon(), pad_of(tokenizer)
    network = LureNetwork.from_base(base).to(device)
    if start:
        network.load_state_dict(weights_of(start))
    optimiser = torch.optim.AdamW(rates(network, recipe), weight_decay=0.01, fused=True)
    full = [group["lr"] for group in optimiser.param_groups]
    weight = stance_weights(examples).to(device)
    same = made_of(recipe, base, (example.text for example in examples))
    losses = Losses(len(examples))

    def look(batch: list[Encoded]) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss of a batch, and its stance logits."""
        ids, mask, wanted, offered = (part.to(device) for part in tensors(batch, pad))
        with torch.autocast(device, dtype=kind, enabled=kind is not torch.float32):
            stance, services = network(ids, mask)
        stance = stance.float()
        return loss_of(stance, services.float(), wanted, offered, weight), stance.detach()

    done = restore(out, same, network, optimiser, losses)
    for epoch in range(done, recipe.epochs):
        pick = random.Random(recipe.seed * 1000 + epoch)  # a shuffle, not a secret
        shown = worth_another_look(losses.last, pick)
        encoded = [encode(varied(examples[at], pick), tokenizer, lexicon, at) for at in shown]
        if data:
            lines = natural_lines(data, pick.randrange(1 << 30), recipe.natural)
            encoded += [encode(line, tokenizer, lexicon) for line in lines]
        network.train()
        total, count = 0.0, 0
        for batch in batches(encoded, recipe.batch, pick):
            for group, rate in zip(optimiser.param_groups, full, strict=True):
                group["lr"] = rate * share_of((epoch + count / len(encoded)) / recipe.epochs)
            optimiser.zero_grad()
            loss, seen = look(batch)
            losses.note(batch, seen)
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it so
            if recipe.push and epoch:
                with pushed(network, recipe.push):
                    look(batch)[0].backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            total, count = total + loss.item() * len(batch), count + len(batch)
            if count % (recipe.batch * 50) < recipe.batch:
                say(
                    f"epoch {epoch + 1}/{recipe.epochs}: {count}/{len(encoded)}, {total / count:.3f}"
                )
        keep(out, same, epoch + 1, network, optimiser, losses)
    return network.to("cpu").eval()


class Losses:
    """How hard each example was when it was last seen; kept with a checkpoint."""

    def __init__(self, count: int) -> None:
        self.last = np.full(count, np.inf, np.float32)

    def note(self, batch: list[Encoded], stance: torch.Tensor) -> None:
        """Remember the stance losses of a batch from its logits; what has no number is a natural line."""
        wanted = torch.tensor([max(0, one.stance) for one in batch], device=stance.device)
        each = cross_entropy(stance, wanted, reduction="none").tolist()
        for one, loss in zip(batch, each, strict=True):
            if one.number >= 0:
                self.last[one.number] = loss

    def state_dict(self) -> dict[str, torch.Tensor]:
        """As torch keeps it."""
        return {"last": torch.from_numpy(self.last)}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """As it was kept."""
        self.last = state["last"].numpy()


def keep(out: Path, same: dict[str, Any], done: int, *parts: Any) -> None:
    """Write a checkpoint, all of it or nothing."""
    out.mkdir(parents=True, exist_ok=True)
    draft = out / f"{CHECKPOINT}.draft"
    states = [part.state_dict() for part in parts]
    torch.save({"made_of": same, "done": done, "states": states}, draft)
    draft.replace(out / CHECKPOINT)


def restore(out: Path, same: dict[str, Any], *parts: Any) -> int:
    """What a stopped run made of the same things has done (epochs, steps); its state is put in place."""
    path = out / CHECKPOINT
    if not path.exists():
        return 0
    kept = torch.load(path, weights_only=True, map_location="cpu")
    if kept.get("made_of") != same:
        return 0
    for part, state in zip(parts, kept["states"], strict=True):
        part.load_state_dict(state)
    return int(kept["done"])


def made_of(recipe: Any, base: str | Path, texts: Iterable[str]) -> dict[str, Any]:
    """What a checkpoint must share with a run that goes on from it: recipe, base and texts."""
    seen = sha256()
    for path in sorted(Path(base).glob("*.safetensors")):
        seen.update(path.read_bytes())
    for text in texts:
        seen.update(text.encode("utf-8", "surrogatepass"))
    return asdict(recipe) | {"base": str(base), "content": seen.hexdigest()}


def predict(
    network: LureNetwork, base: str | Path, examples: list[Example]
) -> tuple[np.ndarray, np.ndarray]:
    """Stance probabilities (n, 10) and service probabilities (n, 10), fp32."""
    tokenizer, lexicon = tokenizer_of(base), load_lexicon()
    encoded = [encode(example, tokenizer, lexicon) for example in examples]
    order = sorted(range(len(encoded)), key=lambda at: len(encoded[at].ids))
    stances = np.zeros((len(encoded), len(STANCES)))
    services = np.zeros((len(encoded), len(SERVICES)))
    pad = pad_of(tokenizer)
    with torch.inference_mode():
        for at in range(0, len(order), 32):
            some = order[at : at + 32]
            ids, mask, _, _ = tensors([encoded[one] for one in some], pad)
            stance, service = network(ids, mask)
            stances[some] = stance.softmax(-1).numpy()
            services[some] = service.sigmoid().numpy()
    return stances, services


def write_json(path: Path, value: object) -> None:
    """Readable JSON, replaced as a whole."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")
    draft.replace(path)
