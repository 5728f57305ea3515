import hashlib

import pytest

from git_project import CORE, TEST
from regency.errors import BadInput, RepositoryError
from regency.ranges import Asked, review

AI = "\n\nCo-Authored-By: Claude <noreply@anthropic.com>"
GUARD = "    if not os.path.exists(path):\n        raise ValueError(path)\n"


def reviewed(project, span="start..HEAD", **asked):
    return review(Asked(str(project.folder), span, **asked))


def test_a_commit_is_explained_and_its_message_held_against_it(project):
    project.commit(
        f"Only the rate is changed.\n\nNo new dependencies.{AI}",
        core_dot_py=CORE.replace("0.1", "0.2").replace(GUARD, ""),
    )
    found = reviewed(project)
    (part,) = found.parts
    assert part.sort == "code"
    assert {("constant", "core.py::RATE", "0.1 → 0.2")} <= {
        (f.kind, f.where, f.text) for f in part.change.facts
    }
    assert [(c.check.claim, c.check.result) for c in found.claims] == [
        ("Only the rate is changed.", "fails"),
        ("No new dependencies.", "holds"),
    ]
    assert "claim fails" in {factor.name for factor in part.change.factors}
    assert found.authors == {"claude": 1}
    assert found.questions[0].startswith("The rationale says “Only the rate is changed.”")
    assert any("no longer has `if not os.path.exists" in q for q in found.questions)
    assert (found.added, found.removed, found.commits, found.files) == (1, 3, 1, 1)
    text = f"regency-review/v1\n{found.base}\n{found.head}\n"
    assert found.digest == hashlib.sha256(text.encode()).hexdigest()


def test_what_the_other_side_did_since_is_not_reviewed(project):
    project.git("switch", "-q", "-c", "feature")
    project.commit("Feature", feature_dot_py="x = 1\n")
    project.git("switch", "-q", "main")
    project.commit("Elsewhere", other_dot_py="y = 1\n")
    found = reviewed(project, "main..feature")
    assert [part.change.paths for part in found.parts] == [("feature.py",)]
    assert reviewed(project, "main...feature").digest == found.digest


def test_each_message_is_held_against_its_own_commit_and_merges_are_none(project):
    project.git("switch", "-q", "-c", "feature")
    project.commit("Only the rate is changed.", core_dot_py=CORE.replace("0.1", "0.2"))
    project.git("switch", "-q", "main")
    project.commit("Adds tests.", tests__test_more_dot_py="def test_more():\n    assert 1\n")
    project.git("merge", "-q", "--no-ff", "-m", "Only tests. Adds tests.", "feature")
    found = reviewed(project)
    assert {c.check.result for c in found.claims} == {"holds"}
    assert (found.commits, found.merges) == (3, 1)


def test_a_mechanical_change_is_told_apart(project):
    project.commit(
        "Tidy",
        core_dot_py="# tidy\n" + CORE.replace("total(values)", "total(  values)"),
        tests__test_core_dot_py=TEST,
        README_dot_md="# A\n\nWords.\n",
        uv_dot_lock="a = 1\n",
        picture_dot_png=b"\x89PNG\0\0",
    )
    sorts = {path: part.sort for part in reviewed(project).parts for path in part.change.paths}
    assert sorts == {"core.py": "words", "README.md": "docs", "uv.lock": "made",
                     "picture.png": "binary"}  # fmt: skip


def test_renamed_files_are_read_once(project):
    project.git("mv", "core.py", "kernel.py")
    project.commit("Move", tests__test_core_dot_py=TEST.replace("from core", "from kernel"))
    found = reviewed(project)
    assert {part.sort for part in found.parts} == {"words"}
    texts = {f.text for part in found.parts for f in part.change.facts}
    assert "renamed from core.py" in texts


def test_what_misleads_or_acts_by_itself_is_said_first(project):
    project.commit(
        "Add",
        core_dot_py=CORE.replace("RATE = 0.1", "RATE = 0.1  # \u202e\u2066 ok"),
        conftest_dot_py="x = 1\n",
        CLAUDE_dot_md="Obey.\n",
    )
    found = reviewed(project)
    assert any("core.py" in finding for finding in found.screen)
    assert "conftest.py runs when the project is installed or tested" in found.screen
    assert "CLAUDE.md tells agents what to do" in found.screen


def test_links_modes_and_huge_files_are_told_and_not_read(project):
    (project.folder / "link").symlink_to("core.py")
    (project.folder / "core.py").chmod(0o755)
    project.commit("Odd", big_dot_txt="x" * (5 << 20))
    found = reviewed(project)
    assert "link: a link, not a plain file" in found.left_out
    assert any(text.startswith("big.txt: 5,242,880 bytes") for text in found.left_out)
    assert "core.py can be executed now" in found.screen


def test_strange_names_and_contents(project):
    project.commit(
        "Odd", **{"sp ace\n\u202e": "x", "bad_dot_py": b"\xff\xfe\0", "nul_dot_py": b"\0"}
    )
    found = reviewed(project)
    assert found.files == 3


@pytest.mark.parametrize("span", ["main", "..HEAD", "HEAD..HEAD", ""])
def test_no_range(project, span):
    with pytest.raises(BadInput):
        reviewed(project, span)


def test_no_commit_no_repository(project, tmp_path):
    with pytest.raises(RepositoryError, match="nowhere"):
        reviewed(project, "nowhere..HEAD")
    with pytest.raises(RepositoryError):
        review(Asked(str(tmp_path), "a..b"))


def test_the_check_runs_in_the_sandbox_and_tells_what_was_broken_before(project):
    project.commit("Break", core_dot_py=CORE.replace("return sum(values)", "return 0"))
    command = "python3 -c 'import core; assert core.total([1, 2]) == 3'"
    found = reviewed(project, check=command).check
    assert (found.status, found.level != "") == ("failed", True)
    assert "AssertionError" in found.output
    both = reviewed(project, check="echo no; exit 3").check
    assert (both.status, both.message) == (
        "failed before too", "the check ended with 3; it fails before the range too",
    )  # fmt: skip


def test_the_check_may_write_beside_the_files_and_reach_nothing_else(project, tmp_path):
    project.commit("More", more_dot_py="x = 1\n")
    secret = tmp_path / "secret"
    secret.write_text("s")
    command = f"touch here && test -f more.py && ! cat {secret} && ! touch /usr/bin/x"
    found = reviewed(project, check=command).check
    assert (found.status, found.message) == ("passed", "the check passes on the last commit")
    assert not (project.folder / "here").exists()


def test_large_ranges_are_divided_by_folder_and_say_what_they_share(project):
    files = {f"pkg{n % 3}__m{n}_dot_py": f"from core import fresh\nx{n} = fresh({n})\n"
             for n in range(12)}  # fmt: skip
    project.commit("Many", core_dot_py=CORE + "\n\ndef fresh(n):\n    return n\n", **files)
    found = reviewed(project)
    code = [part for part in found.parts if part.sort == "code"]
    assert sum(len(part.change.paths) for part in code) == 13
    assert len(code) == 4
    assert all(len(part.bound_to) == 3 for part in code)
    assert [part.change.id for part in found.parts] == [
        str(n) for n in range(1, len(found.parts) + 1)
    ]
