"""What has paid so far: Thompson sampling over sites and moves, from outcomes alone.

Effects are in units of the noise (sd of one paired difference). A site whose values have an order
has a response a·u - b·u² along its coordinate u, learnt by Bayesian linear regression of the
differences that were seen (Bishop, Pattern Recognition and Machine Learning, 3.3): a step that
paid is followed further, one that hurt is reversed, and curvature shortens steps. Other moves
have a normal mean each. Scales, means and validity are shrunk towards those of their kind and
position. Memory and time per outcome do not grow with history.
"""

import math
import random
from dataclasses import dataclass, field

from regency.propose.mutate.hunks import Hunk
from regency.propose.mutate.literals import BOLD, Move, fine_moves
from regency.propose.mutate.sites import Site

# Prior scale of effects in noise units. Only structure speaks here, never a name.
_POSITIONS = {
    "constant": 6.0, "field": 6.0, "default": 4.5, "module": 4.0, "part": 3.5, "local": 2.5,
    "keyword": 1.5, "deep": 0.8, "body": 0.8, "index": 0.15, "edge": 0.1,
}  # fmt: skip
_KINDS = {
    "float": 1.0, "int": 0.9, "bool": 0.8, "string": 0.9, "call": 0.9, "arithmetic": 0.7,
    "comparison": 0.4, "logic": 0.4, "statement": 0.8,
}  # fmt: skip
_LARGEST = 15.0
_FADE = 0.85
# Steps follow the success rule of (1+1) evolution strategies (Rechenberg 1973, Schumer and
# Steiglitz 1968): four failures take back what one success adds.
_WIDER, _NARROWER = 1.5, 1.5**-0.25
_SMALLEST = 0.005
_FLAT = 0.3  # noise units, beyond what rounding to half the noise makes of zero
_INERT = 0.1  # share of sites whose edits change nothing that is measured
_LIKELIER = 5.0  # how much oftener an inert edit than another gives a flat outcome
PAYS = 1.0  # noise units; also what is learnt of a move's direction starts there
_HOPE = 2.0  # outcomes that a new site's hope, which is its kind's, is worth


@dataclass(slots=True)
class Group:
    """Pooled outcomes of one kind of site in one kind of position."""

    n: float = 0.0
    total: float = 0.0
    squares: float = 0.0
    valid: int = 0
    invalid: int = 0
    paid: int = 0


@dataclass(slots=True)
class Response:
    """Sufficient statistics of one site's response along its coordinate."""

    origin: float
    s11: float = 0.0
    s12: float = 0.0
    s22: float = 0.0
    r1: float = 0.0
    r2: float = 0.0
    n: int = 0

    def observe(self, at: float, to: float, effect: float) -> None:
        """Take in that moving from ``at`` to ``to`` had ``effect``, fading what was before."""
        x1, x2 = self.features(at, to)
        weight = 1.0 / (1.0 + (0.2 * effect) ** 2)
        self.s11 = _FADE * self.s11 + weight * x1 * x1
        self.s12 = _FADE * self.s12 + weight * x1 * x2
        self.s22 = _FADE * self.s22 + weight * x2 * x2
        self.r1 = _FADE * self.r1 + weight * x1 * effect
        self.r2 = _FADE * self.r2 + weight * x2 * effect
        self.n += 1

    def features(self, at: float, to: float) -> tuple[float, float]:
        """Return the regressors of a move from ``at`` to ``to``."""
        here, there = at - self.origin, to - self.origin
        return there - here, here * here - there * there

    def vertex(self) -> float | None:
        """Return where the response is expected to be highest, None where it only rises."""
        m11, m12, m22 = self.s11 + 0.01, self.s12, self.s22 + 0.01
        a, b = m22 * self.r1 - m12 * self.r2, m11 * self.r2 - m12 * self.r1
        return self.origin + a / (2 * b) if b > 0 else None

    def sample(self, scale: float, rng: random.Random) -> tuple[float, float]:
        """Return a draw of (a, b) from the posterior, for effects of size ``scale``."""
        mean_b = 0.35 * scale / BOLD**2
        p1, p2 = (BOLD / scale) ** 2, 1.0 / mean_b**2
        m11, m12, m22 = self.s11 + p1, self.s12, self.s22 + p2
        r1, r2 = self.r1, self.r2 + p2 * mean_b
        det = m11 * m22 - m12 * m12
        a, b = (m22 * r1 - m12 * r2) / det, (m11 * r2 - m12 * r1) / det
        # Draw from N((a, b), M⁻¹) through the Cholesky factor of M⁻¹.
        l11 = math.sqrt(m22 / det)
        l21 = -m12 / det / l11
        l22 = math.sqrt(max(m11 / det - l21 * l21, 0.0))
        z1, z2 = rng.gauss(0, 1), rng.gauss(0, 1)
        return a + l11 * z1, b + l21 * z1 + l22 * z2


