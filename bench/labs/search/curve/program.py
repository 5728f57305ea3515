"""A curve with constants: the one file that agents may change."""

import math

AMPLITUDE = 1.0
RATE = 0.5
FREQUENCY = 2.0
PHASE = 0.1
OFFSET = 0.0
SLOPE = 0.1
WEIGHT = 0.2
CENTRE = 1.0
SPREAD = 0.5


def curve(x):
    """Return the modelled height at `x` in [0, 4]."""
    wave = AMPLITUDE * math.exp(-RATE * x) * math.sin(FREQUENCY * x + PHASE)
    bump = WEIGHT * math.exp(-(((x - CENTRE) / SPREAD) ** 2))
    return wave + bump + SLOPE * x + OFFSET
