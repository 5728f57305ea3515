"""Every form of input, and every way in which it can be wrong."""

import json
import math

import pytest

from regency.errors import BadInput
from regency.measure.horizon import reading
from regency.measure.horizon.reading import Source, fields, help_from, inputs, read

ROW = {
    "alias": "GPT", "task_id": "fam/one", "task_family": "fam", "human_minutes": 12.5,
    "score_binarized": 1, "run_id": "r1", "task_source": "HCAST", "human_source": "baseline",
}  # fmt: skip
HEAD = "agent,release_date,task_id,task_family,human_minutes,n_successes,n_runs\n"
BUCKETS = "instance_id,difficulty\na__b-1,<15 min fix\na__b-2,1-4 hours\nc__d-1,>4 hours\n"


def written(tmp_path, name, content):
    path = tmp_path / name
    if isinstance(content, list):
        content = "\n".join(json.dumps(row) for row in content)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def taken(path, *, agent="", human=None, dates=None, continuous=False):
    return read([Source(path, agent)], help_from(human, dates, continuous=continuous))[0]


def refused(path, *words, **more):
    with pytest.raises(BadInput) as caught:
        taken(path, **more)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message


def test_runs_as_metr_writes_them(tmp_path):
    second = {**ROW, "run_id": "r2", "score_binarized": 0, "scaffold": "x"}
    runs = taken(written(tmp_path, "runs.jsonl", [ROW, second]))
    (cell,), (task,), (agent,) = runs.cells, runs.tasks, runs.agents
    assert (cell.runs, cell.successes, cell.scores) == (2, 1.0, (1.0, 0.0))
    assert (task.family, task.low, task.high, task.suite) == ("fam", 12.5, 12.5, "HCAST")
    assert (agent.name, agent.released) == ("GPT", None)
    assert any("Without release date" in text for text in runs.remarks)


def test_dates_from_a_file(tmp_path):
    runs = written(tmp_path, "runs.jsonl", [ROW])
    for name, text in (
        ("d.yaml", "date:\n  GPT: 2024-01-31\n"),
        ("d.json", '{"GPT": "2024-01-31"}'),
        ("d.csv", "agent,release_date\nGPT,2024-01-31\n"),
    ):
        dates = written(tmp_path, name, text)
        assert str(taken(runs, dates=dates).agents[0].released) == "2024-01-31"


def test_counts_in_every_format_are_the_same(tmp_path):
    csv = written(tmp_path, "c.csv", HEAD + "A,2024-01-01,f/t,f,3,2,4\n")
    row = {"task_id": "f/t", "task_family": "f", "human_minutes": 3, "n_successes": 2, "n_runs": 4}
    flat = written(tmp_path, "c.json", [{**row, "agent": "A", "release_date": "2024-01-01"}])
    flat.write_text("[" + flat.read_text() + "]")
    nested = "agent:\n  A:\n    release_date: 2024-01-01\n    tasks:\n    - task_id: f/t\n"
    nested += (
        "      task_family: f\n      human_minutes: 3\n      n_successes: 2\n      n_runs: 4\n"
    )
    found = [taken(csv), taken(flat), taken(written(tmp_path, "c.yaml", nested))]
    for runs in found:
        assert runs.cells == found[0].cells
        assert runs.agents == found[0].agents
        assert runs.tasks == found[0].tasks


def test_families_that_are_missing_come_from_the_name_and_are_told(tmp_path):
    row = {k: v for k, v in ROW.items() if k != "task_family"}
    runs = taken(written(tmp_path, "r.jsonl", [row, {**row, "task_id": "alone", "run_id": "r2"}]))
    assert [task.family for task in runs.tasks] == ["alone", "fam"]
    assert any("task_family" in text and "2 times" in text for text in runs.remarks)


def test_columns_that_nobody_knows_are_told(tmp_path):
    runs = taken(written(tmp_path, "r.jsonl", [{**ROW, "vibes": 3}]))
    assert any("vibes" in text for text in runs.remarks)


def test_a_run_that_cheated_has_failed(tmp_path):
    rows = [{**ROW, "cheated": True}, {**ROW, "run_id": "r2", "cheated": False}]
    (cell,) = taken(written(tmp_path, "r.jsonl", rows)).cells
    assert (cell.successes, cell.cheats, cell.scores) == (1.0, 1, (0.0, 1.0))


