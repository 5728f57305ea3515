"""The import policy: told by the screen, and held to by the sandbox where a module is hidden."""

import pytest

from regency.config import ChangeTable
from regency.evaluate.screen import screen
from regency.records import FileEdit, Job, Limits
from regency.sandbox.engines import NamespaceSandbox

CHANGE = ChangeTable.model_validate(
    {"editable": ["*.py", "model/*.py"], "imports": ["math", "numpy", "collections.abc"]}
)
BEFORE = {"train.py": b"import json\nA = 1\n", "helper.py": b"", "model/a.py": b""}


def fault(code: str, path: str = "train.py") -> str:
    return screen([FileEdit(path, code.encode())], BEFORE, CHANGE) or ""


@pytest.mark.parametrize(
    "code",
    [
        "import math\nimport numpy.linalg as la\nfrom numpy import fft",
        "from collections.abc import Mapping",
        "import json  # the owner had it already",
        "import helper\nfrom model import a\nfrom . import other\nfrom .a import x",
        "modules = 3\nprint(modules)",
        "def f():\n    import math\n    return math.pi",
    ],
)
def test_what_is_allowed_passes(code: str):
    assert fault(f"{code}\nB = 2\n") == ""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import heapq", "imports 'heapq'; this lab allows math, numpy, collections.abc"),
        ("from bisect import insort", "imports 'bisect'"),
        ("import collections", "imports 'collections'"),
        ("import numpyro", "imports 'numpyro'"),
        (
            "def f():\n    try:\n        import sortlib\n    except ImportError:\n        pass",
            "'sortlib'",
        ),
        ("import math, heapq", "imports 'heapq'"),
        ("import importlib", "imports 'importlib'"),
        ("sort = __import__('heapq').nsmallest", "by name (__import__)"),
        ("import math\nh = math.__loader__.load_module('heapq')", "by name (__loader__)"),
        ("import json\nh = json.codecs.sys.modules['heapq']", "by name (modules)"),
    ],
)
def test_what_is_not_allowed_is_named(code: str, said: str):
    assert said in fault(f"{code}\n")


def test_without_a_policy_anything_may_be_imported():
    change = ChangeTable.model_validate({"editable": ["*.py"]})
    assert screen([FileEdit("train.py", b"import heapq\n")], BEFORE, change) is None


def test_files_that_are_no_python_are_not_read():
    change = ChangeTable.model_validate({"editable": ["*"], "imports": ["math"]})
    assert screen([FileEdit("notes.md", b"import heapq\n")], BEFORE, change) is None


def test_what_text_cannot_show_is_not_there_when_it_runs(tmp_path):
    """The screen lets a spelt-out ``exec`` pass; the hidden module is missing all the same."""
    code = "run = exec\nrun('imp' + 'ort hea' + 'pq as h; print(h.nsmallest(1, [2, 1]))')\n"
    assert fault(code) == ""
    (tmp_path / "train.py").write_text(code)
    job = Job(("python", "train.py"), str(tmp_path))
    with NamespaceSandbox() as open_one, NamespaceSandbox(hide=["stdlib:heapq"]) as closed:
        assert open_one.run(job, Limits()).stdout == "[1]\n"
        result = closed.run(job, Limits())
    assert result.status == "failed"
    assert "nsmallest" in result.stderr or "No module" in result.stderr
