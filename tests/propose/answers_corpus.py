"""A corpus of answers as models write them: what each must become, or that it must be refused.

Forms seen from large and small models, local servers and tool calls, written down by hand. `want`
is the whole text of each changed file; None: refused, because it could mean something else.
"""

import json
from dataclasses import dataclass, field

TRAIN = """\
import math

RATE = 0.01
STEPS = 100


def loss(x):
    y = x * RATE
    return math.sqrt(y)


def train(x):
    for _ in range(STEPS):
        x -= loss(x)
    return x


if __name__ == "__main__":
    print(train(9.0))
"""
NET = """\
WIDTH = 8


class Net:
    def size(self):
        return WIDTH

    def depth(self):
        return 2
"""
FIXED = "LIMIT = 3\n"
FAST = TRAIN.replace("RATE = 0.01", "RATE = 0.02")
LONG = FAST.replace("STEPS = 100", "STEPS = 200")
TWO = {"train.py": TRAIN, "lib/net.py": NET, "fixed.py": FIXED}
ONE = {"train.py": TRAIN, "fixed.py": FIXED}


@dataclass(frozen=True)
class Case:
    name: str
    answer: str
    want: dict[str, str | None] | None
    tree: dict[str, str] = field(default_factory=lambda: TWO)
    editable: tuple[str, ...] = ("train.py", "lib/net.py")
    complete: bool = True


def block(old, new, path="train.py", ticks="```", head=None):
    head = path if head is None else head
    return (
        f"{head}\n{ticks}python\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n{ticks}\n"
    )


def bare_block(old, new):
    return f"<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"


def whole(text, path="train.py", ticks="```"):
    return f"{path}\n{ticks}python\n{text}{ticks}\n"


DIFF = """\
--- a/train.py
+++ b/train.py
@@ -1,5 +1,5 @@
 import math
 
-RATE = 0.01
+RATE = 0.02
 STEPS = 100
"""  # noqa: W293 - a blank line of context has a space
R = {"train.py": FAST}
O = ("train.py",)  # noqa: E741
EDIT = {"path": "train.py", "search": "RATE = 0.01\n", "replace": "RATE = 0.02\n"}
STR = {
    "command": "str_replace",
    "path": "train.py",
    "old_str": "RATE = 0.01",
    "new_str": "RATE = 0.02",
}


def one(name, answer, want=R, complete=True):
    return Case(name, answer, want, ONE, O, complete)


def tool(name, arguments):
    return json.dumps(
        {
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
            ]
        }
    )


CR = TRAIN.replace("\n", "\r\n")
FENCED = 'DOC = """\n```\nexample\n```\n"""\nX = 1\n'
REST = "Title\n=======\n\nold words\n"

