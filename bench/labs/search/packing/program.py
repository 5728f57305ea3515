"""Fourteen circles in a unit square: the one file that agents may change."""

import math

INNER = 5
INNER_RADIUS = 0.2
OUTER_RADIUS = 0.35
TURN = 0.0
START = 0.01
GROWTH = 0.02


def centres(count):
    """Return two rings of centres."""
    points = []
    for i in range(count):
        ring, place, many = (0, i, INNER) if i < INNER else (1, i - INNER, count - INNER)
        distance = OUTER_RADIUS if ring else INNER_RADIUS
        angle = 2 * math.pi * place / many + TURN * ring
        points.append((0.5 + distance * math.cos(angle), 0.5 + distance * math.sin(angle)))
    return points


def room(points, radii, i):
    """Return how far circle `i` may grow."""
    x, y = points[i]
    free = min(x, y, 1 - x, 1 - y)
    for j, (a, b) in enumerate(points):
        if j != i:
            free = min(free, math.hypot(x - a, y - b) - radii[j])
    return free


def pack(count):
    """Return circles as (x, y, radius)."""
    points = centres(count)
    radii = [START] * count
    for i in range(count):
        radii[i] = min(radii[i] + GROWTH, room(points, radii, i))
    for i in range(count):
        radii[i] = min(radii[i] + GROWTH, room(points, radii, i))
    return [(x, y, r) for (x, y), r in zip(points, radii)]
