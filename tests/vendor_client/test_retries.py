"""The rule for trying again, as its table states it."""

from __future__ import annotations

import pytest

from voice_design_mcp.dashscope.retries import Retries, decide
from voice_design_mcp.errors import (
    AuthError,
    ConnectionLostError,
    DeadlineError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    RetiredError,
    UnavailableError,
    UpstreamError,
    VoiceQuotaError,
)


def wait_s(
    error: UpstreamError, *, purchase: bool = False, tries: int = 1, spare_s: float = 99, jitter: float = 1
) -> float | None:
    return decide(error, purchase=purchase, tries=tries, spare_s=spare_s, jitter=jitter, policy=Retries())


def limited(stated_s: float) -> RateLimitedError:
    error = RateLimitedError("")
    error.retry_after_s = stated_s
    return error


NEVER_LEFT = UnavailableError("", billed="no")


@pytest.mark.parametrize("purchase", [False, True])
def test_what_never_left_is_tried_again_for_reads_and_purchases(purchase: bool) -> None:  # noqa: FBT001
    assert wait_s(NEVER_LEFT, purchase=purchase) == 0.5


@pytest.mark.parametrize("lost", [ConnectionLostError, DeadlineError, UnavailableError])
def test_what_may_have_been_paid_for_is_never_tried_again(lost: type[UpstreamError]) -> None:
    assert wait_s(lost("", billed="maybe"), purchase=True) is None
    assert wait_s(lost("", billed="yes"), purchase=True) is None
    assert wait_s(lost("", billed="no")) == 0.5


def test_a_purchase_waits_only_a_stated_wait() -> None:
    assert wait_s(limited(3), purchase=True) == 3
    assert wait_s(limited(0), purchase=True) is None
    assert wait_s(limited(0)) == 0.5


@pytest.mark.parametrize("purchase", [False, True])
def test_a_stated_wait_is_kept_to_the_letter_or_not_at_all(purchase: bool) -> None:  # noqa: FBT001
    assert wait_s(limited(30), purchase=purchase, jitter=0) == 30
    assert wait_s(limited(30.1), purchase=purchase) is None
    assert wait_s(limited(20), purchase=purchase, spare_s=19) is None


@pytest.mark.parametrize("error", [RejectedError, VoiceQuotaError, AuthError, RetiredError, ProtocolError])
def test_a_refusal_is_final(error: type[UpstreamError]) -> None:
    assert wait_s(error("", billed="no")) is None


def test_waits_double_up_to_a_bound_and_jitter_halves_them_at_most() -> None:
    def series(jitter: float) -> list[float | None]:
        policy = Retries(tries=9)
        return [
            decide(NEVER_LEFT, purchase=False, tries=tries, spare_s=99, jitter=jitter, policy=policy)
            for tries in range(1, 10)
        ]

    assert series(1) == [0.5, 1, 2, 4, 8, 8, 8, 8, None]
    assert series(0) == [0.25, 0.5, 1, 2, 4, 4, 4, 4, None]


def test_tries_and_time_are_bounded() -> None:
    assert wait_s(NEVER_LEFT, tries=2) == 1
    assert wait_s(NEVER_LEFT, tries=3) is None
    assert wait_s(NEVER_LEFT, spare_s=0.4) is None
    assert wait_s(NEVER_LEFT, spare_s=-5) is None