# fmt: off
CASES = [
    # search/replace blocks
    Case("as asked", "Faster.\n\n" + block("RATE = 0.01", "RATE = 0.02"), R),
    Case("no fence", "train.py\n" + bare_block("RATE = 0.01", "RATE = 0.02"), R),
    Case("path inside the fence", "```python\ntrain.py\n" + bare_block("RATE = 0.01", "RATE = 0.02") + "```\n", R),
    Case("path in the info string", "```python train.py\n" + bare_block("RATE = 0.01", "RATE = 0.02") + "```\n", R),
    Case("path after a colon in the info string", "```python:train.py\n" + bare_block("RATE = 0.01", "RATE = 0.02") + "```\n", R),
    Case("path attribute", '```python path="train.py"\n' + bare_block("RATE = 0.01", "RATE = 0.02") + "```\n", R),
    Case("path in the marker", "<<<<<<< SEARCH train.py\nRATE = 0.01\n=======\nRATE = 0.02\n>>>>>>> REPLACE\n", R),
    Case("bold path", block("RATE = 0.01", "RATE = 0.02", head="**train.py**"), R),
    Case("heading path", block("RATE = 0.01", "RATE = 0.02", head="### `train.py`:"), R),
    Case("File: path", block("RATE = 0.01", "RATE = 0.02", head="File: ./train.py"), R),
    Case("path in a comment", "```python\n# train.py\n" + bare_block("RATE = 0.01", "RATE = 0.02") + "```\n", R),
    Case("path of another machine", block("WIDTH = 8", "WIDTH = 9", head="/home/user/repo/lib/net.py"), {"lib/net.py": NET.replace("8", "9")}),
    Case("windows path", block("WIDTH = 8", "WIDTH = 9", head="lib\\net.py"), {"lib/net.py": NET.replace("8", "9")}),
    Case("path by its last name", block("WIDTH = 8", "WIDTH = 9", head="net.py"), {"lib/net.py": NET.replace("8", "9")}),
    Case("path in another case", block("RATE = 0.01", "RATE = 0.02", head="Train.py"), R),
    Case("path in a sentence", "In `train.py` I double the rate:\n" + bare_block("RATE = 0.01", "RATE = 0.02"), R),
    Case("no path, text is in one file", bare_block("RATE = 0.01", "RATE = 0.02"), R),
    Case("no path, one file", bare_block("RATE = 0.01", "RATE = 0.02"), R, ONE, O),
    Case("long fence", block("RATE = 0.01", "RATE = 0.02", ticks="`````"), R),
    Case("tilde fence", block("RATE = 0.01", "RATE = 0.02", ticks="~~~"), R),
    Case("short markers", "train.py\n<<<<< SEARCH\nRATE = 0.01\n=====\nRATE = 0.02\n>>>>> REPLACE\n", R),
    Case("long markers", "train.py\n<<<<<<<<< SEARCH\nRATE = 0.01\n=========\nRATE = 0.02\n>>>>>>>>> REPLACE\n", R),
    Case("markers of git", "train.py\n<<<<<<< HEAD\nRATE = 0.01\n=======\nRATE = 0.02\n>>>>>>> new\n", R),
    Case("ORIGINAL and UPDATED", "train.py\n<<<<<<< ORIGINAL\nRATE = 0.01\n=======\nRATE = 0.02\n>>>>>>> UPDATED\n", R),
    Case("dash markers", "train.py\n------- SEARCH\nRATE = 0.01\n=======\nRATE = 0.02\n+++++++ REPLACE\n", R),
    Case("indented in a list", "1. train.py\n   <<<<<<< SEARCH\n   RATE = 0.01\n   =======\n   RATE = 0.02\n   >>>>>>> REPLACE\n", R, ONE, O),
    Case("fences inside the block", "train.py\n<<<<<<< SEARCH\n```python\nRATE = 0.01\n```\n=======\n```python\nRATE = 0.02\n```\n>>>>>>> REPLACE\n", R),
    Case("end marker forgotten before the fence", "train.py\n```python\n<<<<<<< SEARCH\nRATE = 0.01\n=======\nRATE = 0.02\n```\n", R),
    Case("end marker forgotten at the end", "train.py\n<<<<<<< SEARCH\nRATE = 0.01\n=======\nRATE = 0.02\n", R),
    Case("fence never closed", "train.py\n```python\n" + bare_block("RATE = 0.01", "RATE = 0.02"), R),
    Case("CRLF answer", block("RATE = 0.01", "RATE = 0.02").replace("\n", "\r\n"), R),
    Case("spaces at line ends", block("RATE = 0.01   \nSTEPS = 100 ", "RATE = 0.02\nSTEPS = 100"), R),
    Case("tab instead of a space at the end", block("RATE = 0.01\t", "RATE = 0.02"), R),
    Case("blank lines around", block("\n\nRATE = 0.01\n", "\n\nRATE = 0.02\n"), R),
    Case("indentation lost", block("y = x * RATE\nreturn math.sqrt(y)", "y = x * RATE * 2\nreturn math.sqrt(y)"), {"train.py": TRAIN.replace("x * RATE", "x * RATE * 2")}),
    Case("indentation too deep", block("        y = x * RATE", "        y = x * RATE * 2"), {"train.py": TRAIN.replace("x * RATE", "x * RATE * 2")}),
    Case("indentation half", block("  y = x * RATE\n  return math.sqrt(y)", "  y = x + RATE\n  return math.sqrt(y)"), {"train.py": TRAIN.replace("x * RATE", "x + RATE")}),
    Case("line numbers", block("3: RATE = 0.01\n4: STEPS = 100", "3: RATE = 0.02\n4: STEPS = 200"), {"train.py": LONG}),
    Case("line numbers in the search only", block("3| RATE = 0.01\n4| STEPS = 100", "RATE = 0.02\nSTEPS = 200"), {"train.py": LONG}),
    Case("a context line misremembered", block("def train(x):\n    for i in range(STEPS):\n        x -= loss(x)\n    return x", "def train(x):\n    for i in range(STEPS):\n        x -= 2 * loss(x)\n    return x"), {"train.py": TRAIN.replace("x -= loss", "x -= 2 * loss")}),
    Case("two blocks", block("RATE = 0.01", "RATE = 0.02") + "and\n" + block("STEPS = 100", "STEPS = 200"), {"train.py": LONG}),
    Case("two blocks in one fence", "train.py\n```\n" + bare_block("RATE = 0.01", "RATE = 0.02") + bare_block("STEPS = 100", "STEPS = 200") + "```\n", {"train.py": LONG}),
    Case("two files", block("RATE = 0.01", "RATE = 0.02") + block("WIDTH = 8", "WIDTH = 9", "lib/net.py"), {**R, "lib/net.py": NET.replace("8", "9")}),
    Case("two files in one fence", "```\ntrain.py\n" + bare_block("RATE = 0.01", "RATE = 0.02") + "lib/net.py\n" + bare_block("WIDTH = 8", "WIDTH = 9") + "```\n", {**R, "lib/net.py": NET.replace("8", "9")}),
    Case("lines deleted", block("STEPS = 100\n", "", "train.py").replace("STEPS = 100", "    y = x * RATE"), {"train.py": TRAIN.replace("    y = x * RATE\n", "")}),
    Case("lines added", block("STEPS = 100", "STEPS = 100\nCLIP = 1"), {"train.py": TRAIN.replace("STEPS = 100", "STEPS = 100\nCLIP = 1")}),
    Case("thinking first", "<think>\nMaybe ```python\nRATE = 9\n``` no.\n</think>\n" + block("RATE = 0.01", "RATE = 0.02"), R),
    Case("thinking without its beginning", "Let me see. The rate is small.\n</think>\n\n" + block("RATE = 0.01", "RATE = 0.02"), R),
    Case("a stop mark", block("RATE = 0.01", "RATE = 0.02") + "<|im_end|>", R),
    Case("byte order mark", "\ufeff" + block("RATE = 0.01", "RATE = 0.02"), R),
    Case("divider in the file", "doc.rst\n" + bare_block("Title\n=======\n\nold words", "Title\n=======\n\nnew words"), None, {"doc.rst": REST}, ("doc.rst",)),
    Case("divider in the search alone", "doc.rst\n" + bare_block("Title\n=======\n\nold words", "new words"), None, {"doc.rst": REST}, ("doc.rst",)),
    Case("divider in the replacement alone", "doc.rst\n" + bare_block("old words", "Part\n=======\nnew"), {"doc.rst": REST.replace("old words", "Part\n=======\nnew")}, {"doc.rst": REST}, ("doc.rst",)),
    Case("no newline at the end of the file", block("B = 2", "B = 3", "a.py"), {"a.py": "A = 1\nB = 3"}, {"a.py": "A = 1\nB = 2"}, ("a.py",)),
    Case("file with CRLF", block("RATE = 0.01\nSTEPS = 100", "RATE = 0.02\nSTEPS = 100"), {"train.py": FAST.replace("\n", "\r\n")}, {"train.py": CR}, O),
    # whole files
    Case("whole file", whole(FAST), R),
    Case("whole file, no newline at its end", whole(FAST.rstrip("\n") + "\n\n\n"), R),
    Case("whole file in XML", f'<file path="train.py">\n{FAST}</file>', R),
    Case("whole file in XML and a fence", f'<file name="train.py">\n```python\n{FAST}```\n</file>\n', R),
    Case("whole file with its name as a comment", f"```python\n# train.py\n{FAST}```\n", R),
    Case("whole file, heading (full)", whole(FAST, "**train.py** (full file)"), R),
    Case("two whole files", whole(FAST) + whole(NET.replace("8", "9"), "lib/net.py"), {**R, "lib/net.py": NET.replace("8", "9")}),
    Case("whole file of a file with CRLF", whole(FAST), {"train.py": FAST.replace("\n", "\r\n")}, {"train.py": CR}, O),
    Case("whole file that holds fences", whole(FENCED.replace("X = 1", "X = 2"), "d.py"), {"d.py": FENCED.replace("X = 1", "X = 2")}, {"d.py": FENCED}, ("d.py",)),
    Case("before and after", whole(TRAIN, "train.py (before)") + whole(FAST, "train.py (after)"), R),
    one("whole file without a path", f"Here it is:\n```python\n{FAST}```\nGood luck!"),
    one("whole file without a fence", FAST),
    one("whole file, fence never closed", f"```python\n{FAST}"),
    one("whole file and a shell command", f"```python\n{FAST}```\nRun it:\n```bash\npython train.py\n```\n"),
    one("whole file and a snippet", f"I change this line:\n```python\nRATE = 0.02\n```\nAll of it:\n```python\n{FAST}```\n"),
    one("new functions", f"```python\n{FAST.replace('y = x * RATE', 'y = twice(x) * RATE')}\n\ndef twice(x):\n    return 2 * x\n```\n", {"train.py": FAST.replace("y = x * RATE", "y = twice(x) * RATE") + "\n\ndef twice(x):\n    return 2 * x\n"}),
    # diffs
    Case("diff in a fence", f"```diff\n{DIFF}```\n", R),
    Case("diff without a fence", f"Double it.\n\n{DIFF}\nThat is all.\n", R),
    Case("diff with wrong line numbers", f"```diff\n{DIFF.replace('-1,5 +1,5', '-40,9 +41,2')}```\n", R),
    Case("diff without line numbers", f"```diff\n{DIFF.replace('@@ -1,5 +1,5 @@', '@@ ... @@')}```\n", R),
    Case("diff without file names", "train.py\n```diff\n@@ -3,1 +3,1 @@\n-RATE = 0.01\n+RATE = 0.02\n```\n", R),
    Case("diff of plus and minus alone", "train.py\n```diff\n-RATE = 0.01\n+RATE = 0.02\n```\n", R),
    Case("diff whose context lost its space", "```diff\n--- train.py\n+++ train.py\n@@ -3,2 +3,2 @@\n-RATE = 0.01\n+RATE = 0.02\nSTEPS = 100\n```\n", R),
    Case("diff of git", "```\ndiff --git a/train.py b/train.py\nindex 123..456 100644\n" + DIFF + "```\n", R),
    Case("diff with two hunks", "```diff\n--- a/train.py\n+++ b/train.py\n@@ -3 +3 @@\n-RATE = 0.01\n+RATE = 0.02\n@@ -4 +4 @@\n-STEPS = 100\n+STEPS = 200\n```\n", {"train.py": LONG}),
    Case("diff that fits two places, whatever line it says", "```diff\n--- a/a.py\n+++ b/a.py\n@@ -3 +3 @@\n-x = 1\n+x = 2\n```\n", None, {"a.py": "x = 1\ny = 0\nx = 1\n"}, ("a.py",)),
    Case("patch as Codex writes it", "*** Begin Patch\n*** Update File: train.py\n@@\n import math\n \n-RATE = 0.01\n+RATE = 0.02\n*** End Patch\n", R),
    Case("diff that deletes a file", "```diff\n--- a/lib/net.py\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-WIDTH = 8\n-\n```\n", {"lib/net.py": None}),
    # JSON and tool calls
    Case("JSON list of edits", json.dumps({"rationale": "Faster.", "edits": [EDIT]}), R),
    Case("JSON in a fence", f"Here:\n```json\n{json.dumps([EDIT], indent=1)}\n```\n", R),
    Case("JSON, files by path", json.dumps({"files": {"train.py": FAST}}), R),
    Case("JSON, path and content", json.dumps({"path": "train.py", "content": FAST}), R),
    Case("JSON, lines", json.dumps({"path": "train.py", "content": FAST.splitlines()}), R),
    Case("JSON with raw newlines", '{"path": "train.py", "content": "' + FAST.replace('"', '\\"') + '"}', R),
    Case("JSON around a plain answer", json.dumps({"answer": block("RATE = 0.01", "RATE = 0.02")}), R),
    Case("JSON with a diff", json.dumps({"path": "train.py", "diff": DIFF}), R),
    Case("OpenAI tool call", tool("edit", json.dumps(EDIT)), R),
    Case("tool call with an object", tool("edit", {"edits": [EDIT]}), R),
    Case("Anthropic tool use", json.dumps({"type": "tool_use", "name": "str_replace_based_edit_tool", "input": STR}), R),
    Case("tool call in tags", f"Sure.\n<tool_call>\n{json.dumps({'name': 'edit', 'arguments': STR})}\n</tool_call>", R),
    Case("tool call with parameters in tags", '<invoke name="edit">\n<parameter name="path">train.py</parameter>\n<parameter name="old_str">RATE = 0.01</parameter>\n<parameter name="new_str">RATE = 0.02</parameter>\n</invoke>', R),
    Case("tool call, part of a line", json.dumps({**STR, "old_str": "= 0.01", "new_str": "= 0.02"}), R),
    # refused: unsure, cut off, forbidden, or nothing
    Case("nothing", "", None),
    Case("only words", "I would raise the rate and train for longer.", None),
    Case("search fits two places", block("x = 1", "x = 2", "a.py"), None, {"a.py": "x = 1\ny = 0\nx = 1\n"}, ("a.py",)),
    Case("search fits two places at another depth", block("return 1", "return 2", "a.py"), None, {"a.py": "def f():\n    return 1\n\n\ndef g():\n    return 1\n"}, ("a.py",)),
    Case("search is nowhere", block("SPEED = 3", "SPEED = 4"), None),
    Case("search misremembers what it changes", block("import math\n\nRATE = 0.5\nSTEPS = 100", "import math\n\nRATE = 0.6\nSTEPS = 100"), None),
    Case("file that may not change", block("LIMIT = 3", "LIMIT = 9", "fixed.py"), None),
    Case("file outside", whole("x = 1\n", "../../etc/passwd"), None),
    Case("another file of the same name", whole(FAST, "tests/train.py"), None),
    Case("no path, text is in two files", bare_block("A = 1", "A = 2"), None, {"a.py": "A = 1\n", "b.py": "A = 1\n"}, ("a.py", "b.py")),
    Case("whole file without a path, two files", f"```python\n{FAST}```\n", None),
    Case("rest unchanged", whole("RATE = 0.02\n\n# ... rest of the code unchanged ...\n"), None),
    Case("existing code", whole(FAST.replace("def train(x):", "# existing code here\ndef train(x):")), None),
    Case("dots for lines", whole(FAST.replace("    y = x * RATE\n", "    ...\n    # ...\n")), None),
    Case("left out in a replacement", block("    y = x * RATE\n    return math.sqrt(y)", "    y = 1\n    # ... same as before ..."), None),
    one("an excerpt", "```python\nRATE = 0.02\n```\n", None),
    one("one function of three", "```python\ndef loss(x):\n    return x\n```\n", None),
    one("the file without its end", f"```python\n{FAST.split('if __name__')[0]}```\n", None),
    one("cut off", f"```python\n{FAST[:150]}", None, complete=False),
    one("cut off where it still reads", f"```python\n{FAST.split('def train')[0]}", None, complete=False),
    Case("cut off within a block", "train.py\n<<<<<<< SEARCH\nRATE = 0.01\n=======\nRATE = 0.0", None, complete=False),
    Case("cut off before the middle", "train.py\n<<<<<<< SEARCH\nRATE = 0.01\n", None),
    Case("still thinking", "<think>\nThe rate could be", None),
    Case("nothing changes", block("RATE = 0.01", "RATE = 0.01"), None),
    Case("whole file and a block", whole(FAST) + block("STEPS = 100", "STEPS = 200"), None),
    Case("twice, differently", whole(FAST) + whole(LONG), None),
    Case("search of nothing", block("", "RATE = 0.02"), None),
    Case("blocks without a middle", "train.py\n<<<<<<< SEARCH\nRATE = 0.01\nRATE = 0.02\n>>>>>>> REPLACE\n", None),
    Case("broken JSON", '{"path": "train.py", "content": "import math\\nRATE = 0.02', None),
    Case("lone surrogate", json.dumps({"path": "train.py", "old_str": "RATE = 0.01", "new_str": "RATE = '\ud800'"}), None),
    Case("second block changes the first", block("RATE = 0.01", "RATE = 0.02") + block("RATE = 0.02", "RATE = 0.03"), None),
]
