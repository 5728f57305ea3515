"""Settings of ``[agents.NAME]`` with ``kind = "model"``; keys of providers are never in them."""

from decimal import Decimal
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from regency.errors import ConfigError

DEFAULT_URLS = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}
_SECRETS = {"api_key", "apikey", "key", "token", "secret", "password", "authorization"}
_OWN = ("models", "max_usd", "max_tokens", "prompt_tokens", "tries", "retries", "patience_s",
        "per_minute")  # fmt: skip


class Endpoint(BaseModel):
    """One model at one address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: Literal["openai", "anthropic", "google"]
    model: str = Field(min_length=1)
    base_url: str = ""
    key_env: str = Field("", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    max_output_tokens: int = Field(8192, gt=0)
    stream: bool = True
    timeout_s: float = Field(600, gt=0)
    idle_s: float = Field(120, gt=0)
    usd_per_million_input: Decimal | None = Field(None, ge=0)
    usd_per_million_output: Decimal | None = Field(None, ge=0)
    options: dict[str, Any] = Field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name that tells this model from the agent's others."""
        return self.model if not self.base_url else f"{self.model}@{urlsplit(self.base_url).netloc}"

    @property
    def url(self) -> str:
        """The address without a slash at its end."""
        return (self.base_url or DEFAULT_URLS[self.provider]).rstrip("/")

    @property
    def local(self) -> bool:
        """Whether it runs on this machine."""
        return urlsplit(self.url).hostname in ("localhost", "127.0.0.1", "::1")

    @field_validator("base_url")
    @classmethod
    def _plain_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("write it as https://HOST/PATH")
        if "@" in parts.netloc or parts.query:
            raise ValueError("an address holds no name, password or query: name a key_env")
        return value

    @field_validator("options")
    @classmethod
    def _no_secrets(cls, value: dict[str, Any]) -> dict[str, Any]:
        for key in value:
            if key.lower() in _SECRETS:
                raise ValueError(f"{key!r} is no option: name a key_env")
        return value


class Settings(BaseModel):
    """All that one agent is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[Endpoint, ...] = Field(min_length=1)
    max_usd: Decimal | None = Field(None, gt=0)
    max_tokens: int | None = Field(None, gt=0)
    prompt_tokens: int = Field(24000, ge=1000)
    tries: int = Field(3, ge=1)
    retries: int = Field(5, ge=0)
    patience_s: float = Field(900, ge=0)
    per_minute: float | None = Field(None, gt=0)


def read_settings(name: str, given: dict[str, Any]) -> Settings:
    """Return the checked settings of the agent ``name``.

    Settings of one model stand next to the agent's own; those of several in
    ``[[agents.NAME.models]]``, where what is the same for all may stand above.

    Raises:
        ConfigError: A setting is unknown, of the wrong type, or a key.
    """
    for key in given:
        if key.lower() in _SECRETS:
            raise ConfigError(
                f"[agents.{name}] {key}: a key never stands in a file that git keeps. Put it in an "
                f'environment variable and write key_env = "ITS_NAME".'
            )
    shared = {key: value for key, value in given.items() if key not in _OWN}
    own = {key: value for key, value in given.items() if key in _OWN and key != "models"}
    listed = given.get("models", [{}])
    try:
        models = [{**shared, **table} for table in listed]
        settings = Settings.model_validate({**own, "models": models})
    except ValidationError as error:
        raise ConfigError(f"[agents.{name}] {_said(error)}") from error
    except TypeError as error:
        raise ConfigError(
            f"[agents.{name}] models must be tables: [[agents.{name}.models]]."
        ) from error
    labels = [endpoint.label for endpoint in settings.models]
    if twice := {label for label in labels if labels.count(label) > 1}:
        raise ConfigError(f"[agents.{name}] lists {', '.join(sorted(twice))} twice. List it once.")
    return settings


def _said(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    problem = first["msg"].removeprefix("Value error, ")
    fixes = {"missing": "add it", "extra_forbidden": "no such setting: check its spelling"}
    return f"{where}: {problem}; {fixes.get(first['type'], 'change it')}."
