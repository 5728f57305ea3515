"""``regency mcp``: the lab as tools of any client that speaks the Model Context Protocol."""

from pathlib import Path

import click

from regency.cli.options import lab_option
from regency.errors import BadInput


@click.command()
@lab_option
@click.option(
    "--agent", default="", metavar="NAME", help="Name of the agent; else what it calls itself."
)
@click.option("--model", default="", metavar="M", help="The agent's model.")
def mcp(folder: str, agent: str, model: str) -> None:
    """Serve the lab to one agent, on standard input and output.

    Ten tools to read the lab, try, submit and keep notes, in the agent's view; none decides.
    Clients start it themselves: give them this command. Needs the extra regency[mcp].
    """
    try:
        from regency.mcp import serve
    except ImportError as error:
        raise BadInput(
            f"this needs the extra: pip install 'regency[mcp]' ({error.name} is missing)."
        ) from error
    serve(Path(folder), agent, model)
