"""Real logs of Inspect, made by Inspect itself; its solver here answers without a model."""

import pytest
from inspect_ai import Task, task
from inspect_ai import eval as run_eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import match
from inspect_ai.solver import solver

from regency.errors import BadInput
from regency.measure.horizon.reading import Source, help_from, read

MINUTES = "task_id,human_minutes,task_family\nadd,2,sums\nroot,30,sums\n"


@solver
def always_two():
    async def solve(state, generate):
        state.output = ModelOutput.from_content("none", "2")
        return state

    return solve


@task
def arithmetic():
    samples = [
        Sample(input="1+1?", target="2", id="add"),
        Sample(input="√16?", target="4", id="root"),
        Sample(input="?", target="x", id="untimed"),
    ]
    return Task(dataset=samples, scorer=match(), solver=always_two())


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    run_eval(arithmetic(), model="mockllm/model", epochs=2, log_dir=str(folder), display="none")
    return folder


@pytest.fixture
def human(tmp_path):
    path = tmp_path / "human.csv"
    path.write_text(MINUTES)
    return path


def taken(path, human=None, agent=""):
    return read([Source(path, agent)], help_from(human, None, continuous=False))[0]


def test_samples_are_tasks_and_epochs_runs(logs, human):
    runs = taken(logs, human)
    assert {c.task: (c.successes, c.runs) for c in runs.cells} == {"add": (2, 2), "root": (0, 2)}
    assert {t.id: (t.family, t.low) for t in runs.tasks} == {
        "add": ("sums", 2),
        "root": ("sums", 30),
    }
    (agent,) = runs.agents
    assert agent.name == "mockllm/model (always_two)"
    assert any("untimed" in text for text in runs.remarks)
    assert taken(next(logs.glob("*.eval")), human, "Mine").agents[0].name == "Mine"


def test_a_run_that_broke_off_is_told(tmp_path, human):
    @solver
    def breaking():
        async def solve(state, generate):
            raise ValueError("broken")

        return solve

    broken = arithmetic()
    broken.solver = breaking()
    run_eval(
        broken, model="mockllm/model", log_dir=str(tmp_path), display="none", fail_on_error=False
    )
    runs = taken(tmp_path, human)
    assert {c.successes for c in runs.cells} == {0}
    assert any("with an error, counts as failed" in text for text in runs.remarks)


def test_a_log_given_twice_counts_once(logs, human):
    log = next(logs.glob("*.eval"))
    runs, _ = read([Source(log), Source(log)], help_from(human, None, continuous=False))
    assert {c.runs for c in runs.cells} == {2}


def test_logs_that_cannot_be_used(logs, human, tmp_path):
    with pytest.raises(BadInput, match="--human"):
        taken(logs)
    (tmp_path / "broken.eval").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(BadInput, match="not a readable log"):
        taken(tmp_path / "broken.eval", human)
    human.write_text("task_id,human_minutes\nother,1\n")
    with pytest.raises(BadInput, match="none of its samples"):
        taken(logs, human)
