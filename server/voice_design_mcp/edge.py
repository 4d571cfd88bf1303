"""The edge: what the SDK's server can't say with decorators. Errors become results here, once, and schemas their published form."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from mcp.server.apps import client_supports_apps
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.mcpserver.prompts import Prompt
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    Completion,
    CompletionArgument,
    CompletionContext,
    ElicitResult,
    GetPromptResult,
    InputRequiredResult,
    PromptReference,
    Resource,
    ResourceTemplate,
    ResourceTemplateReference,
    Tool,
)
from pydantic import AnyUrl, ValidationError

from . import panel, resources
from .errors import InputError, ScopeError, VoiceDesignError
from .panel.read_audio import TOOL as READ_AUDIO
from .prompts import PROMPTS, complete
from .studio import Studio
from .tools import TOOLS, checks
from .tools.answers import failure
from .tools.gate import caller_at, can_elicit
from .tools.spec import ToolSpec

log = logging.getLogger(__name__)

APP_TOOLS: Final = (READ_AUDIO,)
ONLY_APPS_CALL: Final = frozenset(spec.name for spec in APP_TOOLS)
_NEEDS_A_PERSON = "anthropic/requiresUserInteraction"


class VoiceDesignServer(MCPServer[Studio]):
    """An MCPServer whose tools raise our errors, refuse unknown arguments, and whose resources are one principal's own."""

    def __init__(self, studio: Studio, tools: Sequence[ToolSpec], **options: Any) -> None:
        super().__init__(extensions=[panel.Audition()], **options)
        self.studio = studio
        self._specs = {spec.name: spec for spec in (*tools, *APP_TOOLS)}
        for spec in self._specs.values():
            self.add_tool(
                spec.function,
                title=spec.title,
                description=_one_line(spec.function.__doc__ or ""),
                annotations=spec.annotations,
                meta=dict(spec.meta) or None,
                structured_output=False,
            )
        for spec in PROMPTS:
            described = _one_line(spec.function.__doc__ or "")
            self.add_prompt(Prompt.from_function(spec.function, title=spec.title, description=described))
        self.completion()(self._complete)
        self._published = [self._publish(tool) for tool in self._tool_manager.list_tools()]

    async def list_tools(self) -> list[Tool]:
        """The tools with their published schemas."""
        return list(self._published)

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Studio, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool; an anticipated failure becomes a result with a code, a bug stays a bug."""
        if name in ONLY_APPS_CALL and (context is None or not client_supports_apps(context)):
            raise ToolError(f"Unknown tool: {name}")
        try:
            self._permit(self._specs[name].scope if name in self._specs else "")
            self._refuse_unfit(name, arguments)
            if context is not None:
                _fill_empty_answers(context)
            return await super().call_tool(name, arguments, context)
        except VoiceDesignError as error:
            return _told(name, await self.studio.explained(error))
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, VoiceDesignError):
                return _told(name, await self.studio.explained(cause))
            if isinstance(cause, ValidationError):
                return _told(name, _wrong_type(cause))
            raise

    async def list_resources(self) -> list[Resource]:
        """The newest resources of this principal."""
        return await resources.listed(await self.studio.open(), caller_at(self.studio))

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """The kinds of resources."""
        return list(resources.TEMPLATES)

    async def read_resource(
        self,
        uri: AnyUrl | str,
        context: Context[Studio, Any] | None = None,  # noqa: ARG002 the SDK's signature
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read the panel, or one of this principal's resources with its stored MIME type."""
        if str(uri) == panel.PANEL_URI:
            return [ReadResourceContents(content=panel.page(), mime_type=panel.MIME_TYPE, meta=panel.META)]
        try:
            checks.whole("uri", str(uri))
            self._permit(resources.scope_of(str(uri)))
            found = await resources.read(await self.studio.open(), caller_at(self.studio), str(uri))
        except InputError as error:
            raise MCPError(INVALID_PARAMS, f"{error.message} {error.hint}".rstrip()) from error
        except VoiceDesignError as error:
            raise ResourceError(f"{error.code}: {error.message} {error.hint}".rstrip()) from error
        if found is None:
            raise ResourceNotFoundError("There is no such resource here.")
        content, mime_type = found
        return [ReadResourceContents(content=content, mime_type=mime_type)]

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Studio, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """A prompt with its arguments. One that is not there, or lacks an argument, is the caller's error, not the server's."""
        prompt = self._prompt_manager.get_prompt(name)
        if prompt is None:
            raise MCPError(INVALID_PARAMS, f"There is no prompt {name[:60]!r}.")
        known = {argument.name: argument.required for argument in prompt.arguments or []}
        given = arguments or {}
        try:
            checks.whole("arguments", given)
        except InputError as error:
            raise MCPError(INVALID_PARAMS, error.message) from error
        missing = next((argument for argument, required in known.items() if required and argument not in given), None)
        unknown = next((argument for argument in given if argument not in known), None)
        if missing is not None or unknown is not None:
            wrong = f"{missing} is required" if missing else f"there is no argument {str(unknown)[:60]!r}"
            raise MCPError(INVALID_PARAMS, f"Prompt {name}: {wrong}. It takes: {', '.join(known)}.")
        return await super().get_prompt(name, arguments, context)

    async def _complete(
        self,
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        _context: CompletionContext | None,
    ) -> Completion | None:
        return await complete(self.studio.open, caller_at(self.studio), ref, argument.name, argument.value)

    def scope_needed(self, method: str, params: Mapping[str, Any]) -> str:
        """The scope that a request takes, "" where it takes none."""
        if method == "tools/call":
            spec = self._specs.get(str(params.get("name", "")))
            return spec.scope if spec else ""
        uri = str(params.get("uri", ""))
        return resources.scope_of(uri) if method == "resources/read" and uri != panel.PANEL_URI else ""

    def _permit(self, scope: str) -> None:
        caller = caller_at(self.studio)
        if scope and not caller.may(scope):
            raise ScopeError(
                f"This takes the scope {scope}, which the token does not have.", hint="Get a token that has it."
            )

    def _refuse_unfit(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Refuse arguments that the tool has not, and texts that are none."""
        tool = self._tool_manager.get_tool(name)
        if tool is None:
            return
        checks.whole("arguments", list(arguments))
        known: dict[str, Any] = tool.parameters.get("properties", {})
        unknown = next((argument for argument in arguments if argument not in known), None)
        if unknown is not None:
            raise InputError(
                unknown[:60], f"{name} has no argument {unknown[:60]!r}.", hint=f"It takes: {', '.join(known)}."
            )
        for argument, value in arguments.items():
            checks.whole(argument, value)

    def _publish(self, tool: Any) -> Tool:
        spec = self._specs[tool.name]
        return Tool(
            name=tool.name,
            title=spec.title,
            description=tool.description,
            input_schema=_compact(tool.parameters),
            output_schema={
                "type": "object",
                "properties": {name: {"type": kind} for name, kind in spec.output.items()},
            },
            annotations=spec.annotations,
            _meta=tool.meta,
        )


async def let_the_host_ask(ctx: ServerRequestContext[Any], call_next: CallNext) -> HandlerResult:
    """Middleware: where a client can't be asked by us, mark the tools that ask, so that its host asks its user itself."""
    result = await call_next(ctx)
    if ctx.method != "tools/list" or not isinstance(result, dict) or can_elicit(ctx.session, ctx.protocol_version):
        return result
    asking = {spec.name for spec in TOOLS if spec.asks}
    for tool in result["tools"]:
        if tool["name"] in asking:
            tool["_meta"] = {**tool.get("_meta", {}), _NEEDS_A_PERSON: True}
    return result


async def hide_what_only_apps_call(ctx: ServerRequestContext[Any], call_next: CallNext) -> HandlerResult:
    """Middleware: the panel's own tools exist only for clients that announce MCP Apps."""
    result = await call_next(ctx)
    if ctx.method == "tools/list" and isinstance(result, dict) and not client_supports_apps(ctx):
        result["tools"] = [tool for tool in result["tools"] if tool["name"] not in ONLY_APPS_CALL]
    return result


def _told(name: str, error: VoiceDesignError) -> CallToolResult:
    log.info("tool=%s code=%s", name, error.code)
    return failure(error)


def _wrong_type(error: ValidationError) -> InputError:
    """The first argument of the wrong type, without its value: that is the caller's own data."""
    first = error.errors(include_url=False, include_input=False)[0]
    argument = str(first["loc"][0]) if first["loc"] else "arguments"
    if first["type"] == "missing":
        return InputError(argument, f"{argument} is required.", hint=f"Give {argument}.")
    return InputError(argument, f"{argument}: {first['msg'].lower()}.", hint="See the tool's input schema.")


def _fill_empty_answers(context: Context[Studio, Any]) -> None:
    """An accepted form without content is an acceptance: there was nothing to fill in."""
    for answered in (context.input_responses or {}).values():
        if isinstance(answered, ElicitResult) and answered.action == "accept" and answered.content is None:
            answered.content = {}


def _one_line(docstring: str) -> str:
    return " ".join(docstring.split())


def _compact(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without what only costs tokens: titles, and the empty defaults that stand for "omitted"."""
    properties = {
        name: {key: value for key, value in field.items() if key != "title" and not (key == "default" and value == "")}
        for name, field in schema.get("properties", {}).items()
    }
    required = {"required": schema["required"]} if schema.get("required") else {}
    return {"type": "object", "properties": properties, **required, "additionalProperties": False}
