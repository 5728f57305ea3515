"""How long a task agents can do: horizons by METR's method, and what stands behind them.

The method is that of Kwa et al., "Measuring AI Ability to Complete Long Tasks" (arXiv 2503.14499),
as METR's public analysis code has it since March 2026. `measure` gives the whole answer, from
`Runs` that ``reading`` makes of what people have; `figures` and `page` show it.
"""

from regency.measure.horizon.measure import measure
from regency.measure.horizon.records import Agent, Cell, Interval, Runs, Task
from regency.measure.horizon.report import AgentHorizon, Report, Settings, TrendReport

__all__ = [
    "Agent",
    "AgentHorizon",
    "Cell",
    "Interval",
    "Report",
    "Runs",
    "Settings",
    "Task",
    "TrendReport",
    "measure",
]
