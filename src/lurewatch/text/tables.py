"""
Build the tables of possible readings from pronunciation and word lists.

`python -m lurewatch.text.tables` writes `data/proposals.tsv`, `sounds.tsv`, `bopomofo.tsv`,
`common.txt` and `crossing.txt` anew from `data/targets.tsv`; run it after that list changes. Pronunciations come from pypinyin, word frequencies from jieba.
"""

import itertools
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).with_name("data")
IN_TERMS: Final = {"还": "huan2", "重": "chong2", "行": "hang2"}  # as our terms read them
COMMON: Final = 20  # a two-character word at least this frequent in jieba's list is ordinary


def targets() -> list[str]:
    """The terms whose sound, shape and parts are looked for in forms that no table lists."""
    return (DATA / "targets.tsv").read_text("utf-8").split()[1:]


def toneless(pinyin: str) -> str:
    """
    >>> toneless("zhàng")
    'zhang'
    """
    letters = unicodedata.normalize("NFD", pinyin.split(",")[0])
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha())


def proposals() -> Iterator[tuple[str, str, str]]:
    """Each (form, plain, device) that letters for one character of a target give."""
    from pypinyin.pinyin_dict import pinyin_dict

    for target in targets():
        syllables = [toneless(pinyin_dict[ord(char)]) for char in target]
        for at, syllable in enumerate(syllables):
            before, after = target[:at], target[at + 1 :]
            yield before + syllable + after, target, "pinyin-mix"
            yield before + syllable[0] + after, target, "initial"
        yield "".join(syllables), target, "pinyin"
        if len(target) >= 3:
            yield "".join(syllable[0] for syllable in syllables), target, "initials"
        if len(target) == 4:
            yield from two_changed(target, syllables)


def two_changed(target: str, syllables: list[str]) -> Iterator[tuple[str, str, str]]:
    """Two of four characters written as syllables or initials: 停xi挂z."""
    for first, second in itertools.combinations(range(4), 2):
        for one, two in itertools.product(
            (syllables[first], syllables[first][0]), (syllables[second], syllables[second][0])
        ):
            form = list(target)
            form[first], form[second] = one, two
            yield "".join(form), target, "pinyin-mix"


def sounds() -> dict[str, str]:
    """Each toned syllable (yu2) with the characters that are read so first of all."""
    from pypinyin.contrib.tone_convert import to_tone3
    from pypinyin.pinyin_dict import pinyin_dict

    found: dict[str, str] = {}
    for code in range(0x4E00, 0x9FA6):
        if code in pinyin_dict:
            toned = to_tone3(pinyin_dict[code].split(",")[0], neutral_tone_with_five=True)
            syllable = IN_TERMS.get(chr(code), toned)
            found[syllable] = found.get(syllable, "") + chr(code)
    return found


def bopomofo(table: dict[str, str]) -> dict[str, str]:
    """Each syllable in bopomofo, by one of its characters: ㄑㄧ -> qi."""
    from pypinyin import Style, pinyin

    found = {}
    for syllable, characters in table.items():
        for char in characters:
            signs = pinyin(char, style=Style.BOPOMOFO)[0][0].strip("ˊˇˋ˙")
            plain = syllable.rstrip("12345")
            if signs and signs != char and pinyin(char, style=Style.NORMAL)[0][0] == plain:
                found[signs] = plain
                break
    return found


def crossing(words: dict[str, int]) -> list[str]:
    """Longer ordinary words in which a term can be heard: 犹豫期, 休渔期."""
    from lurewatch.text.sounds import heard_in

    longer = (word for word, n in words.items() if 3 <= len(word) <= 4 and n >= COMMON // 10)
    return sorted(
        word for word in longer if any(not set(one.plain) <= set(word) for one in heard_in(word))
    )


def main() -> None:
    """Write every table."""
    import jieba

    lines = (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines()
    words = {word: int(count) for word, count, _ in (line.split(" ") for line in lines)}
    rows = {form: f"{form}\t{plain}\t{device}" for form, plain, device in proposals()}
    table = "form\tplain\tdevice\n" + "\n".join(sorted(rows.values())) + "\n"
    (DATA / "proposals.tsv").write_text(table, "utf-8")
    heard = sounds()
    rows_of_sounds = "\n".join(f"{name}\t{chars}" for name, chars in sorted(heard.items()))
    signs = "\n".join(f"{signs}\t{plain}" for signs, plain in sorted(bopomofo(heard).items()))
    (DATA / "bopomofo.tsv").write_text(f"signs\tsyllable\n{signs}\n", "utf-8")
    (DATA / "sounds.tsv").write_text(f"syllable\tcharacters\n{rows_of_sounds}\n", "utf-8")
    common = sorted(word for word, n in words.items() if len(word) == 2 and n >= COMMON)
    (DATA / "common.txt").write_text("\n".join(common) + "\n", "utf-8")
    (DATA / "crossing.txt").write_text("\n".join(crossing(words)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
