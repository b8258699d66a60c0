"""Find the ways to reach somebody that a post gives, however they are written."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from lurewatch.finding import Contact
from lurewatch.text.data_files import rows
from lurewatch.text.lexicon import Lexicon
from lurewatch.text.normalise import Normalised, normalise

Piece = tuple[str, int | None, Normalised]

SEP: Final = r"[\s:：=>（(【\-—~～.。是→👉，,号同搜为]{0,5}"
NUMERALS: Final = dict(
    zip(
        "零〇洞幺壹贰叁肆伍陆柒捌玖两拐勾一二三四五六七八九",
        "0001123456789279123456789",
        strict=True,
    )
)
LOOKALIKE: Final = {"O": "0", "o": "0", "l": "1", "I": "1"}  # only among digits
SPOKEN: Final = "".join(NUMERALS)
NUMERAL: Final = f"[0-9*{SPOKEN}]"
NUMBER: Final = rf"[0-9*{SPOKEN}lI](?:[\s\-.·—_]{{0,2}}[0-9*{SPOKEN}OolI]){{4,14}}(?![0-9])"
WRITTEN_OUT: Final = f"(?<=[_0-9{SPOKEN}])[{SPOKEN}](?=[0-9{SPOKEN}])|(?<=[{SPOKEN}])[{SPOKEN}]"
HANDLE: Final = rf"[A-Za-z](?:[A-Za-z0-9_-]|{WRITTEN_OUT}){{5,19}}"
SPACED: Final = r"[A-Za-z](?:[ .·]+[A-Za-z0-9_]){5,19}"
INVITED: Final = r"[加佳家架嘉十＋+➕]\s*(?:我)?\s*"
GRAMMAR: Final = (
    ("email", re.compile(r"(?<![A-Za-z0-9_.+-])(?P<value>[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:[.．][A-Za-z0-9-]{1,63})+)"), 0.95),
    ("link", re.compile(r"(?P<value>(?:https?://|www[.．])[A-Za-z0-9\-._~:/?#@!$&*+;=%．]+)"), 0.9),
    ("wechat", re.compile(rf"微信{SEP}(?P<value>{HANDLE})"), 0.95),
    ("wechat", re.compile(rf"[薇威] ?[信芯心]{SEP}(?P<value>{HANDLE})"), 0.85),
    ("wechat", re.compile(rf"{INVITED}(?:[VvＶ薇威微卫](?:星|信)?|围脖){SEP}(?P<value>{HANDLE})"), 0.85),
    ("wechat", re.compile(rf"(?:加|＋|\+|➕)\s*(?:我)?{SEP}(?P<value>(?=[A-Za-z_-]*[0-9]){HANDLE})"), 0.75),
    ("wechat", re.compile(rf"(?<![A-Za-z0-9])(?:[Vv]|[薇威]|微|vx|wx){SEP}(?P<value>{HANDLE})", re.I), 0.7),
    ("wechat", re.compile(rf"(?:卫星|围脖)[:：\s]{{1,3}}(?P<value>{HANDLE})"), 0.7),
    ("wechat", re.compile(rf"(?:微信|[薇威微]|(?<![A-Za-z])[Vv][Xx]?){SEP}(?P<value>{SPACED})"), 0.7),
    ("wechat", re.compile(rf"(?:微信|威信|薇|[Vv][Xx]?){SEP}(?P<value>{NUMBER})"), 0.8),
    ("group", re.compile(rf"(?:QQ群|群号?|进群|裙号?)(?:看[^\d\s]{{0,4}})?{SEP}(?P<value>{NUMBER})", re.I), 0.85),
    ("qq", re.compile(rf"(?:QQ|扣扣?|抠|企鹅|🐧|(?<![A-Za-z])q(?=[:：号]|\d{{7}})){SEP}(?P<value>{NUMBER})", re.I), 0.85),
    ("phone", re.compile(rf"(?:电话|手机号?|拨打|来电|致电|热线){SEP}(?P<value>{NUMBER})"), 0.9),
    ("phone", re.compile(r"(?<!\d)(?P<value>1[3-9]\d(?:[\s\-.·*]?\d){8})(?!\d)"), 0.9),
    ("phone", re.compile(r"(?<![\d*])(?P<value>1[3-9]\d\*{4}\d{4})(?![\d*])"), 0.8),
    ("pointer", re.compile(r"(?P<value>看我?(?:名字|头像|昵称|签名|背景))(?!的?(?:照片|表情))"), 0.6),
    ("pointer", re.compile(r"(?:在|看|见|戳|点|翻)(?:我)?(?P<value>图[一二三四1-4]|[左右][下上]角|置顶|主页|简介)(?!公告|规则)"), 0.6),
    ("pointer", re.compile(r"(?:微信|[薇vV]|快手|抖音|头条|全网)号?(?P<value>同名|同号)"), 0.6),
)  # fmt: skip
NEGATED: Final = re.compile(
    r"(?:不会?|别|勿|莫|拒绝|从未|从不|没有?|未|禁止|请勿|不要)"
    r"(?:主动|再|随便|轻易|乱|使用|要求|用|通过|让|请|给|向|添加|加|联系|扫|私|发|任何|您|你|我|的|人|陌生|客户){0,6}$"
)  # an invitation that is turned down; 不看征信加微信 turns nothing down
TURNED_AWAY: Final = re.compile(
    r"(?:不用|不要|不必|别|勿|不)$"
)  # 搜不到的看我名字 points all the same


def find_contacts(bundle: Sequence[Piece]) -> list[Contact]:
    """
    Contacts with their place in the raw text, decoded; official hotlines are never among them.

    `owner` is "unknown": whose contact it is follows from the stance, which is not known here.

        >>> from lurewatch.text.lexicon import load_lexicon
        >>> from lurewatch.text.normalise import normalise
        >>> piece = ("text", None, normalise("逾期的加薇❤信：demo_０８８", load_lexicon()))
        >>> [(c.channel, c.value, c.start, c.end) for c in find_contacts([piece])]
        [('wechat', 'demo_088', 8, 16)]
    """
    found = []
    for field, index, normalised in bundle:
        taken = bytearray(len(normalised.plain))
        for channel, start, end, value, confidence in _in_plain(normalised.plain):
            if any(taken[start:end]):
                continue
            taken[start:end] = b"\1" * (end - start)
            raw = normalised.map[start:end]
            first, last = min(span[0] for span in raw), max(span[1] for span in raw)
            found.append(Contact(field, index, first, last, channel, value, "unknown", confidence))
    return found


def _in_plain(plain: str) -> Iterator[tuple[str, int, int, str, float]]:
    for channel, pattern, confidence in GRAMMAR:
        for match in pattern.finditer(plain):
            value = decoded(channel, match["value"])
            turned_down = TURNED_AWAY if channel == "pointer" else NEGATED
            if not value or turned_down.search(plain[max(0, match.start() - 12) : match.start()]):
                continue
            yield channel, match.start("value"), match.end("value"), value, confidence


def decoded(channel: str, written: str) -> str:
    """
    A contact as it is typed in, or nothing when it is none.

    Numerals of every kind are digits, and letters that look like digits are where at least five
    sure ones stand beside them. Hotlines of authorities and institutions are nobody's contact.

        >>> decoded("qq", "幺洞洞洞洞两拐勾"), decoded("phone", "l38O0000O00"), decoded("phone", "95588")
        ('10000279', '13800000000', '')
    """
    if channel in ("link", "email"):
        return written.replace("．", ".").rstrip(".。，,;")
    if channel == "pointer":
        return written
    if NUMERIC.fullmatch(written):
        bare = re.sub(r"[\s\-.·—_]", "", written)
        sure = sum(char not in LOOKALIKE for char in bare)
        digits = "".join((NUMERALS | LOOKALIKE).get(char, char) for char in bare)
        if sure < 5 or not digits.strip("*") or hotline().fullmatch(digits):
            return ""
        if channel != "wechat" and DAY.fullmatch(digits):
            return ""
        return digits if channel != "phone" or PHONE.fullmatch(digits) else ""
    bare = re.sub(r"[ .·]+", "", written) if " " in written or "." in written else written
    return "".join(NUMERALS.get(char, char) for char in bare)


NUMERIC: Final = re.compile(rf"[0-9*{SPOKEN}OolI\s\-.·—_]+")
PHONE: Final = re.compile(r"1[3-9][0-9*]{9}|0\d{2,3}\d{7,8}")
DAY: Final = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])")


@cache
def hotline() -> re.Pattern[str]:
    """Numbers of authorities and institutions."""
    return re.compile("|".join(pattern for pattern, _, _ in rows("hotlines.tsv")))


def tells_whose(contact: Contact) -> bool:
    """
    Whether equal contacts mean that one hand is behind them.

    A pointer, a number with hidden digits and the site of an authority stand in many people's posts.

        >>> [
        ...     tells_whose(Contact("text", None, 0, 9, channel, value, "author", 1.0))
        ...     for channel, value in (("phone", "138****0000"), ("link", "https://www.court.gov.cn/a"), ("qq", "10000279"))
        ... ]
        [False, False, True]
    """
    if contact.channel == "link":
        return not official_site().match(contact.value)
    return contact.channel != "pointer" and "*" not in contact.value


@cache
def official_site() -> re.Pattern[str]:
    """Addresses on the sites of `data/hosts.tsv` and below them."""
    hosts = "|".join(re.escape(host) for host, _, _ in rows("hosts.tsv"))
    return re.compile(rf"(?:https?://)?(?:[a-z0-9-]+\.)*(?:{hosts})(?![a-z0-9.-])", re.I)


def contacts_in(sought: str, lexicon: Lexicon) -> list[tuple[str, str]]:
    """
    The (channel, value) that pasted words may mean: as the contact reader finds them, else as a bare handle.

        >>> from lurewatch.text.lexicon import load_lexicon
        >>> contacts_in("加薇❤信：demo_０８８", load_lexicon())[0], contacts_in("停息挂账", load_lexicon())
        (('wechat', 'demo_088'), [])
    """
    found = normalise(sought, lexicon)
    values = {one.value for one in find_contacts([("text", None, found)]) if tells_whose(one)}
    bare = found.plain.strip()
    if not values and BARE.fullmatch(bare):
        values = {value for channel in CHANNELS if (value := decoded(channel, bare))}
    return [(channel, value) for value in sorted(values) for channel in CHANNELS]


CHANNELS: Final = ("wechat", "qq", "group", "phone", "link", "email")
BARE: Final = re.compile(rf"{HANDLE}|{NUMBER}|\S+[.@]\S+")