def test_fractions_only_where_they_are_asked_for(tmp_path):
    path = written(tmp_path, "r.jsonl", [{**ROW, "score_binarized": 1, "score_cont": 0.4}])
    assert taken(path).cells[0].successes == 1
    assert taken(path, continuous=True).cells[0].successes == 0.4
    half = written(tmp_path, "h.jsonl", [{**ROW, "score_binarized": 0.5}])
    refused(half, "h.jsonl line 1", "--score continuous")


def test_the_same_run_twice_counts_once(tmp_path):
    runs = taken(written(tmp_path, "r.jsonl", [ROW, ROW, {**ROW, "run_id": "r2"}]))
    assert runs.cells[0].runs == 2
    assert any("twice" in text for text in runs.remarks)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"human_minutes": 0}, ("human_minutes is 0",)),
        ({"human_minutes": -3}, ("human_minutes is -3",)),
        ({"human_minutes": "soon"}, ("soon", "not a number")),
        ({"human_minutes": None}, ("no human_minutes", "it has")),
        ({"score_binarized": 2}, ("2", "between 0 and 1")),
        ({"score_binarized": "maybe"}, ("maybe",)),
        ({"score_binarized": None}, ("score_binarized",)),
        ({"task_id": ""}, ("task_id",)),
        ({"alias": None}, ("alias",)),
        ({"release_date": "31.1.2024"}, ("31.1.2024", "2026-01-31")),
        ({"cheated": "perhaps"}, ("perhaps", "true or false")),
        ({"human_minutes": 99}, ("one time", "12.5")),
        ({"task_family": "other"}, ("one family",)),
        ({"run_id": "r1", "score_binarized": 0}, ("r1", "another run")),
    ],
)
def test_rows_that_cannot_be_used(tmp_path, change, words):
    first = {**ROW, "release_date": "2024-01-01"}
    path = written(tmp_path, "r.jsonl", [first, {**first, "run_id": "r2", **change}])
    refused(path, "r.jsonl line 2", *words)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("A,2024-01-01,f/t,f,3,5,4", ("5 successes of 4",)),
        ("A,2024-01-01,f/t,f,3,-1,4", ("-1 successes",)),
        ("A,2024-01-01,f/t,f,3,1,2.5", ("n_runs is 2.5",)),
        ("A,2024-01-01,f/t,f,3,1", ("number of cells",)),
        ("A,2024-01-01,f/t,f,3,1,2,9", ("number of cells",)),
        ("A,2024-01-01,f/t,f,nan,1,2", ("nan",)),
        ("A,2024-01-01,f/t,f,3,1,2\nA,2024-01-01,f/t,f,3,1,2", ("line 3", "line 2", "Keep one")),
        ("A,2024-01-01,f/t,f,3,1,2\nA,2024-02-01,f/u,f,3,1,2", ("2024-02-01", "2024-01-01")),
    ],
)
def test_counts_that_cannot_be_used(tmp_path, row, words):
    refused(written(tmp_path, "c.csv", HEAD + row + "\n"), "c.csv", *words)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("r.jsonl", '{"a": 1}\n{"a": ', ("r.jsonl line 1",)),
        ("r.jsonl", '{"task_id": "x"', ("line 1", "not valid JSON")),
        ("r.jsonl", "[1]", ("not a JSON object",)),
        ("r.jsonl", '{"human_minutes": NaN}', ("NaN",)),
        ("r.jsonl", "", ("no rows",)),
        ("r.csv", "", ("no rows",)),
        ("r.csv", HEAD, ("no rows",)),
        ("r.csv", 'a,b\n"x,1\n', ("not valid CSV",)),
        ("r.json", "[" * 100_000, ("not valid JSON",)),
        ("r.json", "3", ("no table",)),
        ("r.yaml", "a: [1, 2", ("not valid YAML",)),
        ("r.yaml", "a: &x [1]\nb: *x\n", ("aliases",)),
        ("r.yaml", "[" * 5000 + "]" * 5000, ("nest",)),
        ("r.yaml", "!!python/object/apply:os.system [echo]", ("not valid YAML",)),
        ("r.yaml", "agent:\n  A: 3\n", ("no list of tasks",)),
        ("r.txt", "x", (".jsonl",)),
    ],
)
def test_files_that_cannot_be_used(tmp_path, name, content, words):
    refused(written(tmp_path, name, content), *words)