@dataclass(slots=True)
class Mean:
    """Sum and count of one unordered move's effects."""

    n: int = 0
    total: float = 0.0


@dataclass(slots=True)
class Record:
    """What is known of one site."""

    valid: int = 0
    invalid: int = 0
    paid: int = 0
    step: float = BOLD
    up: list[int] = field(default_factory=lambda: [0, 0, 0])
    down: list[int] = field(default_factory=lambda: [0, 0, 0])
    responses: dict[str, Response] = field(default_factory=dict)
    means: dict[tuple[str, str], Mean] = field(default_factory=dict)

    def adapt(self, size: float, *, paid: bool) -> None:
        """Widen the step where one of ``size`` paid, narrow it where one no larger did not."""
        if paid:
            self.step = min(BOLD, max(self.step, size) * _WIDER)
        elif size <= 2 * self.step:
            self.step = max(_SMALLEST, self.step * _NARROWER)


class Learner:
    """Beliefs about sites and moves; a function of the outcomes seen and nothing else."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.groups: dict[tuple[str, str], Group] = {}
        self.sites: dict[str, Record] = {}

    def observe(self, hunk: Hunk, effect: float | None) -> None:
        """Take in one outcome.

        Args:
            hunk: The only edit of the candidate.
            effect: Gain in units of the noise; None if the candidate was invalid.
        """
        group = self.groups.setdefault((hunk.kind, hunk.position), Group())
        record = self.sites.setdefault(hunk.site, Record())
        side = record.up if hunk.to > hunk.at else record.down
        side[effect is None] += 1
        side[2] += effect is not None and abs(effect) < _FLAT
        if effect is None:
            group.invalid += 1
            record.invalid += 1
            record.adapt(abs(hunk.to - hunk.at), paid=False)
            return
        group.valid += 1
        record.valid += 1
        record.paid += effect >= PAYS
        group.paid += effect >= PAYS
        # Less than one sd says that the effect is small, not which way it goes.
        effect = 0.0 if abs(effect) < PAYS else max(-_LARGEST, min(_LARGEST, effect))
        group.n += 1
        group.total += effect
        # Losses say nothing of what can be gained: where all else hurts, hope must fade.
        group.squares += 2 * max(effect, 0.0) ** 2
        self._learn(record, hunk, effect)

    def _learn(self, record: Record, hunk: Hunk, effect: float) -> None:
        if hunk.scale:
            record.adapt(abs(hunk.to - hunk.at), paid=effect > 0)
            response = record.responses.setdefault(hunk.scale, Response(hunk.at))
            response.observe(hunk.at, hunk.to, effect)
            return
        for pair, value in (((hunk.old, hunk.new), effect), ((hunk.new, hunk.old), -effect)):
            mean = record.means.setdefault(pair, Mean())
            mean.n += 1
            mean.total += value

    def fine(self, site: Site) -> tuple[Move, ...]:
        """Return steps at ``site`` of the size that last paid there, once its direction is known.

        Also the step to where its response is expected to be highest.
        """
        record = self.sites.get(site.key)
        if record is None or record.valid + record.invalid < 2 or not self.movable(site):
            return ()
        at, steps = site.at or 0.0, [record.step, -record.step]
        response = record.responses.get(site.scale)
        top = response.vertex() if response else None
        if top is not None and abs(top - at) <= 2 * BOLD:
            steps.append(top - at)
        return fine_moves(site.old, site.scale, steps)

    def movable(self, site: Site) -> bool:
        """Return whether ``site`` is a number that any step can be made of, and seems to matter."""
        live = self.chance_live(site, up=True) > 0.5 or self.chance_live(site, up=False) > 0.5
        return site.kind == "float" and site.at is not None and site.position != "edge" and live

    def step(self, site: Site, rng: random.Random) -> Move | None:
        """Return a Gaussian step at ``site``, None if it is too small to be written."""
        record = self.sites.get(site.key) or Record()
        moves = fine_moves(site.old, site.scale, [rng.gauss(0, record.step)])
        return moves[0] if moves else None

    def together(self, hunks: tuple[Hunk, ...], effect: float | None) -> None:
        """Take in that ``hunks`` were made at once: only how far each went is learnt."""
        paid = effect is not None and effect >= PAYS
        for hunk in hunks:
            self.sites.setdefault(hunk.site, Record()).adapt(abs(hunk.to - hunk.at), paid=paid)

    def hope(self, site: Site) -> float:
        """Return how often edits at ``site`` paid, against what is usual for its kind."""
        record = self.sites.get(site.key)
        if record is None:
            return 1.0
        group = self.groups.get((site.kind, site.position)) or Group()
        usual = (1 + group.paid) / (5 + group.valid + group.invalid)
        tries = record.valid + record.invalid
        # A number that large steps did not serve may yet be served by small ones.
        least = 0.3 if site.scale else 0.0
        return max(least, (_HOPE * usual + record.paid) / (_HOPE + tries) / usual)

    def visited(self, site: Site) -> bool:
        """Return whether any outcome at ``site`` is known."""
        return site.key in self.sites

    def scale(self, kind: str, position: str) -> float:
        """Return the typical size of gains there, in noise units."""
        prior = _POSITIONS.get(position, 0.8) * _KINDS.get(kind, 0.5)
        group = self.groups.get((kind, position))
        if group is None:
            return prior
        return max(0.05, math.sqrt((12 * prior**2 + group.squares) / (12 + group.n)))

    def chance_valid(self, site: Site, *, up: bool) -> float:
        """Return the expected share of candidates that work when ``site`` changes that way."""
        group = self.groups.get((site.kind, site.position))
        p = (4.5 + group.valid) / (5 + group.valid + group.invalid) if group else 0.9
        record = self.sites.get(site.key)
        if record is None:
            return p
        p = (2 * p + record.valid) / (2 + record.valid + record.invalid)
        side = record.up if up else record.down
        return (p + side[0]) / (1 + side[0] + side[1])

    def draw(self, site: Site, moves: list[Move], rng: random.Random) -> tuple[float, Move]:
        """Return the best of ``moves`` at ``site`` under one draw from the beliefs.

        Args:
            site: The site.
            moves: Moves of ``site`` that were not tried on this parent yet; at least one.
            rng: Source of randomness.

        Returns:
            The drawn effect, in noise units, discounted by the chance of being valid; the move.
        """
        scale = self.scale(site.kind, site.position)
        record = self.sites.get(site.key)
        if record is None:
            return self._first(site, moves, scale, rng)
        ordered = [m for m in moves if site.scale and m.at is not None]
        if ordered:
            response = record.responses.get(site.scale) or Response(site.at or 0.0)
            return self._follow(site, ordered, response, scale, rng)
        return self._pick(site, moves, record, scale, rng)

    def _first(
        self, site: Site, moves: list[Move], scale: float, rng: random.Random
    ) -> tuple[float, Move]:
        at = site.at
        if at is None:
            mean, spread = self._mean(site, scale)
            value, move = rng.gauss(mean, spread), rng.choice(moves)
        else:
            # A bold step first: half of its value is that the other direction is learnt too.
            value = scale * (0.6 + 0.4 * abs(rng.gauss(0, 1)))
            up = rng.random() < 0.5
            side = [m for m in moves if m.at is not None and (m.at > at) == up]
            bold = math.log(2) if site.kind == "int" else BOLD
            wanted = at + (bold if up else -bold)
            move = min(side or moves, key=lambda m: abs((m.at or at) - wanted))
        return value * self.worth(site, move), move

    def _follow(
        self,
        site: Site,
        moves: list[Move],
        response: Response,
        scale: float,
        rng: random.Random,
    ) -> tuple[float, Move]:
        a, b = response.sample(scale, rng)
        at = site.at or 0.0
        best, found = -math.inf, moves[0]
        for move in moves:
            x1, x2 = response.features(at, move.at or 0.0)
            value = a * x1 + b * x2
            value *= self.worth(site, move) if value > 0 else 1.0
            if value > best:
                best, found = value, move
        return best, found

    def _pick(
        self,
        site: Site,
        moves: list[Move],
        record: Record,
        scale: float,
        rng: random.Random,
    ) -> tuple[float, Move]:
        prior, spread = self._mean(site, scale)
        weight = 1.0 / spread**2
        best, found = -math.inf, moves[0]
        for move in moves:
            seen = record.means.get((site.old, move.new)) or Mean()
            mean = (weight * prior + seen.total) / (weight + seen.n)
            value = rng.gauss(mean, 1 / math.sqrt(weight + seen.n))
            value *= self.worth(site, move) if value > 0 else 1.0
            if value > best:
                best, found = value, move
        return best, found

    def _mean(self, site: Site, scale: float) -> tuple[float, float]:
        # Structural edits mostly hurt; a constant may be off either way.
        group = self.groups.get((site.kind, site.position)) or Group()
        start = -0.5 * scale if site.kind in {"statement", "arithmetic", "comparison"} else 0.0
        return (5 * start + group.total) / (5 + group.n), scale

    def worth(self, site: Site, move: Move) -> float:
        """Return how far an edit can be counted on: valid, not inert, of a site that pays."""
        up = move.at is not None and site.at is not None and move.at > site.at
        hope = min(1.0, self.hope(site))
        return self.chance_valid(site, up=up) ** 2 * self.chance_live(site, up=up) * hope

    def chance_live(self, site: Site, *, up: bool) -> float:
        """Return the chance that changing ``site`` that way changes the score at all.

        By Bayes' rule over flat outcomes; a single other one settles it.
        """
        record = self.sites.get(site.key)
        if record is None:
            return 1.0
        valid, _, flat = record.up if up else record.down
        odds = _INERT / (1 - _INERT) * _LIKELIER**flat if flat == valid else 0.0
        return 1 / (1 + odds)
