"""What a reader has to be told before reading: what misleads, and what acts by itself."""

import re
from collections.abc import Iterator

from regency.evaluate import concealment
from regency.oversee.claims.difference import is_prose, is_test
from regency.ranges.span import Span
from regency.repo import diff

_MOST = 12
_LARGEST = 300_000  # bytes of a file that is looked through
_ACTING = {
    "runs in CI": re.compile(
        r"(^|/)(\.github/workflows/|\.gitlab-ci|\.circleci/|\.ci/|Jenkinsfile)"
    ),
    "runs on git's events": re.compile(
        r"(^|/)(\.husky/|\.git(attributes|modules)$|\.pre-commit-config)"
    ),
    "runs when the project is installed or tested": re.compile(
        r"(^|/)(setup\.py|conftest\.py|sitecustomize\.py|.*\.pth|postinstall[^/]*|build\.rs)$"
    ),
    "tells agents what to do": re.compile(
        r"(^|/)(AGENTS|CLAUDE|GEMINI)\.md$|(^|/)\.(cursor|claude|codex|aider)", re.IGNORECASE
    ),
}


def findings(span: Span) -> tuple[str, ...]:
    """Return one sentence each, the most telling first; cut after a dozen, with the count."""
    found = [*_modes(span), *_hidden(span), *_acting(span)]
    if len(found) > _MOST:
        return (*found[:_MOST], f"and {len(found) - _MOST} more")
    return tuple(found)


def _acting(span: Span) -> Iterator[str]:
    for what, pattern in _ACTING.items():
        paths = [p for p in sorted({*span.before, *span.after}) if pattern.search(p)]
        if paths:
            more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
            yield f"{', '.join(paths[:3])}{more} {what}"


def _modes(span: Span) -> Iterator[str]:
    for path, (old, new) in span.modes.items():
        if new == 0o100755 and old in (0, 0o100644):
            if old:
                yield f"{path} can be executed now"
        elif new in (0o120000, 0o160000):
            yield f"{path} is {'a link' if new == 0o120000 else 'a submodule'} now"


def _hidden(span: Span) -> Iterator[str]:
    for path, content in span.after.items():
        if diff.is_binary(content) or len(content) > _LARGEST:
            continue
        text = content.decode("utf-8", "replace")
        before = span.before.get(path, b"").decode("utf-8", "replace")
        for fault in concealment.faults(path, text, before):
            expected = "encoded" in fault or "packed" in fault or "padded" in fault
            if not (expected and (is_test(path) or is_prose(path))):
                yield fault
