"""The tools as clients are shown them; light, so that a handshake does not wait for a lab."""

from collections.abc import Mapping
from dataclasses import dataclass

from regency.mcp import arguments


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: what it does, what it takes, and whether it puts anything on record."""

    does: str
    takes: type[arguments.Arguments]
    writes: bool = False


TOOLS: Mapping[str, Tool] = {
    "status": Tool(
        "Where the lab stands: champion, counts, whether it runs or is paused, your tries left.",
        arguments.Nothing,
    ),
    "brief": Tool(
        "What is wanted, the rules, what was tried, the notebook and the files. Read it first.",
        arguments.BriefArguments,
    ),
    "list_files": Tool(
        "The files of a candidate, and which of them you may change.",
        arguments.FilesArguments,
    ),
    "read_file": Tool("One file of a candidate.", arguments.FileArguments),
    "results": Tool(
        "What was proposed and what became of it; gains are rounded to half the noise.",
        arguments.ResultsArguments,
    ),
    "show": Tool(
        "One candidate with its diff and verdict, or a packet or generation.",
        arguments.OneArguments,
    ),
    "try": Tool(
        "Run a change in the lab's sandbox without proposing it; on record, within a budget. A "
        "gain below about twice noise_sd may be luck.",
        arguments.TryArguments,
        writes=True,
    ),
    "submit": Tool(
        "Propose a change; a run judges it. `verdict` tells what came of it.",
        arguments.SubmitArguments,
        writes=True,
    ),
    "verdict": Tool(
        "The verdict on a candidate; answer is empty while there is none.",
        arguments.VerdictArguments,
    ),
    "notebook": Tool(
        "Read what others learned, or write a page for those who come later.",
        arguments.NotebookArguments,
        writes=True,
    ),
}
