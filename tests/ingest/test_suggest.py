"""Slips of names: which are offered, and which are surely ones."""

import pytest

from graph.model import Concept, Kind
from graph.settings import data_folder
from ingest.lexicon import MERGE_COLUMNS, load_lexicon
from ingest.resolve import meant_by
from ingest.suggest import suggest


@pytest.fixture(scope="module")
def lexicon():
    return load_lexicon([data_folder() / "lexicon"])


def suggested(lexicon, *names):
    """Return what is suggested for concepts of these names, the first mentioned once, each later one more often."""
    concepts = [Concept(str(at), name, Kind.TERM, mentions=10**at) for at, name in enumerate(names)]
    return [(one.name, one.other) for one in suggest(concepts, lexicon)]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("CysleGAN", "CycleGAN"),
        ("PixPix", "Pix2Pix"),
        ("自注意里机制", "自注意力机制"),
        ("Stable Diffuson", "Stable Diffusion"),
        ("tokenlizer", "Tokenizer"),
        ("corssAttention", "Cross Attention"),
    ],
)
def test_slip_is_offered(lexicon, slip, meant):
    assert suggested(lexicon, slip, meant) == [(slip, meant)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Foobar-2", "Foobar-3"),
        ("Foobarv3", "Foobarv5"),
        ("Foobar", "Foobars2"),
        ("CPU Zonker", "GPU Zonker"),
        ("图像融合法", "图形融合法"),
        ("有监督分词", "无监督分词"),
        ("XFoobar", "Foobar"),
        ("BLIP", "CLIP"),
        ("MobileNet", "MobileNetV2"),
    ],
)
def test_other_names_are_not(lexicon, one, other):
    assert suggested(lexicon, one, other) == []


def test_name_of_the_lexicon_is_no_slip(lexicon):
    assert suggested(lexicon, "ResNeXt", "ResNet") == []


def test_name_that_is_as_common_is_no_slip():
    concepts = [Concept(name, name, Kind.TERM, mentions=5) for name in ("Foobarize", "Foobarise")]
    assert suggest(concepts, load_lexicon([])) == ()


def test_what_a_user_parts_is_not_offered(tmp_path):
    path = tmp_path / "merges.csv"
    path.write_text(f"{','.join(MERGE_COLUMNS)}\ndifferent,CysleGAN,CycleGAN\n", encoding="utf-8")
    assert suggested(load_lexicon([data_folder() / "lexicon", path]), "CysleGAN", "CycleGAN") == []


@pytest.mark.parametrize(("slip", "meant"), [("transformmer", "transformer"), ("tarnsformer", "transformer")])
def test_swapped_and_doubled_letters_of_a_long_name_are_surely_slips(lexicon, slip, meant):
    assert meant_by(slip, lexicon) == {meant}


@pytest.mark.parametrize("name", ["transforner", "mobiledets", "bret", "resnext50", "图像生层", "transformer"])
def test_other_near_names_are_not_surely_slips(lexicon, name):
    assert meant_by(name, lexicon) == set()
