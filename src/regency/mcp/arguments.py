"""What each tool takes: the schemas that clients are shown, and by which calls are checked."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from regency.errors import BadInput

MOST_TEXT = 4_000_000  # characters of one file or patch; what a lab allows is less
MOST_WAIT_S = 600.0
_SAID = 20_000
_FIRST_FAULTS = 3

Name = Annotated[str, Field(max_length=200)]
Path = Annotated[str, Field(min_length=1, max_length=1000)]
Text = Annotated[str, Field(max_length=MOST_TEXT)]


class Arguments(BaseModel):
    """Arguments of a tool; unknown ones are errors."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Arguments):
    """Of a tool that takes none."""


class BriefArguments(Arguments):
    """Of `brief`."""

    tokens: int = Field(12_000, ge=500, le=200_000, description="Fit it to about so many tokens.")


class FilesArguments(Arguments):
    """Of `list_files`."""

    candidate: Name = Field("champion", description="A candidate's id; default: the champion.")


class FileArguments(FilesArguments):
    """Of `read_file`."""

    path: Path = Field(description="As `list_files` gives it.")
    first_line: int = Field(1, ge=1, le=10_000_000, description="Begin with this line.")


class ResultsArguments(Arguments):
    """Of `results`."""

    order: Literal["newest", "best"] = Field("newest", description="By time, or by search gain.")
    limit: int = Field(20, ge=1, le=100, description="Most candidates.")


class OneArguments(Arguments):
    """Of `show`."""

    id: Name = Field(description="A candidate, packet or generation: c12, p3, generation/1.")


class ChangeArguments(Arguments):
    """A change: whole files, or a unified diff, or both (the diff first)."""

    files: dict[Path, Text | None] = Field(
        default_factory=dict,
        max_length=500,
        description="Path → the whole new text of that file; null deletes it.",
    )
    patch: Text | None = Field(None, description="A unified diff; line numbers may be off.")
    parent: Name = Field("", description="What it was made from; default: the champion.")

    @model_validator(mode="after")
    def _something(self) -> "ChangeArguments":
        if not self.files and self.patch is None:
            raise ValueError("give the change: `files` or `patch`")
        return self


class TryArguments(ChangeArguments):
    """Of `try`."""

    trials: int = Field(1, ge=1, le=100, description="Runs, each with another seed.")


class SubmitArguments(ChangeArguments):
    """Of `submit`."""

    rationale: str = Field(
        min_length=1, max_length=_SAID, description="What was changed and why; it must be true."
    )
    claims: list[Annotated[str, Field(max_length=_SAID)]] = Field(
        default_factory=list, max_length=20, description="Claims; each is checked by the diff."
    )


class VerdictArguments(Arguments):
    """Of `verdict`."""

    candidate: Name = Field(description="The id that `submit` gave.")
    wait_s: float = Field(
        0, ge=0, le=MOST_WAIT_S, description="Seconds to wait for it; a run must be going on."
    )


class NotebookArguments(Arguments):
    """Of `notebook`."""

    write: str = Field("", max_length=_SAID, description="A new page; leave out to read.")
    about: list[Name] = Field(
        default_factory=list, max_length=20, description="Candidates that it is about."
    )
    newest: int = Field(20, ge=1, le=200, description="When reading: most pages, the newest.")


def checked(kind: type[Arguments], given: object) -> Arguments:
    """Return ``given`` as arguments.

    Raises:
        BadInput: They are not what the schema says.
    """
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part)[:40] for part in fault['loc']) or 'arguments'}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)[:_FIRST_FAULTS]
        ]
        raise BadInput(f"{'; '.join(faults)}. The tool's schema says what it takes.") from None
