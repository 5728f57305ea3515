"""Settings: what is accepted, and errors that name line, key and fix."""

import pytest

from regency.config import parse
from regency.errors import ConfigError
from toy_lab import AGENT, SETTINGS

GOOD = SETTINGS + AGENT


def fault(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_toy_lab_parses():
    config = parse(GOOD)
    assert config.lab.name == "toy"
    assert config.limits.of(config.run[0]).cpu_s == 5
    assert config.agents["mutate"].settings == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[lab]", "[lab", "not valid TOML"),
        ('name = "toy"', "", "lab.name"),
        ('name = "toy"', 'nme = "toy"', "nme"),
        ("max_changed_lines = 20", "max_changed_lines = 0", "max_changed_lines"),
        ('editable = ["model.py"]', "editable = []", "editable"),
        ('editable = ["model.py"]', 'editable = ["../x.py"]', "inside the lab"),
        ('editable = ["model.py"]', 'editable = ["/etc/passwd"]', "inside the lab"),
        ("cpu_s = 5", 'memory = "much"', "is not a size"),
        ("cpu_s = 5", "cpu_s = -1", "cpu_s"),
        ('goal = "minimize"', 'goal = "lowest"', "goal"),
        ('read = "result.json"', "", "needs either"),
        ('trust = "self-reported"', 'trust = "blind"', "needs a scorer"),
        ("calibration_pairs = 3", "calibration_pairs = 1", "calibration_pairs"),
        ('outputs = ["result.json"]', 'inputs = ["later:x"]', "earlier phase"),
        ('outputs = ["result.json"]', 'outputs = ["../x"]', "outputs"),
        ("need = { approvals = 1 }", "need = { approvals = -1 }", "approvals"),
    ],
)
def test_each_fault_names_key_and_fix(old, new, said):
    assert old in GOOD
    assert said in fault(GOOD.replace(old, new, 1))


def test_the_line_of_a_fault_is_named():
    text = GOOD.replace("max_changed_lines = 20", "max_changed_lines = 0")
    number = text.splitlines().index("max_changed_lines = 0") + 1
    assert f"line {number}:" in fault(text)


def test_answers_can_never_be_inputs():
    text = GOOD.replace(
        'trust = "self-reported"\nread = "result.json"',
        ('command = ["python", "score.py"]\nanswers = ["{split}/targets.npy"]'),
    ).replace('outputs = ["result.json"]', 'inputs = ["{split}/targets.npy"]\noutputs = ["x"]')
    assert "would read the answers" in fault(text)


@pytest.mark.parametrize(
    ("text", "size"), [("1GiB", 1 << 30), ("64 MiB", 64 << 20), ("1.5kB", 1500), ("7", 7)]
)
def test_sizes(text, size):
    config = parse(GOOD.replace("cpu_s = 5", f'memory = "{text}"'))
    assert config.limits.memory == size


def test_two_margins_for_one_guard_are_refused():
    text = GOOD + '\n[[guards]]\nname = "g"\nof = "x"\nmax_ratio = 2\nmax_increase = 1\n'
    assert "exactly one of" in fault(text)


def test_keys_that_are_an_agents_own_reach_it():
    assert parse(GOOD + "learn = false\n").agents["mutate"].settings == {"learn": False}
