"""Jobs, limits, outcomes and trials."""

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_SCRIPT = re.compile(r"[^-{}][^{}]*\.py")


class Purpose(enum.StrEnum):
    """Why a trial is run."""

    CALIBRATE = "calibrate"
    SEARCH = "search"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sandboxed job may use; ``None`` means no limit of that kind.

    Attributes:
        cpu_s: CPU-seconds of the whole process, interpreter start included; told to the
            candidate as ``REGENCY_CPU_S``. More than 5 % over is a fault.
        wall_s: Wall-clock seconds, after which everything is killed.
        memory_bytes: Data memory.
        processes: 1 means that new processes are refused (threads are allowed).
        disk_bytes: Size of everything that it may write.
        output_bytes: Largest declared output and largest kept log.
        network: Whether it may use the network.
    """

    cpu_s: float | None = None
    wall_s: float = 60.0
    memory_bytes: int | None = 1 << 30
    processes: int = 1
    disk_bytes: int = 64 << 20
    output_bytes: int = 64 << 20
    network: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """One process for the sandbox: data only, so that any engine can run it.

    Attributes:
        command: Program and arguments; ``python`` as first word is the trusted interpreter.
            Inputs appear under ``/in``, declared outputs are written under ``/out``.
        files: Host folder that becomes the read-only working directory ``/lab``.
        inputs: Name below ``/in`` → host file, mounted read-only.
        outputs: Output name (a plain file name below ``/out``) → host path that the supervisor
            writes once the job has ended. Only regular files, size-capped, links not followed.
        env: Additional environment.
    """

    command: tuple[str, ...]
    files: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)


def is_script(command: Sequence[str]) -> bool:
    """Return whether ``command`` runs a Python script, so that a fork can run it too."""
    return len(command) > 1 and command[0] == "python" and bool(_SCRIPT.fullmatch(command[1]))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one job.

    Attributes:
        status: ``ok``, ``failed`` (non-zero exit or a fatal signal of its own), ``cpu``,
            ``wall``, ``memory``, ``disk``, ``output`` (a declared output is missing, too big or
            not a regular file), ``missing`` (the program could not be started) or ``refused``
            (the sandbox could not be set up).
        message: One plain sentence on what happened; empty when ok.
        exit_code: Exit code, or minus the signal.
        cpu_s: CPU-seconds of the whole process tree, measured from outside.
        wall_s: Wall-clock seconds, measured from outside.
        memory_bytes: Peak resident memory.
        stdout: First and last part of standard output, decoded with replacement.
        stderr: The same of standard error.
        outputs: Output name → size in bytes, of those that were collected.
        level: Isolation level that was in force, ``A`` to ``D``.
        start: ``cold`` (a program of its own) or ``fork`` (of a process with imports done).
    """

    status: str
    message: str = ""
    exit_code: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    memory_bytes: int = 0
    stdout: str = ""
    stderr: str = ""
    outputs: Mapping[str, int] = field(default_factory=dict)
    level: str = "A"
    start: str = "cold"


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """A trial that a stage asks for; ``key`` makes asking again after a crash harmless.

    Attributes:
        key: Unique and deterministic, for example ``confirm/3/0/candidate``. A finished trial
            with this key is handed back instead of being run again.
        candidate: Candidate id.
        purpose: Why.
        split: ``search`` or ``confirm``.
        seed: Seed given to the candidate.
        probed: Whether the lab's probes are put to it as well.
    """

    key: str
    candidate: str
    purpose: Purpose
    split: str
    seed: int
    probed: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """One sandboxed run of one candidate with one seed, scored.

    Attributes:
        key: As requested.
        candidate: Candidate id.
        purpose: Why.
        split: ``search`` or ``confirm``.
        seed: Seed.
        score: The metric, finite; None if the trial is invalid.
        scores: Every number the scorer gave, and the measured ones that guards use:
            ``cpu_s``, ``wall_s``, ``memory_bytes``, and ``<output>_bytes`` for each output;
            ``probe_cpu_s`` and ``probe_wall_s`` are what probes cost on top.
        trust: ``blind`` or ``self-reported``.
        fault: Why the trial is invalid, one sentence; empty otherwise.
        outcomes: One per phase, in order.
        artifacts: Output name → SHA-256, hexadecimal.
        core: CPU core it was pinned to, -1 if none.
    """

    key: str
    candidate: str
    purpose: Purpose
    split: str
    seed: int
    score: float | None
    scores: Mapping[str, float] = field(default_factory=dict)
    trust: str = "blind"
    fault: str = ""
    outcomes: tuple[Outcome, ...] = ()
    artifacts: Mapping[str, str] = field(default_factory=dict)
    core: int = -1


# A generator of this kind is how a stage asks for trials without knowing who runs them: it
# yields batches (each run in the given order on one core, so that arms are interleaved),
# receives their trials in the same shape, and returns its record.
Batch = tuple[TrialRequest, ...]
