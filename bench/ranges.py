"""How long a review of a range takes, and how much of it there is to read.

    bench/ranges.py [REPOSITORY RANGE]...

Beside the ranges given: a made-up merge of 500 files (a function renamed everywhere, layout,
constants, new functions, tests, documents). Each row is one process of `regency review`.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = 500
REGENCY = [sys.executable, "-m", "regency.cli"]


def module(number: int, random_: random.Random) -> str:
    functions = "\n\n\n".join(
        f"def work_{number}_{n}(values, limit={random_.randint(1, 99)}):\n"
        f'    """Work on the values."""\n'
        f"    result = []\n"
        f"    for value in values:\n"
        f"        if value > limit:\n"
        f"            result.append(helper(value) * {random_.randint(1, 9)})\n"
        f"    return result"
        for n in range(10)
    )
    return (
        f'"""Module {number}."""\n\nfrom base import helper\n\nSIZE = {number}\n\n\n{functions}\n'
    )


def changed(number: int, text: str, random_: random.Random) -> str:
    text = text.replace("helper", "assist")
    kind = number % 5
    if kind == 1:
        text = text.replace(f"SIZE = {number}", f"SIZE = {number + 1}")
    elif kind == 2:
        text = text.replace("    result = []\n", "    # collects\n    result = []\n")
    elif kind == 3:
        text += f"\n\ndef more_{number}(x):\n    return open(x).read() if x else ''\n"
    elif kind == 4:
        text = text.replace("value > limit", "value >= limit", random_.randint(1, 3))
    return text


def made_up(folder: Path) -> str:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)

    random_ = random.Random(1)
    texts = {f"pkg{n % 25}/m{n}.py": module(n, random_) for n in range(FILES - 50)}
    texts |= {f"tests/test_m{n}.py": f"def test_{n}():\n    assert {n}\n" for n in range(40)}
    texts |= {f"docs/page{n}.md": f"# Page {n}\n" for n in range(9)}
    texts["base.py"] = "def helper(x):\n    return x + 1\n"
    folder.mkdir()
    git("init", "-q", "-b", "main")
    for key, value in (("user.name", "Bench"), ("user.email", "bench@example.org")):
        git("config", key, value)
    write(folder, texts)
    git("add", "-A")
    git("commit", "-q", "-m", "Start")
    git("switch", "-q", "-c", "feature")
    after = {p: changed(n, t, random_) if p.startswith("pkg") else t + "\nMore words.\n"
             if p.endswith(".md") else t + "\n\ndef test_more():\n    assert True\n"
             for n, (p, t) in enumerate(texts.items())}  # fmt: skip
    after["base.py"] = "def assist(x):\n    return x + 1\n"
    write(folder, after)
    git("commit", "-q", "-a", "-m", "Rename helper. No behaviour change.\n\nAdds tests.")
    git("switch", "-q", "main")
    git("merge", "-q", "--no-ff", "-m", "Merge feature", "feature")
    return "main^1..main"


def write(folder: Path, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def row(name: str, folder: str, span: str) -> None:
    command = [*REGENCY, "review", "--dir", folder, "--range", span]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    text = process.stdout.read() if process.stdout else ""
    _, _, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    done = subprocess.run([*command, "--json"], stdout=subprocess.PIPE, check=False, text=True)
    found = json.loads(done.stdout)
    cpu_s = usage.ru_utime + usage.ru_stime
    print(
        f"| {name} | {found['commits']} | {found['files']} | "
        f"{found['added'] + found['removed']:,} | {len(found['parts'])} | "
        f"{len(text.splitlines())} | {cpu_s:.1f} | {wall_s:.1f} | {usage.ru_maxrss // 1024} |"
    )


def main() -> None:
    print("| range | commits | files | lines | parts | lines to read first | CPU s | wall s | MB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as scratch:
        span = made_up(Path(scratch) / "made-up")
        row("made up, 500 files", str(Path(scratch) / "made-up"), span)
    for folder, span in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        row(span, folder, span)


main()
