"""What every manifest says of the product. Taken from the code; what the code does not know is written here, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from voice_design_mcp import __version__
from voice_design_mcp.catalog import REGIONS
from voice_design_mcp.config import SETTINGS
from voice_design_mcp.setting import Setting
from voice_design_mcp.tools.spec import ToolSpec

VERSION: Final = __version__
PACKAGE: Final = "voice-design-mcp"
PINNED: Final = f"{PACKAGE}=={VERSION}"
WHEEL: Final = f"voice_design_mcp-{VERSION}-py3-none-any.whl"
PYTHON: Final = ">=3.11"
SERVER: Final = "voice-design"
TITLE: Final = "Voice Design"
DESCRIPTION: Final = "Design a voice from a description, hear it, keep it and speak with it."
OWNER: Final = "voice-design-mcp"
REPOSITORY: Final = f"https://github.com/{OWNER}/{PACKAGE}"
REGISTRY_NAME: Final = f"io.github.{OWNER}/{PACKAGE}"
LICENSE: Final = "Apache-2.0"
KEYWORDS: Final = ["mcp", "tts", "voice", "voice-design", "audio"]
PRIVACY: Final = f"{REPOSITORY}#security-and-privacy"
KEY: Final = "DASHSCOPE_API_KEY"
PLACEHOLDER: Final = "YOUR_KEY"

ASKED: Final = {
    KEY: "API key",
    "VOICE_DESIGN_REGION": "Region",
    "VOICE_DESIGN_MAX_USD_PER_DAY": "Most US dollars a day",
    "VOICE_DESIGN_OUTPUT_DIR": "Folder for audio",
}
"""The settings that a host with a form asks for, and the form's labels. The others have defaults that a form need not show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a host's form: the setting it fills, its name there, its label."""

    setting: Setting
    label: str

    @property
    def name(self) -> str:
        """The field's own name: its variable's, without the prefix."""
        return self.setting.variable.removeprefix("VOICE_DESIGN_").removeprefix("DASHSCOPE_").lower()


def fields() -> list[Field]:
    """The fields of a host's form."""
    settings = {setting.variable: setting for setting in SETTINGS}
    return [Field(setting=settings[variable], label=label) for variable, label in ASKED.items()]


def tool_description(spec: ToolSpec) -> str:
    """A tool's description, as hosts get it."""
    return " ".join((spec.function.__doc__ or "").split())


def tool_summary(spec: ToolSpec) -> str:
    """The first sentence of a tool's description, without its full stop."""
    return tool_description(spec).partition(". ")[0].removesuffix(".")


def vendor_hosts() -> list[str]:
    """Every host that is called with a key; `*` stands for a workspace."""
    shared = [region.shared_host for region in REGIONS.values()]
    return [*shared, *(region.workspace_host.replace("{workspace_id}", "*") for region in REGIONS.values())]