def test_a_bomb_of_aliases_is_refused_at_once(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    refused(written(tmp_path, "bomb.yaml", "\n".join(lines)), "aliases")


def test_files_that_are_not_there_or_not_text(tmp_path):
    refused(tmp_path / "gone.jsonl", "gone.jsonl", "cannot be read")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    refused(tmp_path / "binary.csv", "UTF-8")
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", "no lab", ".eval")


def test_yaml_without_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    refused(written(tmp_path, "r.yaml", "a: 1"), "regency[measure]")


def test_swebench_results(tmp_path):
    human = written(tmp_path, "h.csv", BUCKETS)
    report = {"resolved_ids": ["a__b-1", "gone__x-1"], "submitted_ids": ["a__b-1", "a__b-2"]}
    runs = taken(written(tmp_path, "agent.json", report), human=human)
    assert {cell.task: cell.successes for cell in runs.cells} == {
        "a__b-1": 1, "a__b-2": 0, "c__d-1": 0,
    }  # fmt: skip
    assert {t.id: (t.family, t.low, t.high) for t in runs.tasks} == {
        "a__b-1": ("a__b", 1, 15),
        "a__b-2": ("a__b", 60, 240),
        "c__d-1": ("c__d", 240, math.inf),
    }
    assert runs.agents[0].name == "agent"
    assert any("gone__x-1" in text for text in runs.remarks)
    named = taken(tmp_path / "agent.json", human=human, agent="Mine")
    assert named.agents[0].name == "Mine"
    refused(tmp_path / "agent.json", "--human")
    other = written(tmp_path, "o.json", {"resolved": ["x__y-1"]})
    refused(other, "none of its instances", human=human)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("<15 min fix", (1, 15)), ("15 min - 1 hour", (15, 60)), ("1-4 hours", (60, 240)),
        (">4 hours", (240, math.inf)), ("30 s", (0.5, 0.5)), ("2 to 3 days", (960, 1440)),
        ("less than 1 h", (1, 60)),
    ],
)  # fmt: skip
def test_spans(text, span):
    assert fields.span(text, "here") == pytest.approx(span)


@pytest.mark.parametrize("text", ["", "long", "4-1 hours", "1-2-3 h", "5", "0 min"])
def test_no_spans(text):
    with pytest.raises(BadInput, match="here"):
        fields.span(text, "here")


def test_tables_of_human_times(tmp_path):
    text = "task_id,minutes_low,minutes_high,threshold\na,5,20,0.7\nb,30,,1\n"
    known = reading.humans.humans(written(tmp_path, "h.csv", text))
    assert (known["a"].low, known["a"].high, known["a"].threshold) == (5, 20, 0.7)
    assert known["b"].high == math.inf
    short = reading.humans.humans(written(tmp_path, "h.yaml", "a: 5\nb: {human_minutes: 7}\n"))
    assert {name: human.low for name, human in short.items()} == {"a": 5, "b": 7}
    with pytest.raises(BadInput, match="twice"):
        reading.humans.humans(written(tmp_path, "t.csv", "task_id,human_minutes\na,1\na,2\n"))
    with pytest.raises(BadInput, match="below"):
        reading.humans.humans(
            written(tmp_path, "u.csv", "task_id,minutes_low,minutes_high\na,2,1\n")
        )


def test_published_horizons(tmp_path):
    metr = "results:\n  m:\n    release_date: 2024-01-01\n    metrics:\n"
    metr += "      p50_horizon_length: {estimate: 5, ci_low: 2, ci_high: 9}\n"
    path = written(tmp_path, "p.yaml", metr)
    runs, (one,) = read([Source(path)], inputs.Help())
    assert runs is None
    assert (one.name, one.p50.value, one.p50.low, one.p50.high, one.runs) == ("m", 5, 2, 9, 0)
    path = written(tmp_path, "p.csv", "agent,release_date,p50,p50_lo,p50_hi\nm,2024-01-01,5,2,9\n")
    assert read([Source(path)], inputs.Help())[1][0].p50 == one.p50
    refused(written(tmp_path, "q.yaml", "results:\n  m: {metrics: {}}\n"), "m has no p50")
    refused(written(tmp_path, "q.csv", "agent,release_date,p50\nm,2024-01-01,-5\n"), "-5")


def test_inputs_together(tmp_path):
    first = taken(written(tmp_path, "a.jsonl", [ROW]))
    second = taken(written(tmp_path, "b.jsonl", [{**ROW, "alias": "B"}]))
    both = reading.merged([first, second])
    assert [agent.name for agent in both.agents] == ["B", "GPT"]
    with pytest.raises(BadInput, match="two inputs"):
        reading.merged([first, first])


def test_names_of_agents_are_told_from_paths(tmp_path):
    assert Source.parse("GPT=x.json") == Source(inputs.Path("x.json"), "GPT")
    odd = written(tmp_path, "a=b.csv", "x")
    assert Source.parse(str(odd)) == Source(odd)
