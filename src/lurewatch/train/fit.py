"""Train the network: resumable at each epoch, the same result from the same seed, within noise."""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer

from lurewatch.classify.encode import model_text
from lurewatch.errors import InputError
from lurewatch.text.lexicon import Lexicon, load_lexicon
from lurewatch.text.normalise import normalise
from lurewatch.train.augment import varied
from lurewatch.train.corpus import Example, load_corpus, natural_lines, of_split
from lurewatch.train.network import SERVICES, STANCES, LureNetwork, loss_of

LENGTH: Final = 160  # tokens
CHECKPOINT: Final = "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the shipped model is trained."""

    epochs: int = 8
    batch: int = 32
    rate: float = 1e-4  # from 3e-4 it does not converge
    head_rate: float = 3e-3  # the heads start from nothing
    seed: int = 7
    natural: int = 500  # lines of public text an epoch, when there is a data folder


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example as numbers."""

    ids: list[int]
    stance: int  # -1: only known not to be a lure
    services: list[float]


def encode(example: Example, tokenizer: Tokenizer, lexicon: Lexicon) -> Encoded:
    """The plain view of an example, cut to LENGTH tokens, and its labels."""
    bundle = [(field, index, normalise(text, lexicon)) for field, index, text in example.values]
    ids = tokenizer.encode(model_text(bundle)).ids
    if len(ids) > LENGTH:
        ids = ids[: LENGTH - 33] + ids[-33:]
    return Encoded(
        ids=ids,
        stance=STANCES.index(example.stance) if example.stance else -1,
        services=[float(service in example.services) for service in SERVICES],
    )


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

    *start* names the checkpoint of an earlier run whose weights this one begins with. Uses a GPU
    where there is one. With the same recipe, corpus and data the scores repeat.
    """
    torch.manual_seed(recipe.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    examples = of_split(load_corpus(corpus, data), "train")
    tokenizer = tokenizer_of(base)
    lexicon, pad = load_lexicon(), pad_of(tokenizer)
    network = LureNetwork.from_base(base).to(device)
    if start:
        network.load_state_dict(
            torch.load(start, weights_only=True, map_location="cpu")["states"][0]
        )
    per_epoch = len(examples) + (recipe.natural if data else 0)
    steps = recipe.epochs * -(-per_epoch // recipe.batch)
    heads = [*network.stance.parameters(), *network.services.parameters()]
    optimiser = torch.optim.AdamW(
        [
            {"params": list(network.encoder.parameters()), "lr": recipe.rate},
            {"params": heads, "lr": recipe.head_rate},
        ],
        weight_decay=0.01,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        [recipe.rate, recipe.head_rate],
        total_steps=steps + 8,
        pct_start=0.08,
        anneal_strategy="linear",
    )
    weight = stance_weights(examples).to(device)
    same = made_of(recipe, base, (example.text for example in examples))
    done = restore(out, same, network, optimiser, schedule)
    for epoch in range(done, recipe.epochs):
        pick = random.Random(recipe.seed * 1000 + epoch)  # a shuffle, not a secret
        seen = [varied(example, pick) for example in examples]
        if data:
            seen += natural_lines(data, pick.randrange(1 << 30), recipe.natural)
        encoded = [encode(example, tokenizer, lexicon) for example in seen]
        network.train()
        total, count = 0.0, 0
        for batch in batches(encoded, recipe.batch, pick):
            ids, mask, wanted, offered = (part.to(device) for part in tensors(batch, pad))
            with torch.autocast(device, dtype=torch.bfloat16):
                stance, services = network(ids, mask)
            loss = loss_of(stance.float(), services.float(), wanted, offered, weight)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it so
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total, count = total + float(loss) * len(batch), count + len(batch)
            if count % (recipe.batch * 50) < recipe.batch:
                say(
                    f"epoch {epoch + 1}/{recipe.epochs}: {count}/{len(encoded)}, {total / count:.3f}"
                )
        keep(out, same, epoch + 1, network, optimiser, schedule)
    return network.to("cpu").eval()


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
