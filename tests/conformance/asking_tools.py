"""The conformance suite's tools that ask the client something, as the 2025 era does it and as the 2026 era does."""

from __future__ import annotations

from typing import Any, Final

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CallToolResult,
    ClientCapabilities,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequest,
    InputRequiredResult,
    ListRootsRequest,
    SamplingCapability,
    SamplingMessage,
    TextContent,
)
from pydantic import BaseModel, Field, JsonValue

from conformance.plain_tools import said

MISSING_CAPABILITY: Final = -32021
Ctx = Context[Any, Any]
Round = CallToolResult | InputRequiredResult


class Contact(BaseModel):
    """What `test_elicitation` asks for."""

    username: str = Field(description="User's response")
    email: str = Field(description="User's email address")


class Defaults(BaseModel):
    """A default of every primitive type."""

    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: str = Field(default="active", json_schema_extra={"enum": ["active", "inactive", "pending"]})
    verified: bool = True


def titled(**titles: str) -> list[JsonValue]:
    """Choices with titles."""
    return [{"const": const, "title": title} for const, title in titles.items()]


class Enums(BaseModel):
    """A choice of every form."""

    untitledSingle: str = Field(json_schema_extra={"enum": ["one", "two"]})  # noqa: N815 the suite's name
    titledSingle: str = Field(json_schema_extra={"oneOf": titled(one="One", two="Two")})  # noqa: N815 the suite's name
    untitledMulti: list[str] = Field(json_schema_extra={"items": {"type": "string", "enum": ["one", "two"]}})  # noqa: N815 the suite's name
    titledMulti: list[str] = Field(json_schema_extra={"items": {"anyOf": titled(one="One", two="Two")}})  # noqa: N815 the suite's name
    legacyEnum: str = Field(json_schema_extra={"enum": ["one", "two"], "enumNames": ["One", "Two"]})  # noqa: N815 the suite's name


async def test_sampling(prompt: str, ctx: Ctx) -> CallToolResult:
    """Let the client's model answer, in a request of its own (2025 era)."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    answered = await ctx.session.create_message(messages=[message], max_tokens=100)  # pyright: ignore[reportDeprecated] a fixture of the era that has it
    return said(f"LLM response: {answered.content}")


async def test_elicitation(message: str, ctx: Ctx) -> CallToolResult:
    """Ask the user, in a request of its own (2025 era)."""
    answered = await ctx.elicit(message, Contact)
    return said(f"User response: {answered.action}")


async def test_elicitation_sep1034_defaults(ctx: Ctx) -> CallToolResult:
    """Ask with defaults."""
    answered = await ctx.elicit("Please review the form", Defaults)
    return said(f"Elicitation completed: {answered.action}")


async def test_elicitation_sep1330_enums(ctx: Ctx) -> CallToolResult:
    """Ask with choices."""
    answered = await ctx.elicit("Please choose", Enums)
    return said(f"Elicitation completed: {answered.action}")


async def test_input_required_result_elicitation(ctx: Ctx) -> Round:
    """Ask for a name."""
    name = field_of(ctx, "user_name", "name")
    return said(f"Hello, {name}!") if name else InputRequiredResult(input_requests={"user_name": form("name")})


async def test_streaming_elicitation(ctx: Ctx) -> Round:
    """Ask for a name after saying how far it is."""
    await ctx.report_progress(0, 1)
    return await test_input_required_result_elicitation(ctx)


async def test_input_required_result_sampling(ctx: Ctx) -> Round:
    """Ask the client's model."""
    if "capital_question" in (ctx.input_responses or {}):
        return said("Paris.")
    return InputRequiredResult(input_requests={"capital_question": sampling("What is the capital of France?")})


async def test_input_required_result_list_roots(ctx: Ctx) -> Round:
    """Ask for the client's roots."""
    if "client_roots" in (ctx.input_responses or {}):
        return said("Your roots are known.")
    return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})


async def test_input_required_result_request_state(ctx: Ctx) -> Round:
    """Ask, and hand over a state that must come back."""
    if ctx.request_state == "asked" and "confirm" in (ctx.input_responses or {}):
        return said("state-ok")
    return InputRequiredResult(input_requests={"confirm": form("ok")}, request_state="asked")


async def test_input_required_result_tampered_state(ctx: Ctx) -> Round:
    """Ask, and hand over a state that must come back as it was: the server's seal sees to that."""
    return await test_input_required_result_request_state(ctx)


async def test_input_required_result_multiple_inputs(ctx: Ctx) -> Round:
    """Ask three things at once."""
    asked: dict[str, InputRequest] = {
        "user_name": form("name"),
        "greeting": sampling("Generate a greeting"),
        "client_roots": ListRootsRequest(),
    }
    if ctx.request_state == "asked" and asked.keys() <= (ctx.input_responses or {}).keys():
        return said("All three are known.")
    return InputRequiredResult(input_requests=asked, request_state="asked")


async def test_input_required_result_multi_round(ctx: Ctx) -> Round:
    """Ask twice, one after the other."""
    match ctx.request_state:
        case "second" if field_of(ctx, "step2", "color"):
            return said("Name and colour are known.")
        case "first" if field_of(ctx, "step1", "name"):
            return InputRequiredResult(input_requests={"step2": form("color")}, request_state="second")
        case _:
            return InputRequiredResult(input_requests={"step1": form("name")}, request_state="first")


async def test_input_required_result_capabilities(ctx: Ctx) -> Round:
    """Ask only what the client can be asked."""
    can = ctx.client_capabilities or ClientCapabilities()
    asked: dict[str, InputRequest] = {}
    if can.elicitation is not None:
        asked["user_name"] = form("name")
    if can.sampling is not None:
        asked["greeting"] = sampling("Generate a greeting")
    if not asked:
        raise ToolError("The client can be asked nothing.")
    return InputRequiredResult(input_requests=asked)


async def test_missing_capability(ctx: Ctx) -> CallToolResult:
    """Do what needs sampling, or say that it is missing."""
    if (ctx.client_capabilities or ClientCapabilities()).sampling is None:
        needed = ClientCapabilities(sampling=SamplingCapability())
        data = {"requiredCapabilities": needed.model_dump(by_alias=True, mode="json", exclude_none=True)}
        raise MCPError(code=MISSING_CAPABILITY, message="The client can't be sampled", data=data)
    return said("The client can be sampled.")


def form(field: str) -> ElicitRequest:
    """A form with one field."""
    kind = "boolean" if field == "ok" else "string"
    schema: dict[str, Any] = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=f"Your {field}?", requested_schema=schema))


def sampling(text: str) -> CreateMessageRequest:
    """A question for the client's model."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[message], max_tokens=100))


def field_of(ctx: Ctx, key: str, field: str) -> object:
    """A field of an accepted form among the answers, or None."""
    answered = (ctx.input_responses or {}).get(key)
    if not isinstance(answered, ElicitResult) or answered.action != "accept":
        return None
    return (answered.content or {}).get(field)


TOOLS: Final = (
    test_sampling,
    test_elicitation,
    test_elicitation_sep1034_defaults,
    test_elicitation_sep1330_enums,
    test_input_required_result_elicitation,
    test_streaming_elicitation,
    test_input_required_result_sampling,
    test_input_required_result_list_roots,
    test_input_required_result_request_state,
    test_input_required_result_tampered_state,
    test_input_required_result_multiple_inputs,
    test_input_required_result_multi_round,
    test_input_required_result_capabilities,
    test_missing_capability,
)
