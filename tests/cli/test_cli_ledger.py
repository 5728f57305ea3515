"""The record in the hands of an auditor: an export, a public key, and nothing else."""

import json

import pytest
from terminal import piped, typed

from toy_lab import git


@pytest.fixture(scope="module")
def exported(tested, tmp_path_factory):
    """An exported record, the key, a checkpoint that was kept, and a clone with the tags."""
    folder = tmp_path_factory.mktemp("auditor")
    lab = ("--dir", str(tested))
    assert typed("ledger", "export", str(folder / "lab.jsonl"), *lab).code == 0
    (folder / "key").write_text(piped("ledger", "key", *lab).out)
    (folder / "kept").write_text(piped("ledger", "checkpoint", *lab).out)
    git(tested, "clone", "--quiet", "--bare", str(tested), str(folder / "clone"))
    return folder


def verified(folder, *more, file="lab.jsonl"):
    done = piped("ledger", "verify", file, "--key", "key", *more, "--json", cwd=folder)
    assert not done.err
    return done.code, json.loads(done.out)


def test_an_export_and_a_key_are_enough(exported):
    code, found = verified(exported)
    assert (code, found["ok"]) == (0, True)
    assert found["notes"] == ["not anchored: the key holder could have rewritten this"]
    assert found["key"] == (exported / "key").read_text().strip()
    said = piped("ledger", "verify", "lab.jsonl", cwd=exported).out
    assert "checked with the export's own key" in said


def test_anchors_come_from_files_and_from_a_clones_tags(exported):
    code, found = verified(exported, "--since", "kept")
    assert (code, found["anchored"], found["notes"]) == (0, found["size"], [])
    code, found = verified(exported, "--tags", "clone")
    assert (code, found["anchored"]) == (0, 5)
    assert list(found["generations"]) == ["generation/0"]
    (exported / "foreign").write_text("regency.lab/other\n1\nAAAA\n\n— x AAAA\n")
    code, found = verified(exported, "--since", "foreign")
    assert (code, found["ok"]) == (1, False)
    assert "foreign is no anchor for this record" in found["problems"][0]


def test_a_moved_tag_is_told(exported, tmp_path):
    clone = tmp_path / "clone"
    git(exported, "clone", "--quiet", "--mirror", str(exported / "clone"), str(clone))
    git(clone, "update-ref", "refs/tags/generation/1", "refs/heads/regency/champion")
    code, found = verified(exported, "--tags", str(clone))
    assert code == 1
    assert "the tag generation/1 is no anchor" in found["problems"][0]
    assert "the record says nothing of it" in found["problems"][-1]
    git(clone, "tag", "-d", "generation/0", "generation/1")
    done = piped("ledger", "verify", "lab.jsonl", "--tags", str(clone), cwd=exported)
    assert (done.code, "has no tag of a generation" in done.err) == (2, True)


def test_a_changed_entry_is_named(exported, tmp_path):
    text = (exported / "lab.jsonl").read_text()
    (exported / "changed.jsonl").write_text(text.replace('"answer":"better"', '"answer":"worse "'))
    code, found = verified(exported, file="changed.jsonl")
    assert code == 1
    assert any(problem.endswith("covers another content.") for problem in found["problems"])
    done = piped("ledger", "verify", "changed.jsonl", "--key", "key", cwd=exported)
    assert done.out.startswith("PROBLEM: ")
    assert "The record does not hold" in done.out


def test_a_proof_of_one_entry_and_of_an_extension(exported, tested, copied):
    lab = copied(tested)
    proof = typed("ledger", "prove", "4", "--dir", str(lab)).out
    (exported / "4.tlog-proof").write_text(proof)
    code, found = verified(exported, file="4.tlog-proof")
    assert (code, found["entry"]["kind"]) == (0, "generation")
    said = piped("ledger", "verify", "4.tlog-proof", "--key", "key", cwd=exported).out
    assert "entry 4, above, is in the record" in said
    assert piped("pause", "--reason", "x", "--dir", str(lab)).code == 0
    done = piped("ledger", "prove", "--since", str(exported / "kept"), "--dir", str(lab))
    (exported / "longer").write_text(done.out)
    code, found = verified(exported, "--since", "kept", file="longer")
    assert (code, found["size"] - found["old"]) == (0, 1)
    assert not verified(exported, "--since", "4.tlog-proof", file="kept")[1]["ok"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify", "--key", "x"], "for an exported file"),
        (["verify", "none"], "cannot be read"),
        (["verify", "lab.jsonl", "--key", "x"], "verifier key"),
        (["verify", "lab.jsonl", "--since", "none"], "cannot be read"),
        (["verify", "lab.jsonl", "--witness", "x"], "verifier key"),
        (["verify", "lab.jsonl", "--tags", "."], "git repository"),
        (["verify", "4.tlog-proof"], "public key"),
        (["prove"], "number of an entry"),
        (["prove", "1", "--since", "kept"], "number of an entry"),
        (["prove", "99999"], "there is no entry"),
        (["export", "kept"], "exists"),
    ],
)
def test_what_cannot_be_used(exported, tested, arguments, said):
    lab = ["--dir", str(tested)] if arguments[0] != "verify" else []
    if len(arguments) == 3 and arguments[:2] == ["verify", "--key"]:
        lab = ["--dir", str(tested)]
    done = piped("ledger", *arguments, *lab, cwd=exported)
    assert done.code == 2, done
    assert said in done.err


def test_the_lab_checks_its_own_tags(tested, copied):
    lab = copied(tested)
    assert piped("ledger", "verify", "--dir", str(lab)).code == 0
    git(lab, "tag", "-f", "generation/7", "HEAD")
    done = piped("ledger", "verify", "--dir", str(lab))
    assert done.code == 1
    assert "the lab's own tag generation/7 is" in done.out


def test_what_agents_may_not_see_needs_a_human(tested, tmp_path):
    for arguments in (("export", str(tmp_path / "x")), ("prove", "4")):
        done = piped("ledger", *arguments, "--dir", str(tested))
        assert (done.code, done.out) == (3, "")
        assert "shows what agents may not see" in done.err
    assert not (tmp_path / "x").exists()
