"""Training, from a tiny corpus to a model folder that the classifier reads."""

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel

from lurewatch.classify.model import Classifier, softmax
from lurewatch.finding import LURING, Stance
from lurewatch.text.lexicon import load_lexicon
from lurewatch.text.normalise import normalise
from lurewatch.train import evaluate
from lurewatch.train.augment import coded, varied
from lurewatch.train.compact import FILE, load_encoder, save_compact
from lurewatch.train.corpus import Example, clustered, load_corpus, of_split, read_posts, split_of
from lurewatch.train.fit import CHECKPOINT, Recipe, fit, predict
from lurewatch.train.pretrain import Plan, mask, pretrain, reading
from lurewatch.train.run import train

pytestmark = pytest.mark.filterwarnings(
    "ignore"
)  # torch and its exporter warn on their own account
CORPUS = Path(__file__).parents[2] / "models/corpus"
RECIPE = Recipe(epochs=2, batch=8, natural=0)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest real encoder with a tokenizer of its own."""
    folder = tmp_path_factory.mktemp("base")
    pieces = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "<mask>",
        *sorted({c for e in corpus() for c in e.text}),
    ]
    vocabulary = {piece: at for at, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.save(str(folder / "tokenizer.json"))
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=48,
        pad_token_id=1,
    )
    torch.manual_seed(0)
    model: Any = BertModel(config, add_pooling_layer=False)
    model.save_pretrained(folder)
    return folder


def corpus() -> list[Example]:
    return list(read_posts(CORPUS / "c1c2.jsonl"))[:240]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    lines = (CORPUS / "c1c2.jsonl").read_text("utf-8").splitlines()[:240]
    (folder / "c1c2.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "public_labels.jsonl").write_text("")
    return folder


def test_a_stopped_run_goes_on(base: Path, small: Path, tmp_path: Path) -> None:
    said: list[str] = []
    fit(base, small, None, tmp_path, replace(RECIPE, epochs=1), said.append)
    before = (tmp_path / CHECKPOINT).stat().st_mtime_ns
    fit(base, small, None, tmp_path, replace(RECIPE, epochs=1), said.append)
    assert (tmp_path / CHECKPOINT).stat().st_mtime_ns == before


def test_from_corpus_to_model_folder(base: Path, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    figures = train(str(base), small, None, out, tmp_path / "work", RECIPE, lambda line: None)
    assert figures["test"]["posts"] == len(of_split(load_corpus(small, None), "test"))
    assert {path.name for path in out.iterdir()} == {
        "model.int8.onnx",
        "tokenizer.json",
        "thresholds.json",
        "screen.npz",
        "config.json",
        "CARD.md",
    }
    assert "95 % interval" in (out / "CARD.md").read_text("utf-8")
    assert json.loads((out / "thresholds.json").read_text("utf-8"))["flag"] > 0.3
    network = fit(base, small, None, tmp_path / "work", RECIPE, lambda line: None)
    examples = of_split(load_corpus(small, None), "test")
    full, _ = predict(network, base, examples)
    alone = Classifier(out)
    alone.thresholds = replace(alone.thresholds, voices=0.0)
    shipped = alone.predict(evaluate.read_texts(examples))
    quantised = np.array([list(one.stances.values()) for one in shipped])
    assert np.abs(full - quantised).mean() < 0.02


def test_pairs_and_near_duplicates_are_never_split() -> None:
    examples = load_corpus(CORPUS, None)
    by_group: dict[str, set[str]] = {}
    for one in examples:
        by_group.setdefault(one.group, set()).add(split_of(one))
    assert all(len(splits) == 1 for splits in by_group.values())
    text = (("text", None, "同一段话写了两遍，只改了几个字而已，看得出来吗"),)
    twin = (("text", None, "同一段话写了两遍，只改了几个字罢了，看得出来吗"),)
    one, other = clustered(
        [Example(text, Stance.SEEK, (), "a", "1"), Example(twin, Stance.SEEK, (), "b", "2")]
    )
    assert one.group == other.group


def test_the_corpus_is_sound() -> None:
    examples = load_corpus(CORPUS, None)
    assert len(examples) > 3000
    for one in examples:
        assert one.values
        assert bool(one.services) or one.stance not in LURING, one.text


def test_coding_hides_and_the_normaliser_finds() -> None:
    pick, lexicon = random.Random(3), load_lexicon()
    text = "网贷逾期了，催收天天打，想做停息挂账，征信花了"
    hidden = [coded(text, pick) for _ in range(40)]
    assert len(set(hidden)) > 10
    read = [normalise(one, lexicon).plain for one in hidden]
    assert sum(one == text for one in read) > 20
    example = Example(
        (("text", None, text), ("author_bio", None, "简介")), Stance.SEEK, (), "x", "x"
    )
    fields = {tuple(field for field, _, _ in varied(example, pick).values) for _ in range(40)}
    assert fields == {("text",), ("text", "author_bio")}


def test_softmax_sums_to_one() -> None:
    assert softmax(np.array([[1000.0, 0.0], [0.0, 0.0]])).sum() == pytest.approx(2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of public texts as `--data` names one."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "unlabelled").mkdir()
    with gzip.open(folder / "unlabelled" / "news.txt.gz", "wt", encoding="utf-8") as file:
        file.writelines(f"{example.text}今天\n" for example in corpus())
    return folder


def test_an_encoder_in_8_bits_says_nearly_the_same(base: Path, tmp_path: Path) -> None:
    full = load_encoder(base)
    save_compact(full, tmp_path)
    ids = torch.arange(5, 29).view(2, 12)
    with torch.inference_mode():
        before = full(ids).last_hidden_state
        after = load_encoder(tmp_path)(ids).last_hidden_state
    assert torch.nn.functional.cosine_similarity(before, after, dim=-1).min() > 0.999


def test_pretraining_goes_on_and_gives_a_base(
    base: Path, small: Path, data: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    out, work = tmp_path / "encoder", tmp_path / "work"
    plan = Plan(steps=40, batch=8, length=16, rate=5e-3)
    pretrain(str(base), small, data, out, work, plan, said.append)
    first, last = load_encoder(base), load_encoder(out)
    moved = first.get_input_embeddings().weight - last.get_input_embeddings().weight
    assert moved.abs().max() > 0.01
    assert (out / FILE).is_file() and "masked words" in (out / "README.md").read_text("utf-8")
    before = (work / CHECKPOINT).stat().st_mtime_ns
    pretrain(str(base), small, data, out, work, plan, said.append)
    assert (work / CHECKPOINT).stat().st_mtime_ns == before
    fit(out, small, None, tmp_path / "fit", replace(RECIPE, epochs=1), said.append)


def test_posts_kept_apart_are_never_read(small: Path, data: Path) -> None:
    apart = {one.text for one in load_corpus(small, data) if split_of(one) != "train"}
    assert apart and not apart & set(reading(small, data, 1))


def test_masks_hide_a_fifth_and_never_a_sign() -> None:
    torch.manual_seed(0)
    ids = torch.randint(0, 50, (64, 128))
    seen, hidden = mask(ids, torch.arange(4), 4, 50)
    assert 0.17 < hidden[ids >= 4].float().mean() < 0.23
    assert not hidden[ids < 4].any()
    assert (seen == ids)[~hidden].all()
