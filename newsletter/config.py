"""The settings: newsletter.toml, overridden by the environment. The only reader of the environment in the program.

The *site folder* holds what an organisation owns: newsletter.toml, templates/, issues/ and subscribers/. It is the
working directory, or the folder that ``NEWSLETTER_HOME`` names.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from newsletter.errors import SettingsError
from newsletter.mistakes import describe_mistakes, explain_toml
from newsletter.settings import (
    AlertSettings,
    Cadence,
    CheckSettings,
    DatabaseSettings,
    DeliverySettings,
    FeedSettings,
    LinkSettings,
    NewsletterSettings,
    Person,
    RetentionSettings,
    SignUpSettings,
    TrialSettings,
    WebSettings,
)

_PREFIX, _LEVEL = "NEWSLETTER_", "__"

LONGEST_LIST_UNSUBSCRIBE = 77
"""Octets of a List-Unsubscribe value that relays are known to leave unencoded (see docs/adr/0008)."""

TOKEN_LENGTH = 34
"""Characters of a reader's token: base64url of one version byte, eight id bytes and sixteen MAC bytes."""


class Config(BaseSettings):
    """All settings of one site folder, validated together."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter=_LEVEL, extra="forbid", frozen=True, nested_model_default_partial_update=True
    )

    home: Path
    newsletter: NewsletterSettings
    people: dict[str, Person] = {}
    cadence: Cadence
    web: WebSettings
    database: DatabaseSettings
    delivery: DeliverySettings = DeliverySettings()
    trials: TrialSettings = TrialSettings()
    feeds: FeedSettings = FeedSettings()
    links: LinkSettings = LinkSettings()
    checks: CheckSettings = CheckSettings()
    alerts: AlertSettings = AlertSettings()
    sign_up: SignUpSettings = SignUpSettings()
    retention: RetentionSettings = RetentionSettings()
    keys: SecretStr | None = None
    """The key ring as JSON, for machines that have a secret store; otherwise the 0600 file ``var/keys.json``."""

    @model_validator(mode="after")
    def _nobody_is_two_people(self) -> Config:
        """Two approvals are two people's: nobody gets a second voice by a second entry."""
        seen: dict[str, str] = {}
        for key, person in self.people.items():
            other = seen.setdefault(person.address.lower(), key)
            if other != key:
                raise ValueError(f"people.{other} and people.{key} have one address: give every person one entry with all roles")
        return self

    @model_validator(mode="after")
    def _the_unsubscribe_header_stays_short(self) -> Config:
        longest = len(f"<{self.web.base_url}/u/>") + TOKEN_LENGTH
        if longest > LONGEST_LIST_UNSUBSCRIBE:
            raise ValueError(
                f"web.base_url makes List-Unsubscribe {longest} octets long, over {LONGEST_LIST_UNSUBSCRIBE}: relays would "
                f"encode it and one-click would break; use an address of at most "
                f"{LONGEST_LIST_UNSUBSCRIBE - TOKEN_LENGTH - 5} characters"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over newsletter.toml, which comes in through ``__init__``."""
        return env_settings, init_settings

    def path(self, relative: str | Path) -> Path:
        """Give a path of the site folder; an absolute one stays as it is."""
        return self.home / relative


def load_config(home: Path | None = None) -> Config:
    """Read the settings of the site folder ``home``, else of ``NEWSLETTER_HOME``, else of the working directory.

    Raises SettingsError with every mistake at once.
    """
    home = (home or Path(os.environ.get("NEWSLETTER_HOME") or ".")).resolve()
    file = home / "newsletter.toml"
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"There is no newsletter.toml in {home}. Go to the folder of your newsletter, or name it in NEWSLETTER_HOME; "
            "`newsletter init DIR` makes a new one."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {explain_toml(error)}") from error
    values["home"] = home
    lines = _unknown_variables()
    try:
        config = Config(**values)
        if not lines:
            # A folder that was named in the call is meant, whatever NEWSLETTER_HOME says.
            return config.model_copy(update={"home": home})
    except ValidationError as error:
        lines += [f"{'.'.join(map(str, place)) or 'settings'}: {said}" for place, said in describe_mistakes(error)]
    raise SettingsError(f"{file} (and NEWSLETTER_… variables) have mistakes:\n  " + "\n  ".join(lines))


def _unknown_variables() -> list[str]:
    """Name the variables that no setting listens to: a slip in one would leave the setting as it was, without a word."""
    sections = {f"{_PREFIX}{name}".upper() for name in Config.model_fields}
    names = sorted(name for name in os.environ if name.startswith(_PREFIX) and _LEVEL in name)
    return [f"{name}: there is no such section" for name in names if name.partition(_LEVEL)[0] not in sections]
