"""The administrators' pages call the same actions as everybody's."""

from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.test import Client, TestCase

from accounts import reports
from accounts.models import AuditEntry, Channel, LegalPage, Report, SiteSettings, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]


@pytest.fixture
def as_erin(erin: User) -> Client:
    client = Client()
    client.force_login(erin)
    return client


def act(client: Client, model: str, action: str, *rows: int) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        reply = client.post(
            f"/admin/accounts/{model}/", {"action": action, "_selected_action": [str(row) for row in rows]}
        )
    assert reply.status_code == 302


def deeds() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_a_person_is_shut_out_and_let_in(as_erin: Client, alice_channel: Channel, alice: User) -> None:
    act(as_erin, "user", "suspend", alice.pk)
    alice.refresh_from_db()
    alice_channel.refresh_from_db()
    assert (alice.is_active, alice_channel.is_suspended) == (False, True)

    act(as_erin, "user", "restore", alice.pk)
    act(as_erin, "channel", "restore", alice_channel.pk)

    alice_channel.refresh_from_db()
    assert not alice_channel.is_suspended
    assert deeds() == ["suspended channel", "suspended user", "restored user", "restored channel"]


def test_an_administrator_does_not_shut_themselves_out(as_erin: Client, erin: User) -> None:
    act(as_erin, "user", "suspend", erin.pk)

    erin.refresh_from_db()
    assert erin.is_active


@pytest.fixture
def waiting(alice_channel: Channel, bob: User, noon: datetime) -> Report:
    return reports.report(by=bob, kind="channel", target_id="alice", reason=Report.Reason.SPAM, text="look", now=noon)


@pytest.mark.parametrize(
    ("action", "outcome", "user_active", "channel_suspended"),
    [
        ("dismiss", "dismissed", True, False),
        ("warn", "warned", True, False),
        ("suspend_reported", "channel", True, True),
        ("suspend_user", "user", False, True),
    ],
)
def test_a_report_ends(
    as_erin: Client, waiting: Report, action: str, outcome: str, user_active: bool, channel_suspended: bool
) -> None:
    assert "look" in as_erin.get("/admin/accounts/report/").content.decode()

    act(as_erin, "report", action, waiting.pk)

    waiting.refresh_from_db()
    assert waiting.outcome == outcome
    assert User.objects.get(username="alice").is_active is user_active
    assert Channel.objects.get().is_suspended is channel_suspended
    assert "settled report" in deeds()


def test_a_legal_text_is_published_and_then_stays(as_erin: Client) -> None:
    as_erin.post("/admin/accounts/legalpage/add/", {"kind": "terms", "text": "Be kind."})
    page = LegalPage.objects.get()
    assert (page.version, page.published_at) == (1, None)

    act(as_erin, "legalpage", "publish", page.pk)
    as_erin.post(f"/admin/accounts/legalpage/{page.pk}/change/", {"kind": "terms", "text": "Be cruel."})
    as_erin.post("/admin/accounts/legalpage/add/", {"kind": "terms", "text": "Be kinder."})

    page.refresh_from_db()
    assert page.text == "Be kind."
    assert "Be kind." in as_erin.get("/terms").content.decode()
    assert LegalPage.objects.count() == 2


def test_settings_are_one_page_with_a_test_mail(as_erin: Client) -> None:
    page = as_erin.get("/admin/accounts/sitesettings/", follow=True).content.decode()
    assert "Send a test mail" in page

    as_erin.post("/admin/accounts/sitesettings/1/change/", {"name": "Our place", "channels_a_person": "3"})
    reply = as_erin.post("/admin/accounts/sitesettings/test-mail/", follow=True)

    assert SiteSettings.load().name == "Our place"
    assert mail.outbox[0].subject == "Our place can send mail"
    assert "A letter is on its way to erin@example.com." in reply.content.decode()
    assert deeds() == ["changed site settings", "sent test mail"]


def test_a_mail_server_that_complains_is_heard(as_erin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    smtp = {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "HOST": "127.0.0.1", "PORT": 9}
    for name, value in smtp.items():
        monkeypatch.setattr(settings, f"EMAIL_{name}", value)

    reply = as_erin.post("/admin/accounts/sitesettings/test-mail/", follow=True)

    assert "The mail server says: " in reply.content.decode()


def test_whoever_is_added_can_log_in(as_erin: Client, client: Client) -> None:
    password = "correct horse battery"
    body = {"username": "frank", "email": "frank@example.com", "password1": password, "password2": password}
    as_erin.post("/admin/accounts/user/add/", body | {"usable_password": "true"})

    assert EmailAddress.objects.get(user__username="frank").verified
    client.post("/accounts/login/", {"login": "frank", "password": password})
    assert client.get("/settings/").status_code == 200
    assert deeds() == ["added user", "set address"]


def test_staff_get_at_no_superuser(erin: User, bob: User, client: Client) -> None:
    from django.contrib.auth.models import Permission

    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    client.force_login(bob)

    act(client, "user", "suspend", erin.pk)
    act(client, "user", "drop_second_factor", erin.pk)
    password = client.post(f"/admin/accounts/user/{erin.pk}/password/", {"password1": "x", "password2": "x"})
    client.post(f"/admin/accounts/user/{bob.pk}/change/", {"username": "bob", "is_superuser": "on", "links": "[]"})

    erin.refresh_from_db()
    bob.refresh_from_db()
    assert erin.is_active
    assert password.status_code == 403
    assert not bob.is_superuser


def test_a_new_password_ends_sessions_and_is_written_down(as_erin: Client, client: Client, alice: User) -> None:
    client.force_login(alice)
    password = {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"}

    as_erin.post(f"/admin/accounts/user/{alice.pk}/password/", password)

    assert client.get("/settings/").status_code == 302
    assert deeds() == ["set password"]


def test_the_log_is_only_read(as_erin: Client, alice: User) -> None:
    act(as_erin, "user", "end_sessions", alice.pk)
    act(as_erin, "user", "suspend", alice.pk)
    entry = AuditEntry.objects.get()

    assert as_erin.get(f"/admin/accounts/auditentry/{entry.pk}/change/").status_code == 200
    assert as_erin.post(f"/admin/accounts/auditentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    "model", ["user", "channel", "channelrole", "legalpage", "consent", "report", "auditentry", "block"]
)
def test_lists_can_be_searched(as_erin: Client, waiting: Report, model: str) -> None:
    assert as_erin.get(f"/admin/accounts/{model}/").status_code == 200
    query = "" if model == "legalpage" else "?q=alice"
    assert as_erin.get(f"/admin/accounts/{model}/{query}").status_code == 200
