"""The tables that are learnt or drawn: what stands around terms, and what looks alike."""

from lurewatch.text.data_files import rows
from lurewatch.text.forms import lowered
from lurewatch.text.gates import neighbours
from lurewatch.text.normalise import folded
from lurewatch.train.neighbourhood import around_terms, weights, window


def test_a_term_near_another_is_not_learnt_from() -> None:
    assert list(around_terms("被催收和逾期夹着")) == []
    (lonely,) = around_terms("他们天天打电话催收到单位门口去")
    assert "打电" in lonely
    assert "催收" not in lonely


def test_what_stands_around_terms_weighs_more() -> None:
    wanted = [window("欠了三万催收上门", 4, 6)] * 60
    others = [window("今天去公园看花开", 3, 5)] * 60
    found, _ = weights(wanted, others)
    assert found["欠"] > 0 > found["看"]


def test_every_gram_can_be_met_in_plain_text() -> None:
    grams = [gram for gram in neighbours() if gram]
    assert grams
    assert all(lowered(folded(gram)) == gram for gram in grams)


def test_look_alikes_are_other_characters() -> None:
    assert all(char not in alike for char, alike, _ in rows("shapes.tsv"))
