"""What an agent has spent, and whether it may spend more: caps hold before a call, not after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from regency.errors import BadInput
from regency.propose.model.dialects import Messages
from regency.propose.model.settings import Endpoint
from regency.records import Json

_MESSAGE_TOKENS = 32  # what a chat template may add to each message
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens in and out, and their price in US dollars."""

    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal = Decimal(0)

    @property
    def tokens(self) -> int:
        """All tokens."""
        return self.tokens_in + self.tokens_out

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.usd + other.usd,
        )

    def plain(self) -> dict[str, Json]:
        """Return it for the ledger: money as text."""
        return {
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "usd": format(self.usd.normalize(), "f"),
        }


def cost_of(body: Mapping[str, Json]) -> Cost:
    """Return the cost that `Cost.plain` wrote."""
    return Cost(int(body["tokens_in"]), int(body["tokens_out"]), Decimal(str(body["usd"])))


def most_tokens(messages: Messages) -> int:
    """Return a bound on the tokens of ``messages`` that holds for any byte-level tokeniser.

    No token is shorter than a byte, so that there are at most as many as bytes of UTF-8.
    """
    sizes = [len(text.encode(errors="surrogatepass")) for _, text in messages]
    return sum(sizes) + _MESSAGE_TOKENS * (len(messages) + 1)


class Prices:
    """What the tokens of one endpoint cost."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Look up what the settings do not say.

        Args:
            endpoint: Its prices, if it has any; a server on this machine is free.
        """
        self.endpoint = endpoint
        given = (endpoint.usd_per_million_input, endpoint.usd_per_million_output)
        self._given = (
            given if None not in given else ((Decimal(0), Decimal(0)) if endpoint.local else None)
        )

    def of(self, tokens_in: int, tokens_out: int) -> Cost | None:
        """Return the cost of a call, or None if its price is not known."""
        if self._given is not None:
            one, other = (price or Decimal(0) for price in self._given)
            usd = (one * tokens_in + other * tokens_out) / _MILLION
            return Cost(tokens_in, tokens_out, usd)
        usd_listed = _listed(self.endpoint, tokens_in, tokens_out)
        return None if usd_listed is None else Cost(tokens_in, tokens_out, usd_listed)


def _listed(endpoint: Endpoint, tokens_in: int, tokens_out: int) -> Decimal | None:
    """Return the price that the package genai-prices lists; it is bundled, nothing is asked."""
    if endpoint.base_url:
        return None  # somebody else's server, somebody else's price
    from genai_prices import Usage, calc_price

    try:
        usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out)
        price = calc_price(usage, model_ref=endpoint.model, provider_id=endpoint.provider)
    except LookupError:
        return None
    return Decimal(price.total_price)


class Purse:
    """Spending of one agent against its caps, over all runs of the lab."""

    def __init__(self, agent: str, max_tokens: int | None, max_usd: Decimal | None) -> None:
        """Start with nothing spent.

        Args:
            agent: Its name, for messages.
            max_tokens: Cap in tokens, in and out together.
            max_usd: Cap in US dollars.
        """
        self.agent = agent
        self.max_tokens, self.max_usd = max_tokens, max_usd
        self.spent = Cost()

    def restore(
        self, begun: Sequence[Mapping[str, Json]], ended: Sequence[Mapping[str, Json]]
    ) -> None:
        """Count what the ledger says was spent; a call that never ended cost all it could."""
        done = {body["call"] for body in ended}
        for body in [*ended, *(body for body in begun if body["call"] not in done)]:
            self.spent += cost_of(body)

    def reserve(self, endpoint: Endpoint, prices: Prices, messages: Messages) -> Cost:
        """Return the most that a call can cost.

        Raises:
            BadInput: It might pass a cap, or there is one in money and no price.
        """
        most = most_tokens(messages)
        cost = prices.of(most, endpoint.max_output_tokens)
        if cost is None:
            if self.max_usd is not None:
                raise BadInput(
                    f"the price of {endpoint.model} is not known, so that max_usd cannot be kept: "
                    "set usd_per_million_input and usd_per_million_output."
                )
            cost = Cost(most, endpoint.max_output_tokens)
        after = self.spent + cost
        if self.max_tokens is not None and after.tokens > self.max_tokens:
            raise BadInput(
                f"{self.agent} has used {self.spent.tokens:,} of its {self.max_tokens:,} tokens, "
                f"and the next call may take {cost.tokens:,}: raise max_tokens to go on."
            )
        if self.max_usd is not None and after.usd > self.max_usd:
            raise BadInput(
                f"{self.agent} has spent {self.spent.usd:.4f} of its {self.max_usd} US dollars, "
                f"and the next call may cost {cost.usd:.4f}: raise max_usd to go on."
            )
        return cost
