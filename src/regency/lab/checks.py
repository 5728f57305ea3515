"""Refuses settings that cannot work in a lab's repository, before anything is made or run."""

import shutil
from collections.abc import Sequence

from regency import plugins
from regency.config import Config
from regency.errors import ConfigError
from regency.lab.home import SETTINGS, rules
from regency.oversee import policy
from regency.repo.tree import match


def check(config: Config, present: set[str]) -> None:
    """Refuse settings that cannot work in this repository.

    Args:
        config: The settings.
        present: Files of the lab's commit.

    Raises:
        ConfigError: What is wrong and what to do.
    """
    for pattern in config.change.editable:
        if not any(match(path, [pattern]) for path in present):
            raise ConfigError(f"editable = {pattern!r} matches no file. Correct it in {SETTINGS}.")
    needed = [config.lab.brief, *config.score.files, *config.data.files]
    needed += [name for guard in config.guards for name in guard.files]
    for name in needed:
        if name not in present:
            raise ConfigError(
                f"{name} is named in {SETTINGS} but not committed. Add and commit it."
            )
    if named := [f for f in rules(config, present) if match(f, config.change.editable)]:
        raise ConfigError(
            f"agents could edit {named[0]}, which makes the rules. Narrow `editable`."
        )
    policy.check(config.oversight.rules)
    _check_commands(config, present)
    _check_plugins(config)


def _check_commands(config: Config, present: set[str]) -> None:
    commands: list[Sequence[str]] = [phase.command for phase in config.run]
    trusted = [config.score.command, config.data.command, *(p.command for p in config.probes)]
    trusted += [guard.command for guard in config.guards]
    commands += [command for command in trusted if command]
    for command in commands:
        program = command[0]
        if program != "python" and program not in present and shutil.which(program) is None:
            raise ConfigError(f"the command {program!r} is not there. Install it or correct it.")
        script = command[1] if program == "python" and len(command) > 1 else ""
        if script.endswith(".py") and script not in present:
            raise ConfigError(
                f"{script} is run in {SETTINGS} but not committed. Add and commit it."
            )


def _check_plugins(config: Config) -> None:
    wanted = [("regency.sandboxes", config.sandbox.engine)]
    wanted.append(("regency.selectors", config.archive.select))
    wanted += [("regency.guards", guard.kind) for guard in config.guards]
    wanted += [("regency.proposers", agent.kind) for agent in config.agents.values()]
    for group, name in wanted:
        if name not in plugins.names(group):
            known = ", ".join(plugins.names(group))
            raise ConfigError(f"{SETTINGS}: {name!r} is not one of {group}: {known}.")
