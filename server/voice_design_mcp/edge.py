"""The edge: what the SDK's server can't say with decorators. Errors become results here, once, and schemas their published form.

Whoever starts a server waits for its answer to `initialize`, which needs nothing of what is offered. So tools, prompts and
resources are imported, and their schemas made, by the first request that asks for one of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from mcp.server.apps import client_supports_apps
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.mcpserver.prompts import Prompt
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
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
from mcp.types import Prompt as ListedPrompt
from pydantic import AnyUrl, ValidationError

from . import panel
from .caller import caller_at, desk_at, key_at
from .errors import InputError, ScopeError, UpstreamError, VoiceDesignError
from .studio import Studio
from .watching import watched

if TYPE_CHECKING:
    from .tools.spec import ToolSpec

log = logging.getLogger(__name__)

_NEEDS_A_PERSON = "anthropic/requiresUserInteraction"


class VoiceDesignServer(MCPServer[Studio]):
    """An MCPServer whose tools raise our errors, refuse unknown arguments, and whose resources are one principal's own.

    Args:
        studio: What its tools share.
        tools: Gives the tools, the first time that they are asked for.
        middleware: Runs inside its own.
        **options: As the SDK's server takes them.
    """

    def __init__(
        self,
        studio: Studio,
        tools: Callable[[], Sequence[ToolSpec]],
        *,
        middleware: Sequence[ServerMiddleware[Any]] = (),
        **options: Any,
    ) -> None:
        super().__init__(extensions=[panel.Audition()], middleware=[self._list_for_the_client, *middleware], **options)
        self.studio = studio
        self._tools = tools
        self.completion()(self._complete)

    def furnish(self) -> None:
        """Load everything that is offered now, where the first request is not to wait for it."""
        _ = self._published, self._prompts

    @cached_property
    def _specs(self) -> dict[str, ToolSpec]:
        """The tools by name, registered."""
        specs = {spec.name: spec for spec in self._tools()}
        for spec in specs.values():
            self.add_tool(
                spec.function,
                title=spec.title,
                description=_one_line(spec.function.__doc__ or ""),
                annotations=spec.annotations,
                meta=dict(spec.meta) or None,
                structured_output=False,
            )
        return specs

    @cached_property
    def _published(self) -> list[Tool]:
        """The tools with their published schemas."""
        return [self._publish(spec) for spec in self._specs.values()]

    @cached_property
    def _prompts(self) -> list[Prompt]:
        """The prompts, registered."""
        from .prompts import PROMPTS

        made = [
            Prompt.from_function(spec.function, title=spec.title, description=_one_line(spec.function.__doc__ or ""))
            for spec in PROMPTS
        ]
        for prompt in made:
            self.add_prompt(prompt)
        return made

    async def list_tools(self) -> list[Tool]:
        """The tools with their published schemas."""
        return list(self._published)

    async def list_prompts(self) -> list[ListedPrompt]:
        """The prompts."""
        _ = self._prompts
        return await super().list_prompts()

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Studio, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool; an anticipated failure becomes a result with a code, a bug stays a bug."""
        with watched("tool", name if name in self._specs else "unknown") as act:
            result = await self._called(name, arguments, context)
            act.outcome = _outcome(result)
            return result

    async def _called(
        self, name: str, arguments: dict[str, Any], context: Context[Studio, Any] | None
    ) -> CallToolResult | InputRequiredResult:
        spec = self._specs.get(name)
        if spec and spec.only_apps_call and (context is None or not client_supports_apps(context)):
            raise ToolError(f"Unknown tool: {name}")
        try:
            self._permit(spec.scope if spec else "")
            self._refuse_unfit(name, arguments)
            if context is not None:
                _fill_empty_answers(context)
            return await super().call_tool(name, arguments, context)
        except VoiceDesignError as error:
            return await self._told(name, error)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, VoiceDesignError):
                return await self._told(name, cause)
            if isinstance(cause, ValidationError):
                return await self._told(name, self._wrong_type(name, cause))
            raise

    async def list_resources(self) -> list[Resource]:
        """The newest resources of this principal."""
        from . import resources

        with _as_protocol_errors():
            return await resources.listed(await desk_at(self.studio), caller_at(self.studio))

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """The kinds of resources."""
        from . import resources

        return list(resources.TEMPLATES)

    async def read_resource(
        self,
        uri: AnyUrl | str,
        context: Context[Studio, Any] | None = None,  # noqa: ARG002 the SDK's signature
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read the panel, or one of this principal's resources with its stored MIME type."""
        from . import resources
        from .tools import checks
        from .tools.spec import PANEL_URI

        if str(uri) == PANEL_URI:
            return [ReadResourceContents(content=panel.page(), mime_type=panel.MIME_TYPE, meta=panel.META)]
        try:
            checks.whole("uri", str(uri))
            self._permit(resources.scope_of(str(uri)))
            found = await resources.read(await desk_at(self.studio), caller_at(self.studio), str(uri))
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
        from .tools import checks

        _ = self._prompts
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
        from .prompts import complete

        with _as_protocol_errors():
            opened = partial(desk_at, self.studio)
            return await complete(opened, caller_at(self.studio), ref, argument.name, argument.value)

    def scope_needed(self, method: str, params: Mapping[str, Any]) -> str:
        """The scope that a request takes, "" where it takes none."""
        if method == "tools/call":
            spec = self._specs.get(str(params.get("name", "")))
            return spec.scope if spec else ""
        if method != "resources/read":
            return ""
        from .resources import scope_of
        from .tools.spec import PANEL_URI

        uri = str(params.get("uri", ""))
        return scope_of(uri) if uri != PANEL_URI else ""

    async def _told(self, name: str, error: VoiceDesignError) -> CallToolResult:
        from .tools.answers import failure

        if isinstance(error, UpstreamError):
            error = await self.studio.explained(error, key_at(self.studio))
        log.info("tool=%s code=%s", name, error.code)
        return failure(error)

    def _permit(self, scope: str) -> None:
        caller = caller_at(self.studio)
        if scope and not caller.may(scope):
            raise ScopeError(
                f"This takes the scope {scope}, which the token does not have.", hint="Get a token that has it."
            )

    def _refuse_unfit(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Refuse arguments that the tool has not, and texts that are none."""
        from .tools import checks

        tool = self._tool_manager.get_tool(name)
        if tool is None:
            return
        checks.whole("arguments", list(arguments))
        known: dict[str, Any] = tool.parameters.get("properties", {})
        unknown = next((argument for argument in arguments if argument not in known), None)
        if unknown is not None:
            hint = f"It takes: {', '.join(known)}." if known else "It takes none."
            raise InputError(unknown[:60], f"{name} has no argument {unknown[:60]!r}.", hint=hint)
        for argument, value in arguments.items():
            checks.whole(argument, value)

    def _wrong_type(self, name: str, error: ValidationError) -> InputError:
        """The first argument of the wrong type, without its value: that is the caller's own data."""
        from .tools.checks import wanted

        first = error.errors(include_url=False, include_input=False)[0]
        argument = str(first["loc"][0]) if first["loc"] else "arguments"
        if first["type"] == "missing":
            return InputError(argument, f"{argument} is required.", hint=f"Give {argument}.")
        tool: Any = self._tool_manager.get_tool(name)
        hint = wanted(tool.parameters["properties"][argument])
        return InputError(argument, f"{argument}: {first['msg'].lower()}.", hint=hint)

    def _publish(self, spec: ToolSpec) -> Tool:
        tool: Any = self._tool_manager.get_tool(spec.name)
        return Tool(
            name=spec.name,
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

    async def _list_for_the_client(self, ctx: ServerRequestContext[Any], call_next: CallNext) -> HandlerResult:
        """Middleware: what the list of tools is for this client.

        The panel's own tools exist only for clients that announce MCP Apps. Where a client can't be asked by us, the tools that ask
        are marked, so that its host asks its user itself.
        """
        result = await call_next(ctx)
        if ctx.method != "tools/list" or not isinstance(result, dict):
            return result
        from .tools.gate import can_elicit

        apps, asked = client_supports_apps(ctx), can_elicit(ctx.session, ctx.protocol_version)
        hidden = set[str]() if apps else {spec.name for spec in self._specs.values() if spec.only_apps_call}
        asking = set[str]() if asked else {spec.name for spec in self._specs.values() if spec.asks}
        result["tools"] = [tool for tool in result["tools"] if tool["name"] not in hidden]
        for tool in result["tools"]:
            if tool["name"] in asking:
                tool["_meta"] = {**tool.get("_meta", {}), _NEEDS_A_PERSON: True}
        return result


def _outcome(result: CallToolResult | InputRequiredResult) -> str:
    """How a call ended, in a word: its status, or its error's code."""
    if isinstance(result, InputRequiredResult):
        return "input_required"
    told: dict[str, Any] = result.structured_content or {}
    error: dict[str, Any] = told.get("error") or {}
    return str(error.get("code") or told.get("status") or "ok")


@contextmanager
def _as_protocol_errors() -> Generator[None]:
    """Tell an anticipated failure where there is no result to tell it in."""
    try:
        yield
    except VoiceDesignError as error:
        code = INVALID_PARAMS if isinstance(error, InputError) else INTERNAL_ERROR
        raise MCPError(code, f"{error.code}: {error.message} {error.hint}".rstrip()) from error


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
