"""Whether a file still is what its name says, as far as that can be known without running it."""

import ast
import json
import tomllib
import warnings


def syntax_fault(path: str, content: bytes) -> str:
    """Return why ``content`` cannot be a file called ``path``, or an empty text.

    Python, JSON and TOML are read by their parsers; of other files nothing is said.
    """
    try:
        text = content.decode()
        if path.endswith(".py"):
            _python(text)
        elif path.endswith(".json"):
            json.loads(text)
        elif path.endswith(".toml"):
            tomllib.loads(text)
    except SyntaxError as error:
        shown = (error.text or "").strip()
        return f"{path}, line {error.lineno}: {error.msg}" + (f": {shown:.120}" if shown else "")
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{path}: {str(error)[:200] or type(error).__name__}"
    return ""


def _python(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # '\d' in a string is the author's business
        compile(text, "<answer>", "exec", ast.PyCF_ONLY_AST)
