"""What a learner keeps on this machine."""

import json
import multiprocessing
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import StateError
from graph.learner import Correction, Learner, Status, correct, corrections, profiles, withdraw
from graph.query.progress import ids_of, progress, unlocked
from graph.query.view import view_of


def test_nothing_is_known_at_first_and_nothing_is_written(tmp_path):
    assert Learner(tmp_path / "state").statuses() == {}
    assert not (tmp_path / "state").exists()


def test_what_is_marked_is_there_for_the_next_process(tmp_path):
    Learner(tmp_path).mark(["Transformer", "对比学习"], Status.KNOWN)
    Learner(tmp_path).mark(["对比学习"], Status.LEARNING)
    Learner(tmp_path).mark(["BLIP"], Status.WANT)
    assert Learner(tmp_path).statuses() == {
        "BLIP": Status.WANT, "Transformer": Status.KNOWN, "对比学习": Status.LEARNING,
    }  # fmt: skip
    assert Learner(tmp_path).names(Status.KNOWN) == ("Transformer",)


def test_a_mark_is_taken_back(tmp_path):
    learner = Learner(tmp_path)
    learner.mark(["BLIP"], Status.KNOWN)
    learner.mark(["BLIP", "never marked"], None)
    assert learner.statuses() == {}


def test_profiles_do_not_share_and_any_name_is_a_file(tmp_path):
    for name in ("小明", "../../etc", "a/b", "..", "CON: x"):
        Learner(tmp_path, name).mark([name], Status.KNOWN)
    assert profiles(tmp_path) == tuple(sorted(("小明", "../../etc", "a/b", "..", "CON: x", "default")))
    assert Learner(tmp_path, "小明").names(Status.KNOWN) == ("小明",)
    assert all(path.parent == tmp_path / "profiles" for path in tmp_path.rglob("*.json"))


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_profile_needs_a_name_of_some_length(tmp_path, name):
    with pytest.raises(StateError, match="no name of a profile"):
        Learner(tmp_path, name)


def test_a_profile_is_exported_and_imported(tmp_path):
    Learner(tmp_path, "a").mark(["X", "Y"], Status.KNOWN)
    Learner(tmp_path, "b").mark(["Y", "Z"], Status.WANT)
    assert Learner(tmp_path, "b").load(Learner(tmp_path, "a").export()) == 2
    assert Learner(tmp_path, "b").statuses() == {"X": Status.KNOWN, "Y": Status.KNOWN, "Z": Status.WANT}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"concepts": {"a": "eaten"}}', '{"concepts": 3}', "\x00", "null"])
def test_what_is_no_profile_is_not_imported(tmp_path, text):
    learner = Learner(tmp_path)
    learner.mark(["X"], Status.KNOWN)
    with pytest.raises(StateError, match="The file to import"):
        learner.load(text)
    assert learner.names(Status.KNOWN) == ("X",)


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "default.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(StateError, match="profile"):
        Learner(tmp_path).statuses()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(StateError, match="ZHITU_STATE"):
        Learner(tmp_path / "file").mark(["X"], Status.KNOWN)


def _mark(folder, name):
    Learner(folder).mark([name], Status.KNOWN)


def test_processes_do_not_lose_each_others_marks(tmp_path):
    context = multiprocessing.get_context("spawn")
    started = [context.Process(target=_mark, args=(tmp_path, f"C{number}")) for number in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join()
    assert Learner(tmp_path).names(Status.KNOWN) == ("C0", "C1", "C2")


def test_files_are_replaced_whole_and_leave_nothing_beside(tmp_path):
    Learner(tmp_path).mark(["X"], Status.KNOWN)
    files = {path.name for path in (tmp_path / "profiles").iterdir()}
    assert files == {"default.json"}
    assert json.loads((tmp_path / "profiles" / "default.json").read_text(encoding="utf-8"))["concepts"]
    assert not (tmp_path / "profiles" / "default.json").stat().st_mode & (stat.S_IRWXO | stat.S_IRWXG)


def test_corrections_are_kept_changed_and_withdrawn(tmp_path):
    assert corrections(tmp_path) == ()
    correct(tmp_path, Correction("A", "B", wrong=True))
    correct(tmp_path, Correction("甲, 乙", 'say "C"', wrong=False))
    correct(tmp_path, Correction("A", "B", wrong=False))
    assert corrections(tmp_path) == (Correction("A", "B", wrong=False), Correction("甲, 乙", 'say "C"', wrong=False))
    withdraw(tmp_path, "A", "B")
    withdraw(tmp_path, "no", "such")
    assert corrections(tmp_path) == (Correction("甲, 乙", 'say "C"', wrong=False),)


@pytest.mark.parametrize(
    "text", ["a,b\n", "prerequisite,target,verdict\nA,B\n", "prerequisite,target,verdict\nA,B,no\n"]
)
def test_damaged_corrections_are_named_with_their_row(tmp_path, text):
    (tmp_path / "corrections.csv").write_text(text, encoding="utf-8")
    with pytest.raises(StateError, match=r"corrections.csv:[12]"):
        corrections(tmp_path)


def test_progress_counts_what_is_known_below(sample):
    found = progress(view_of(sample), "diffusion", {"transformer", "contrastive", "lonely"})
    assert (found.known, found.total) == (2, 5)


def test_unlocked_builds_on_what_is_known_and_needs_nothing_else(sample):
    one = view_of(sample)
    assert [found.concept for found in unlocked(one, {"contrastive"})] == ["blip"]
    assert [found.concept for found in unlocked(one, {"contrastive", "textencoder"})] == ["clip", "blip"]
    assert unlocked(one, set()) == ()


def test_names_become_ids_whatever_they_are_called_now(sample):
    assert ids_of(view_of(sample), ["CLIP", "Contrastive learning", "gone"]) == {"clip", "contrastive"}


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.sampled_from(Status), max_size=8))
def test_statuses_survive_a_round_trip(tmp_path_factory, statuses):
    learner = Learner(tmp_path_factory.mktemp("state"))
    for name, status in statuses.items():
        learner.mark([name], status)
    assert learner.statuses() == statuses
