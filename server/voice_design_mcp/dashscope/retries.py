"""When a request is sent again: one rule, as a function of what happened, with no clock and no chance inside."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import RateLimitedError, UpstreamError


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often and how patiently. Waits without a stated length double from `base_s` up to `longest_backoff_s`."""

    tries: int = 3
    base_s: float = 0.5
    longest_backoff_s: float = 8.0
    longest_stated_s: float = 30.0


def decide(
    error: UpstreamError, *, purchase: bool, tries: int, spare_s: float, jitter: float, policy: Retries
) -> float | None:
    """How long to wait before trying again, None to give up.

    | what happened                          | a read or delete | a purchase       |
    |----------------------------------------|------------------|------------------|
    | it never left: no connection, name, TLS| back off         | back off         |
    | 429 with a wait stated                 | that wait        | that wait        |
    | 429 without                            | back off         | give up          |
    | broken or timed out after it left, 5xx | back off         | give up          |
    | refused, unreadable, quota full        | give up          | give up          |
    | `x-should-retry: false`                | give up          | give up          |
    | out of tries or time, too long a wait  | give up          | give up          |

    The second and third row of what may have been paid for are one condition: `billed` is not "no".

    Args:
        error: What the last try ended in.
        purchase: Whether the request costs money.
        tries: How many have been made.
        spare_s: Seconds that can still be waited with a whole try left after them.
        jitter: From 0 to 1; halves a backoff at 0.
        policy: The bounds.
    """
    if not error.retryable or tries >= policy.tries or error.billed != "no":
        return None
    if isinstance(error, RateLimitedError) and error.retry_after_s:
        wait_s = error.retry_after_s
        return wait_s if wait_s <= min(policy.longest_stated_s, spare_s) else None
    if isinstance(error, RateLimitedError) and purchase:
        return None
    backoff_s = min(policy.base_s * 2 ** (tries - 1), policy.longest_backoff_s) * (0.5 + jitter / 2)
    return backoff_s if backoff_s <= spare_s else None
