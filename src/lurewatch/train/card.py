"""Write the model card from the figures that were measured."""

from datetime import date
from typing import Any

from lurewatch.classify.model import Thresholds


def card(figures: dict[str, Any], limits: Thresholds, facts: dict[str, Any], today: date) -> str:
    """CARD.md."""
    test = figures["test"]
    protected = "\n".join(
        f"| {stance} | {row['posts']} | {row['flagged']} | {row['upper_95']:.1%} |"
        for stance, row in test["false_flags"].items()
    )
    return f"""# lure-bert-zh {limits.version}

Says of a public Chinese post whether it solicits for an illegal debt intermediary: one of ten
stances, any of ten services, and a calibrated score. Written by `lurewatch train` on
{today.isoformat()}; every figure below was measured by that command.

## Made from

- Encoder: {facts["base"]} (multilingual-e5-small, MIT licence, cut to Chinese; 12 layers, 384
  wide), fine-tuned with two heads; exported to ONNX and quantised to 8 bits.
- Corpus: {facts["train"]} posts to train on, {facts["dev"]} to choose thresholds, {facts["test"]}
  to test, split by pair and near-duplicate cluster, never at random. Of the training posts
  {facts["public"]} are public texts of which only hashes and labels are kept; {facts["natural"]}
  unlabelled public lines an epoch are shown as "no lure".
- Recipe: {facts["recipe"]}. Lexicon {facts["lexicon"]}. torch {facts["torch"]}.

## On posts kept apart (int8, as shipped)

| | value | 95 % interval |
|---|---|---|
| precision of a flag | {test["precision"]:.3f} | {_interval(test["precision_95"])} |
| recall | {test["recall"]:.3f} | {_interval(test["recall_95"])} |
| F1 | {test["f1"]:.3f} | |
| stance, macro F1 | {test["stance_macro_f1"]:.3f} | |
| services of lures, micro F1 | {test["services_micro_f1"]:.3f} | |

{test["posts"]} posts, {test["lures"]} of them lures. The wrong flags, by what the post really is:

| stance | posts | flagged | 95 % upper bound |
|---|---|---|---|
{protected}

{_slices("Family", test["families"])}
{_slices("Length in characters", test["lengths"])}
{_slices("Coding", test["coding"])}
{_slices("Device undone", test["devices"])}
{_services(test["services"])}
Lures and posts like them that are none, in one group: in {test["pairs"]["right"]} of
{test["pairs"]["groups"]} groups every flag is right ({_interval(test["pairs"]["right_95"])}).

| on the same posts | precision | recall | F1 |
|---|---|---|---|
| this model | {test["precision"]:.3f} | {test["recall"]:.3f} | {test["f1"]:.3f} |
{_baselines(figures["baselines"])}

Natural public lines that are no lures: {figures["natural"]["flagged"]} of
{figures["natural"]["lines"]} flagged.

## On posts of other hands

{_apart(figures["apart"])}
## What a score means

Expected calibration error {test["calibration"]["ece"]:.3f}, over ten bins of the posts kept apart:

| said | were lures | | posts |
|---|---|---|---|
{_bins(test["calibration"]["bins"])}

## Thresholds

Flagged: score ≥ {limits.flag}, likeliest stance SOLICIT or RECRUIT, probability of the protected
stances ≤ {limits.protected}, and a service. First stage: dropped {figures["screen"]["dropped"]:.1%}
of natural lines and kept {figures["screen"]["kept"]:.2%} of what the model flags.

## Limits

Most test posts come from the same hands as the training posts; the posts of other hands say more of
what a new post will meet, and real posts are harder still. Posts whose offer stands only in a picture
need its text read first. What is flagged is for a person to look at, and for nothing else.
"""


def _apart(found: dict[str, Any]) -> str:
    """The table of the posts by hands that have seen no post of the corpus."""
    if not found["posts"]:
        return "None were there to measure on.\n"
    wrong = ", ".join(
        f"{stance} {row['flagged']}/{row['posts']}" for stance, row in found["false_flags"].items()
    )
    return f"""{found["posts"]} posts in pairs, a lure and a post like it that is none, by hands that have seen no
post of the corpus; nothing was chosen by them.

| | value | 95 % interval |
|---|---|---|
| precision of a flag | {found["precision"]:.3f} | {_interval(found["precision_95"])} |
| recall | {found["recall"]:.3f} | {_interval(found["recall_95"])} |
| F1 | {found["f1"]:.3f} | |
| pairs with every flag right | {found["pairs"]["right"] / max(1, found["pairs"]["groups"]):.3f} | {_interval(found["pairs"]["right_95"])} |
| stance, macro F1 | {found["stance_macro_f1"]:.3f} | |
| services of lures, micro F1 | {found["services_micro_f1"]:.3f} | |

Wrong flags by what the post really is: {wrong}.

{_slices("Hand", found["families"])}{_slices("Coding", found["coding"])}"""


def _interval(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:.3f}–{bounds[1]:.3f}"


def _slices(title: str, rows: dict[str, Any]) -> str:
    lines = [f"| {title} | posts | lures | precision | recall |", "|---|---|---|---|---|"]
    for name, row in rows.items():
        precision = f"{row['precision']:.3f}" if row["lures"] else "–"
        recall = f"{row['recall']:.3f}" if row["lures"] else "–"
        lines.append(f"| {name} | {row['posts']} | {row['lures']} | {precision} | {recall} |")
    return "\n".join(lines) + "\n"


def _services(rows: dict[str, Any]) -> str:
    lines = ["| Service | lures | flagged | 95 % interval |", "|---|---|---|---|"]
    for name, row in rows.items():
        lines.append(
            f"| {name} | {row['posts']} | {row['flagged']} | {_interval(row['recall_95'])} |"
        )
    return "\n".join(lines) + "\n"


def _baselines(rows: dict[str, Any]) -> str:
    return "\n".join(
        f"| {name} | {row['precision']:.3f} | {row['recall']:.3f} | {row['f1']:.3f} |"
        for name, row in rows.items()
    )


def _bins(rows: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"| {row['said']:.2f} | {row['were']:.2f} | {'█' * round(20 * row['were'])} | {row['posts']} |"
        for row in rows
    )
