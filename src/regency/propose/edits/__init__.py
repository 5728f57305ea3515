"""A model's answer read as edits: forgiving about form, never about what is meant."""

from regency.propose.edits.answer import Answer, read_answer
from regency.propose.edits.syntax import syntax_fault

__all__ = ["Answer", "read_answer", "syntax_fault"]
