"""
Posts a second of `lurewatch classify` beside `transformers.pipeline` on the same weights in fp32.

Natural texts, of which few speak of debts: a file with one text a line (`bench/classify.py FILE`), else
the innocent posts of the corpus. The pipeline is given raw texts and its best batch size of several. Needs
the training packages.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

MODEL, BASE, CORPUS = Path("models/lure-bert-zh"), Path("models/encoder-zh"), Path("models/corpus")
MOST, PEER = 4000, 400  # texts for us; for the pipeline, which takes long


def texts() -> list[str]:
    """What is judged."""
    if len(sys.argv) > 1:
        lines = Path(sys.argv[1]).read_text("utf-8").splitlines()
        return [line for line in lines if line.strip()][:MOST]
    rows = [
        json.loads(line)
        for path in sorted(CORPUS.glob("*.jsonl"))
        if path.name != "public_labels.jsonl"
        for line in path.read_text("utf-8").splitlines()
    ]
    return [row["text"] for row in rows if row["stance"] == "OTHER" and row.get("text")][:MOST]


def rate(count: int, work: Callable[[], object]) -> float:
    """Texts a second."""
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def pipeline() -> Callable[[list[str], int], object]:
    """The same network as transformers runs it."""
    import torch
    from transformers import BertConfig, BertPreTrainedModel, PreTrainedTokenizerFast
    from transformers import pipeline as build
    from transformers.modeling_outputs import SequenceClassifierOutput
    from transformers.utils import logging

    from lurewatch.train.export import weights_of
    from lurewatch.train.network import STANCES, LureNetwork

    logging.set_verbosity(logging.CRITICAL)  # its error lists every model that it knows
    network = LureNetwork.from_base(BASE)
    network.load_state_dict(weights_of(MODEL))

    class Peer(BertPreTrainedModel):  # a head that averages tokens, as ours does
        def __init__(self) -> None:
            config = BertConfig.from_pretrained(BASE, num_labels=len(STANCES))
            super().__init__(config)
            self.network = network
            self.post_init()

        def forward(self, input_ids, attention_mask, **_):  # type: ignore[no-untyped-def]
            return SequenceClassifierOutput(logits=self.network(input_ids, attention_mask)[0])

    peer = Peer()
    peer.network.load_state_dict(weights_of(MODEL))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(MODEL / "tokenizer.json"), pad_token="<pad>", model_max_length=160
    )
    torch.set_num_threads(os.cpu_count() or 1)
    run = build("text-classification", model=peer.eval(), tokenizer=tokenizer, device="cpu")
    return lambda some, batch: run(some, batch_size=batch, truncation=True)


def main() -> None:
    """Print rates, ratios and peak memory."""
    from lurewatch.config import read_settings
    from lurewatch.detect import Detector
    from lurewatch.post import Post

    judged = texts()
    posts = [Post("", str(number), "", text) for number, text in enumerate(judged)]
    began = time.perf_counter()
    detector = Detector.load(read_settings())
    detector.judge(posts[:1], screen=False)
    print(
        f"start-up {time.perf_counter() - began:.2f} s, {len(posts)} texts, {sum(map(len, judged)) / len(posts):.0f} characters each"
    )
    ours = rate(len(posts), lambda: detector.judge(posts))
    whole = rate(len(posts), lambda: detector.judge(posts, screen=False))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"lurewatch: {ours:,.0f} posts/s, --no-screen {whole:,.0f} posts/s, peak {memory:.0f} MiB"
    )
    if not find_spec("torch"):
        print("the peer needs: pip install torch==2.13.0 '.[train]'")
        return
    run, some = pipeline(), judged[:: max(1, len(judged) // PEER)]
    rates = {batch: rate(len(some), lambda batch=batch: run(some, batch)) for batch in (1, 8, 32)}  # type: ignore[misc]
    batch, peer = max(rates.items(), key=lambda one: one[1])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"transformers.pipeline, fp32, batch {batch}: {peer:,.0f} posts/s, peak {memory:.0f} MiB")
    print(f"ratio {ours / peer:.1f}, --no-screen {whole / peer:.1f}")


if __name__ == "__main__":
    main()
