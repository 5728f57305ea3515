"""The command that was given, as it can be given again."""

import shlex

import click


def spoken(context: click.Context, leave: frozenset[str] = frozenset()) -> str:
    """Return the command with its arguments and the options that are not at their defaults.

    Args:
        context: The command's.
        leave: Names of parameters to leave out.
    """
    words = context.command_path.split()
    for parameter in context.command.get_params(context):
        name = parameter.name or ""
        value = context.params.get(name)
        source = context.get_parameter_source(name)
        if name in leave or value is None or source is click.core.ParameterSource.DEFAULT:
            continue
        values = value if isinstance(value, tuple) else (value,)
        for each in values:
            words += _words(parameter, each)
    return shlex.join(words)


def _words(parameter: click.Parameter, value: object) -> list[str]:
    if isinstance(parameter, click.Argument):
        return [str(value)]
    flag = max(parameter.opts, key=len)
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return [flag if value else max(parameter.secondary_opts, key=len)]
    return [flag, str(value)]
