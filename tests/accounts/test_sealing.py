"""Second factors lie sealed in the database, and go on working while the secret is replaced."""

import logging

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.core.management import CommandError, call_command

from accounts import sealing
from accounts.models import User
from tests.streaming.conftest import SetEnv, set_env

__all__ = ["set_env"]
pytestmark = pytest.mark.django_db

FIRST, SECOND = "a first secret of thirty-two letters", "a second secret of thirty-two letters"


@pytest.fixture(autouse=True)
def _first_secret(set_env: SetEnv) -> None:
    set_env(totp_secrets=[FIRST])


def code_of(secret: str) -> str:
    return str(auth.format_hotp_value(auth.hotp_value(secret, next(auth.yield_hotp_counters_from_time()))))


def accepts(user: User, secret: str) -> bool:
    # A code is good once.
    cache.clear()
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    return bool(auth.TOTP(row).validate_code(code_of(secret)))


def test_the_database_holds_no_secret_and_the_code_is_right(bob: User) -> None:
    secret = auth.generate_totp_secret()

    row = auth.TOTP.activate(bob, secret).instance

    assert secret not in str(row.data)
    assert row.data["secret"].startswith("sealed:")
    assert accepts(bob, secret)


def test_two_of_the_same_look_different() -> None:
    assert sealing.seal("x") != sealing.seal("x")
    assert sealing.unseal(sealing.seal("x")) == "x"


def test_recovery_codes_are_sealed_too(bob: User) -> None:
    codes = RecoveryCodes.activate(bob)
    seed = codes.instance.data["seed"]

    assert seed.startswith("sealed:")
    assert codes.get_unused_codes() == RecoveryCodes(Authenticator.objects.get()).get_unused_codes()


def test_one_from_before_goes_on_working(bob: User) -> None:
    secret = auth.generate_totp_secret()
    Authenticator.objects.create(user=bob, type=Authenticator.Type.TOTP, data={"secret": secret})

    assert accepts(bob, secret)
    assert not accepts(bob, auth.generate_totp_secret())


def test_a_secret_is_replaced_without_anybody_noticing(bob: User, set_env: SetEnv) -> None:
    secret = auth.generate_totp_secret()
    auth.TOTP.activate(bob, secret)
    RecoveryCodes.activate(bob)
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()

    set_env(totp_secrets=[SECOND, FIRST])
    assert accepts(bob, secret)
    call_command("sealfactors")
    set_env(totp_secrets=[SECOND])

    assert accepts(bob, secret)
    assert RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes() == codes


def test_what_was_plain_is_sealed_by_the_command(bob: User) -> None:
    secret = auth.generate_totp_secret()
    Authenticator.objects.create(user=bob, type=Authenticator.Type.TOTP, data={"secret": secret})

    call_command("sealfactors")

    assert secret not in str(Authenticator.objects.get().data)
    assert accepts(bob, secret)


def test_without_its_secret_no_code_is_right_and_the_log_says_why(
    bob: User, set_env: SetEnv, caplog: pytest.LogCaptureFixture
) -> None:
    secret = auth.generate_totp_secret()
    auth.TOTP.activate(bob, secret)
    set_env(totp_secrets=[SECOND])

    with caplog.at_level(logging.ERROR):
        assert not accepts(bob, secret)
        assert not accepts(bob, "")
    assert "TOTP_SECRETS" in caplog.text
    with pytest.raises(CommandError):
        call_command("sealfactors")
