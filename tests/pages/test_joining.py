"""Signing up, logging in and what stands before either."""

import re
from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.core import mail
from django.test import Client, TestCase

from accounts import legal
from accounts.models import Channel, Consent, LegalPage, SiteSettings, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

PASSWORD = "correct horse battery"


def post(client: Client, path: str, **body: str) -> str:
    """The page that a form leads to, with what follows the commit."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        reply = client.post(path, body, follow=True)
    return reply.content.decode()


def sign_up(client: Client, username: str = "dave", **more: str) -> str:
    body = {"email": "dave@example.com", "username": username, "password1": PASSWORD, "website": ""} | more
    return post(client, "/accounts/signup/", **body)


def log_in(client: Client, login: str, password: str = PASSWORD, path: str = "/accounts/login/") -> str:
    return post(client, path, login=login, password=password)


def link_in(message: int = -1) -> str:
    found = re.search(r"https?://[^/\s]+(/\S+)", str(mail.outbox[message].body))
    assert found
    return found[1]


@pytest.fixture
def member() -> User:
    """Somebody with a password and a confirmed address."""
    user = User.objects.create(username="Dave", email="dave@example.com")
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def test_nobody_is_in_before_their_address_is_confirmed(client: Client) -> None:
    assert "Look into your mailbox" in sign_up(client)
    assert client.get("/settings/").status_code == 302

    page = post(client, link_in())

    assert "Your address is confirmed" in page
    assert client.get("/settings/").status_code == 200
    assert mail.outbox[0].to == ["dave@example.com"]
    assert settings.PUBLIC_URL in str(mail.outbox[0].body)


@pytest.mark.parametrize(
    ("username", "says"),
    [
        ("admin", "That name is reserved"),
        ("StudiO", "That name is reserved"),
        ("ALICE", "That name is taken"),
        ("d", "at least 2 characters"),
        ("d" * 33, "at most 32 characters"),
        ("da ve", "Use letters"),
        ("dаve", "Use letters"),
        ("a-channel", "That name is taken"),
    ],
)
def test_names_that_cannot_be_had(client: Client, alice: User, username: str, says: str) -> None:
    Channel.objects.create(name="a-channel")

    assert says in sign_up(client, username)

    assert not User.objects.filter(email="dave@example.com").exists()


def test_signing_up_tells_nobody_who_is_here(client: Client, member: User) -> None:
    assert "Look into your mailbox" in sign_up(client, "dave2")

    assert User.objects.count() == 1
    assert mail.outbox[0].to == ["dave@example.com"]
    assert f"{settings.PUBLIC_URL}/accounts/password/reset/" in str(mail.outbox[0].body)


def test_robots_fill_in_what_people_do_not_see(client: Client) -> None:
    sign_up(client, website="https://spam.example")

    assert not User.objects.exists()


def test_a_closed_house_says_so(client: Client) -> None:
    SiteSettings.objects.create(sign_up_open=False)

    assert "Sign-up is closed" in client.get("/accounts/signup/").content.decode()
    sign_up(client)
    assert not User.objects.exists()


@pytest.mark.parametrize("login", ["Dave", "dave", "dave@example.com", "DAVE@example.com"])
def test_by_name_or_address_in_any_case(client: Client, member: User, login: str) -> None:
    log_in(client, login)

    assert client.get("/settings/").status_code == 200


def test_guessing_is_slowed_down(client: Client, member: User) -> None:
    for _ in range(6):
        page = log_in(client, "dave", "guess")
    assert "Too many" in page

    log_in(client, "dave")

    assert client.get("/settings/").status_code == 302


def test_a_suspended_person_is_told(client: Client, member: User) -> None:
    User.objects.update(is_active=False)

    log_in(client, "dave")

    assert client.get("/settings/").status_code == 302


def test_a_forgotten_password_is_set_anew_and_ends_sessions(client: Client, member: User) -> None:
    log_in(client, "dave")
    stranger = Client()
    post(stranger, "/accounts/password/reset/", email="dave@example.com")
    form = stranger.get(link_in(), follow=True)
    page = post(
        stranger, form.request["PATH_INFO"], password1="another horse battery", password2="another horse battery"
    )

    assert "Your password is new" in page
    assert client.get("/settings/").status_code == 302
    log_in(client, "dave", "another horse battery")
    assert client.get("/settings/").status_code == 200


def publish_terms(now: datetime) -> LegalPage:
    page = LegalPage.objects.create(
        kind="terms", version=legal.next_version("terms"), text="Be kind.", published_at=now
    )
    return page


def test_signing_up_keeps_what_was_agreed_to(client: Client, noon: datetime) -> None:
    page = publish_terms(noon)
    sign_up(client)
    assert not User.objects.exists()

    sign_up(client, accept="on", accepted_versions=str(page.pk))

    assert Consent.objects.get().page == page


def test_a_newer_version_is_asked_for_at_the_next_log_in(client: Client, member: User, noon: datetime) -> None:
    page = publish_terms(noon)
    assert "Before you go on" in log_in(client, "dave")
    assert client.get("/following/").status_code == 302
    assert client.post("/studio/new", {"name": "dave"})["Location"].startswith("/legal/accept")
    assert client.get("/terms").status_code == 200

    post(client, "/legal/accept", page=str(page.pk), next="/following/")

    assert client.get("/following/").status_code == 200
    assert Consent.objects.get().user == member


def code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def test_a_second_factor_is_asked_for(client: Client, member: User) -> None:
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(member, secret)

    assert "Enter your code" in log_in(client, "dave")
    assert client.get("/settings/").status_code == 302
    post(client, "/accounts/2fa/authenticate/", code="000000")
    assert client.get("/settings/").status_code == 302
    post(client, "/accounts/2fa/authenticate/", code=code(secret))

    assert client.get("/settings/").status_code == 200


def test_staff_prove_it_twice_in_production(client: Client, erin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client.force_login(erin)
    assert client.get("/admin/").status_code == 200
    monkeypatch.setattr(settings, "STAFF_NEEDS_TOTP", True)

    reply = client.get("/admin/accounts/user/")

    assert reply["Location"] == "/accounts/2fa/totp/activate/"
    Authenticator.objects.create(user=erin, type="totp", data={})
    assert client.get("/admin/").status_code == 200


def test_the_admin_logs_in_like_everybody(client: Client) -> None:
    reply = client.get("/admin/accounts/user/", follow=True)

    assert "/accounts/login/" in reply.request["PATH_INFO"]
    assert "User name or e-mail" in reply.content.decode()
