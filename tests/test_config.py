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


GUARD = "\n[[guards]]\nname = 'g'\n"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("of = 'x'\n", "exactly one of max_ratio, max_increase, max_decrease, most, least"),
        ("of = 'x'\nmost = 1\nleast = 0\n", "exactly one of"),
        ("max_ratio = 2\n", "needs `of`, or a `command`"),
        ("command = ['python', 'c.py']\nmost = 1\n", "most says nothing without `of`"),
        ("of = 'x'\nover = 'gap'\nleast = 0.1\n", "a gap must not grow"),
        ("of = 'x'\nover = 'all'\nleast = 0.1\n", "'each', 'worst' or 'gap'"),
        ("of = 'x'\nout_of = 'n'\nmax_ratio = 2\n", "a share needs"),
        ("of = 'x'\nout_of = 0\nmost = 0.5\n", "out_of must be above zero"),
        ("of = 'x'\nout_of = 10\nmax_increase = 3\n", "with out_of, max_increase is a share"),
        ("of = 'x'\nmost = 1\nsettings = { a = 1 }\n", "for guards of another `kind`"),
        ("kind = 'mine'\nof = 'x'\n", "takes its keys in `settings`"),
        ("of = 'x'\nmost = 1\nchance = 0.7\n", "less than 0.5"),
    ],
)
def test_guards_that_say_nothing_clear_are_refused(keys, said):
    with pytest.raises(ConfigError) as caught:
        parse(GOOD + GUARD + keys)
    message = str(caught.value)
    assert said in message
    assert "regency.toml, line" in message
    assert "\n" not in message


def test_guards_of_every_kind():
    text = GOOD + GUARD + "of = 'acc'\nover = 'each'\nmax_decrease = 0.01\n"
    text += "[[guards]]\nname = 'h'\nkind = 'mine'\nsettings = { depth = 2 }\n"
    text += "[[guards]]\nname = 't'\ncommand = ['python', 'check.py']\n"
    groups, other, command = parse(text).guards
    assert groups.arguments == {"of": "acc", "over": "each", "max_decrease": 0.01, "chance": 0.05}
    assert other.arguments == {"depth": 2}
    assert command.arguments == {"of": "", "chance": 0.05}


def test_two_guards_of_one_name_are_refused():
    text = GOOD + 2 * (GUARD + "of = 'x'\nmost = 1\n")
    with pytest.raises(ConfigError, match="two guards are called 'g'"):
        parse(text)


def test_what_is_run_on_one_split_only_cannot_be_needed_on_both():
    first = '[[run]]\nname = "suite"\nonly = "confirm"\ncommand = ["python", "s.py"]\n'
    first += 'outputs = ["answers.json"]\n'
    then = '[[run]]\nname = "use"\ncommand = ["python", "s.py"]\ninputs = ["suite:answers.json"]\n'
    with pytest.raises(ConfigError, match="there on the split confirm only: set only = 'confirm'"):
        parse(GOOD + "\n" + first + then)
    parse(GOOD + "\n" + first + then + 'only = "confirm"\n')


@pytest.mark.parametrize(
    ("old", "new", "together"),
    [
        ("x", "x", False),  # self-reported
        ('metric = "loss"', 'metric = "cpu_s"', True),
        ('metric = "loss"', 'metric = "wall_s"', False),
    ],
)
def test_pairs_share_a_core_where_the_launcher_keeps_the_clock(old, new, together):
    assert parse(GOOD.replace(old, new)).together is together
