"""Runs inside the sandbox, under the interpreter alone: one session of a command-line agent.

    python session_program.py SESSION.json OUT

Makes a repository of one commit from the files in the working directory, runs the agent in it, and
writes what is there afterwards, committed or not, to OUT/result.json; what it printed goes to
OUT/transcript. Nothing that it writes is trusted by those who read it.
"""

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

GRACE_S = 5
MOST_TRANSCRIPT = 8 << 20
MOST_FILE = 4 << 20
MOST_ALL = 24 << 20
MOST_SAID = 20_000


def main() -> None:
    """Run the session."""
    told = json.loads(Path(sys.argv[1]).read_text())
    out = Path(sys.argv[2])
    base = Path(tempfile.gettempdir())
    home, work = base / "home", base / "work"
    home.mkdir()
    shutil.copytree(Path.cwd(), work)
    for path in (work, *work.rglob("*")):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    _start_repository(work, told["message"], told["ignore"])
    prompt, said = base / "brief.md", base / "rationale.md"
    text = told["prompt"].replace("{rationale}", str(said))
    prompt.write_text(text)
    marks = {"{prompt_file}": str(prompt), "{home}": str(home), "{prompt}": text}
    marks["{rationale}"] = str(said)
    words = [_filled(word, marks) for word in told["command"]]
    programs = os.pathsep.join([os.environ["PATH"], *told["path"]])
    environment = {**os.environ, **told["set"], "HOME": str(home), "PATH": programs}
    if told["talks"]:
        import talk_program  # type: ignore[import-not-found]  # lies beside this file there

        hello = {"work": str(work), "rationale": str(said)}
        log = out / "transcript"
        result = talk_program.talk(words, work, environment, hello, told["wall_s"], log, _end)
        _shorten(log)
    else:
        source = prompt if told["stdin"] else None
        result = _run(words, work, environment, source, told["wall_s"], out)
    result |= _left(work)
    result["said"] = _text(said)
    result["commits"] = _git(work, "log", "--format=%B%x00", "--max-count=50", "HEAD", check=False)
    (out / "result.json").write_text(json.dumps(result))


def _filled(word: str, marks: dict[str, str]) -> str:
    """Return ``word`` with its marks filled in; what is filled in is not looked at again."""
    return re.sub("|".join(map(re.escape, marks)), lambda found: marks[found[0]], word)


def _start_repository(work: Path, message: str, ignore: list[str]) -> None:
    _git(work, "init", "--quiet", "--initial-branch=main", ".")
    _git(work, "config", "user.name", "agent")
    _git(work, "config", "user.email", "agent@agents.regency.invalid")
    (work / ".git" / "info").mkdir(exist_ok=True)
    (work / ".git" / "info" / "exclude").write_text("\n".join(ignore) + "\n")
    _git(work, "add", "--all", "--force", ".")
    _git(work, "commit", "--quiet", "--allow-empty", "-m", message)


def _run(
    words: list[str],
    work: Path,
    environment: dict[str, str],
    stdin: Path | None,
    wall_s: float,
    out: Path,
) -> dict[str, object]:
    with (out / "transcript").open("wb") as log, (stdin or Path(os.devnull)).open("rb") as source:
        try:
            process = subprocess.Popen(
                words, cwd=work, env=environment, stdin=source, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            return {"ended": "missing", "code": 127, "why": str(error)}
        try:
            process.wait(wall_s)
            ended = "exit"
        except subprocess.TimeoutExpired:
            ended = "time"
        _end(process)
    _shorten(out / "transcript")
    return {"ended": ended, "code": process.returncode, "why": ""}


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End what the agent left running, so that nothing changes while we look."""
    for number, patience in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)


def _shorten(transcript: Path) -> None:
    size = transcript.stat().st_size
    if size <= MOST_TRANSCRIPT:
        return
    with transcript.open("rb+") as file:
        head = file.read(MOST_TRANSCRIPT // 8)
        file.seek(size - MOST_TRANSCRIPT * 7 // 8)
        tail = file.read()
        file.seek(0)
        file.write(head + b"\n[... shortened ...]\n" + tail)
        file.truncate()


def _left(work: Path) -> dict[str, object]:
    """Return the files that are there now: all but what git ignores."""
    names = _git(work, "ls-files", "-z", "--cached", "--others", "--exclude-standard", check=False)
    found = names.split("\0") if names else [str(p.relative_to(work)) for p in work.rglob("*")]
    files, special, room = {}, [], MOST_ALL
    for name in sorted({name for name in found if name and name.split("/")[0] != ".git"}):
        path = work / name
        try:
            info = path.lstat()
        except OSError:
            continue  # deleted
        if stat.S_ISDIR(info.st_mode):
            continue
        room -= info.st_size
        if not stat.S_ISREG(info.st_mode) or info.st_size > MOST_FILE or room < 0:
            special.append(name)
            continue
        mode = 0o100755 if info.st_mode & stat.S_IXUSR else 0o100644
        files[name] = [mode, base64.b64encode(path.read_bytes()).decode()]
    return {"files": files, "special": special}


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):
        if path.is_file() and not path.is_symlink():
            with path.open(errors="replace") as file:
                return file.read(MOST_SAID)
    return ""


def _git(work: Path, *words: str, check: bool = True) -> str:
    done = subprocess.run(
        ["git", *words], cwd=work, capture_output=True, text=True, errors="replace", check=check
    )
    return done.stdout


if __name__ == "__main__":
    main()
