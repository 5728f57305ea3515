"""The agent: asks a model for a change, once more if the answer cannot be used, and learns."""

from collections.abc import Mapping
from typing import Any

from regency.errors import NothingLeft, Unreadable
from regency.propose.edits import Answer, read_answer, syntax_fault
from regency.propose.model.bandit import Bandit, worth
from regency.propose.model.caller import ENDED, Call, Caller
from regency.propose.model.dialects import Messages
from regency.propose.model.prompt import SYSTEM, first_messages, prompt_digest, repair_messages
from regency.propose.model.purse import Cost, cost_of
from regency.propose.model.settings import Endpoint, read_settings
from regency.propose.proposer import Journal
from regency.records import Agent, Brief, Json, Proposal
from regency.repo.diff import changed_lines

VERSION = "1"
NO_WORDS = "(the model gave no reason)"


class ModelProposer:
    """Proposes what a model behind an API answers to the brief."""

    slow = True

    def __init__(self, *, name: str = "model", **settings: Any) -> None:
        """Make an agent; nothing is asked yet.

        Args:
            name: Name in ``[agents.NAME]``.
            settings: See `regency.propose.model.settings`.

        Raises:
            ConfigError: A setting is unknown, of the wrong type, or a key.
        """
        self.name = name
        self.settings = read_settings(name, settings)
        self.caller = Caller(name, self.settings)
        self._endpoints = {endpoint.label: endpoint for endpoint in self.settings.models}
        self._bandit = Bandit(list(self._endpoints))
        self._kept: Mapping[str, Json] | None = None
        self._heard: set[str] = set()

    def attach(self, journal: Journal) -> None:
        """Go on with what this agent wrote in the ledger.

        Raises:
            BadInput: A key is not in the environment.
        """
        self.caller.attach(journal)
        calls = journal.read(ENDED)
        for body in calls:
            self._spent(str(body["model"]), cost_of(body))
        answered = [body for body in calls if body["outcome"] == "answered"]
        self._kept = answered[-1] if answered and answered[-1] is calls[-1] else None

    def close(self) -> None:
        """End what is under way."""
        self.caller.close()

    def propose(self, brief: Brief, tree: Mapping[str, bytes]) -> Proposal:
        """Return what a model proposes.

        Args:
            brief: The brief.
            tree: The parent's files, path → content.

        Raises:
            NothingLeft: Nothing is editable, a cap is reached, no server answers, or no answer
                can be used.
        """
        self._learn(brief)
        if not brief.editable:
            raise NothingLeft(f"{self.name} has nothing to propose: no file is editable.")
        fault = ""
        for number in range(self.settings.tries):
            endpoint = self._endpoints[self._bandit.choose(brief.seed + number)]
            try:
                return self._proposal(endpoint, brief, tree)
            except Unreadable as error:
                fault = str(error)
        raise NothingLeft(
            f"{self.name}: none of {self.settings.tries} answers could be used, the last because "
            f"{fault} Try a larger model, a smaller file, or more max_output_tokens."
        )

    def _proposal(self, endpoint: Endpoint, brief: Brief, tree: Mapping[str, bytes]) -> Proposal:
        messages = first_messages(brief, tree, self.settings.prompt_tokens)
        about: dict[str, Json] = {"parent": brief.parent, "round": "first"}
        if kept := self._again():
            endpoint, call = kept
        else:
            call = self._call(endpoint, messages, about)
        cost = call.cost
        try:
            answer = _usable(call, brief, tree)
        except Unreadable as error:
            messages = repair_messages(messages, call.answer, str(error))
            call = self._call(endpoint, messages, {**about, "round": "repair"})
            cost += call.cost
            answer = _usable(call, brief, tree)
        return self._made(endpoint, call, cost, answer, brief)

    def _call(self, endpoint: Endpoint, messages: Messages, about: dict[str, Json]) -> Call:
        call = self.caller.call(endpoint, messages, about)
        self._spent(endpoint.label, call.cost)
        return call

    def _again(self) -> tuple[Endpoint, Call] | None:
        """Return the answer that was paid for before the process ended, if nobody took it."""
        kept, self._kept = self._kept, None
        if kept is None or kept["call"] in self._heard or kept["model"] not in self._endpoints:
            return None
        call = Call(str(kept["call"]), str(kept["answer"]), bool(kept["complete"]), cost_of(kept))
        return self._endpoints[str(kept["model"])], call

    def _made(
        self, endpoint: Endpoint, call: Call, cost: Cost, answer: Answer, brief: Brief
    ) -> Proposal:
        agent = Agent(
            name=self.name,
            kind="model",
            model=endpoint.model,
            version=VERSION,
            prompt_digest=prompt_digest((("system", SYSTEM),)),
        )
        notes = {"call": call.id, "model": endpoint.label, **cost.plain()}
        return Proposal(
            edits=answer.edits,
            rationale=answer.rationale or NO_WORDS,
            agent=agent,
            claims=answer.claims,
            notes=notes,
            parent=brief.parent,
        )

    def _learn(self, brief: Brief) -> None:
        for attempt in brief.news:
            label, call = attempt.notes.get("model"), attempt.notes.get("call")
            if attempt.agent != self.name or not isinstance(label, str):
                continue
            self._heard.add(str(call))
            value = worth(attempt.answer, attempt.gain)
            self._bandit.learn(attempt.candidate, label, value)

    def _spent(self, label: str, cost: Cost) -> None:
        """Count a call for the choice of models: in money, or in tokens where all are free."""
        self._bandit.spent(label, float(cost.usd) or cost.tokens * 1e-9)


def _usable(call: Call, brief: Brief, tree: Mapping[str, bytes]) -> Answer:
    """Return the edits of an answer.

    Raises:
        Unreadable: It has none, they break a file's syntax, or there are too many lines.
    """
    answer = read_answer(call.answer, tree, brief.editable, complete=call.complete)
    lines = 0
    for edit in answer.edits:
        before = tree.get(edit.path, b"")
        after = edit.content or b""
        if edit.content is not None and (fault := syntax_fault(edit.path, after)):
            raise Unreadable(f"after the change {fault}. Correct it.")
        lines += sum(changed_lines(before.decode(errors="replace"), after.decode(errors="replace")))
    if lines > brief.max_changed_lines:
        raise Unreadable(
            f"it changes {lines} lines, and at most {brief.max_changed_lines} are allowed. Change "
            "less."
        )
    return answer
