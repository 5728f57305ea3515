"""What a commit says of itself: trailers, names, conventions; and who must not be mistaken."""

import pytest

from regency.measure.authorship.agents import agent_of, is_automation
from regency.measure.authorship.authors import Category, Source
from regency.measure.authorship.trailers import entire_share, picked_from, said_of
from regency.repo.history import Commit

ADA = ("Ada", "ada@example.org")


def commit(message="", author=ADA, committer=ADA):
    return Commit("c" * 40, (), 0, 0, author, committer, message)


@pytest.mark.parametrize(
    ("trailer", "agent", "model"),
    [
        ("Co-Authored-By: Claude <noreply@anthropic.com>", "claude", ""),
        ("Co-authored-by: Claude Opus 4.6 (1M context) <noreply@anthropic.com>", "claude",
         "claude-opus-4.6"),
        ("Co-authored-by: Copilot <198982749+Copilot@users.noreply.github.com>", "copilot", ""),
        ("co-authored-by: Cursor Agent <cursoragent@cursor.com>", "cursor", ""),
        ("Co-authored-by: Codex <noreply@openai.com>", "codex", ""),
        ("Co-authored-by: aider (gpt-5) <noreply@aider.chat>", "aider", "gpt-5"),
        ("Co-authored-by: d <1+devin-ai-integration[bot]@users.noreply.github.com>", "devin", ""),
        ("Assisted-by: Claude:claude-opus-4 coccinelle sparse", "claude", "claude-opus-4"),
        ("Assisted-by: NewAgent:v1 [tool]", "newagent", "v1"),
        ("Assisted-by: Claude Code", "claude", ""),
    ],
)  # fmt: skip
def test_trailers_of_known_agents(trailer, agent, model):
    found = said_of(commit(f"Fix it\n\n{trailer}\n"))[0]
    assert (found.category, found.source) == (Category.AI, Source.TRAILERS)
    assert (found.agent, found.model) == (agent, model)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Fix it\n\nCo-authored-by: Claude Dupont <claude@example.fr>",
        "Fix it\n\nCo-authored-by: Devin Smith <devin@example.org>",
        "Fix it\n\nCo-authored-by: Gemini <g@example.org>",
        "Fix it\n\nCo-authored-by: Raider <r@example.org>",
        "Claude helped me to understand this",
        "Fix it\n\n> Co-authored-by: Claude <noreply@anthropic.com>",
        "Fix it\n\nAssisted-by: Jane Doe <jane@example.org>",
        "Fix it\n\nSigned-off-by: Ada <ada@example.org>",
        "aiders: not its mark",
    ],
)
def test_people_are_not_taken_for_agents_and_nobody_for_a_person(message):
    assert said_of(commit(message)) == []
    assert said_of(commit(author=("Claude Monet", "c@monet.fr"))) == []


def test_names_bots_and_aiders_mark():
    by_name = said_of(commit(author=("copilot-swe-agent[bot]", "x@y")))
    assert (by_name[0].agent, by_name[0].source) == ("copilot", Source.NAMES)
    for name in ("dependabot[bot]", "renovate[bot]", "github-actions", "pre-commit-ci[bot]"):
        (found,) = said_of(commit(author=(name, "n@x")))
        assert (found.category, found.source) == (Category.AUTOMATION, Source.AUTOMATION)
    assert not is_automation("Abbot", "abbot@example.org") and not agent_of("Ada", "a@b")
    for marked in (
        commit(author=("Ada (aider)", "a@b")),
        commit(committer=("Ada (aider)", "a@b")),
        commit("aider: refactor"),
        commit("x\n\nCo-authored-by: aider (o3) <a@b>"),
    ):
        assert any(a.source is Source.AIDER and a.agent == "aider" for a in said_of(marked))


def test_entire_counts_but_does_not_point():
    part = commit(
        "x\n\nEntire-Checkpoint: a3b2c4d5e6f7\nEntire-Attribution: 73% agent (146/200 lines)"
    )
    assert said_of(part)[0].category is Category.UNKNOWN and entire_share(part) == (146, 200)
    whole = commit("x\n\nEntire-Attribution: 100% agent (200/200 lines)")
    assert said_of(whole)[0].category is Category.AI
    rounded = commit("x\n\nEntire-Attribution: 100% agent (1999/2000 lines)")
    assert said_of(rounded)[0].category is Category.UNKNOWN


def test_sources_come_strongest_first_and_regencys_own_is_known():
    both = commit("x\n\nRegency-Candidate: c1\nAssisted-by: mutate:mutate-1\n"
                  "Co-authored-by: Claude <noreply@anthropic.com>")  # fmt: skip
    assert [a.source for a in said_of(both)] == [Source.REGENCY, Source.TRAILERS]
    assert picked_from(commit("x\n\n(cherry picked from commit abcdef0123)")) == ["abcdef0123"]
