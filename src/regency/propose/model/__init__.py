"""A model behind an API as an agent: its prompt, its calls, its caps, and which model to ask."""

try:
    from regency.propose.model.agent import ModelProposer
except ModuleNotFoundError as error:
    if error.name != "httpx2":
        raise
    raise ImportError("it needs an extra, `pip install 'regency[llm]'`") from error

__all__ = ["ModelProposer"]
