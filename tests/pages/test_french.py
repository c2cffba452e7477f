"""Estrade in French: the pages, what forms answer, and the letters."""

from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.core import mail
from django.test import Client, TestCase
from django.urls import reverse

from accounts.actions import appoint
from accounts.following import announce_on_commit, follow
from accounts.models import Channel, ChannelRole, Report, User
from accounts.reports import report, settle
from streaming.actions import keep_refusal
from streaming.errors import BitrateTooHigh
from streaming.models import Broadcast, ScheduledBroadcast
from tests.translation.spoken_page import english_in, texts_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_house")]

PASSWORD = "correct horse battery"
FRENCH = {"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.5"}


@pytest.fixture
def stage(alice_channel: Channel, alice: User, carol: User, bob: User, noon: datetime) -> Channel:
    """Something of everything that pages show."""
    alice_channel.title = "Matins alpins"
    alice_channel.save()
    Broadcast.objects.create(channel=alice_channel, started_at=noon, title="Le lever du soleil")
    Broadcast.objects.create(channel=alice_channel, started_at=noon, ended_at=noon, state="ended", title="Hier")
    facts = {"starts_at": noon, "created_at": noon, "updated_at": noon, "title": "Demain"}
    ScheduledBroadcast.objects.create(channel=alice_channel, **facts)
    keep_refusal(channel=alice_channel, refusal=BitrateTooHigh(sent=20.5, most=12), address=None, now=noon)
    appoint(channel=alice_channel, user=carol, role=ChannelRole.Role.MODERATOR, by=alice, now=noon)
    follow(channel=alice_channel, user=bob)
    return alice_channel


def speaking_french(user: User | None) -> Client:
    client = Client(headers=FRENCH)
    if user is not None:
        client.force_login(user)
    return client


ANYBODYS = [
    "/", "/upcoming", "/categories", "/search", "/search?q=zebre", "/tags/zebre", "/@alice", "/@alice/replays",
    "/@alice/past", "/@alice/schedule", "/users/alice", "/terms", "/imprint", "/nothing-here", "/accounts/login/",
    "/accounts/signup/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/confirm-email/",
    "/accounts/confirm-email/nonsense/", "/accounts/password/reset/key/0-nonsense/", "/accounts/inactive/",
]  # fmt: skip
ALICES = [
    "/", "/studio/", "/studio/new", "/studio/alice/", "/studio/alice/schedule", "/studio/alice/broadcasts",
    "/studio/alice/recordings", "/studio/alice/edit", "/studio/alice/crew", "/following/", "/notifications/",
    "/settings/", "/settings/notifications", "/settings/blocks", "/settings/account", "/legal/accept",
    "/report/?kind=user&id=bob", "/accounts/email/", "/accounts/password/change/", "/accounts/logout/",
    "/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/reauthenticate/", "/@alice",
]  # fmt: skip


@pytest.mark.parametrize("path", ANYBODYS)
def test_no_page_of_a_stranger_speaks_english(stage: Channel, path: str) -> None:
    _assert_french(speaking_french(None), path)


@pytest.mark.parametrize("path", ALICES)
def test_no_page_of_a_streamer_speaks_english(stage: Channel, alice: User, path: str) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
    client = Client(headers=FRENCH)
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})

    _assert_french(client, path)


def test_the_administration_speaks_french(stage: Channel, erin: User, bob: User, noon: datetime) -> None:
    report(by=bob, kind="channel", target_id="alice", reason=Report.Reason.SPAM, text="", now=noon)
    client = speaking_french(erin)

    _assert_french(client, "/admin/")
    _assert_french(client, "/admin/overview/")
    for model in admin.site._registry:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        _assert_french(client, path)
        row = model._default_manager.first()
        if row is not None:
            change = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
            _assert_french(client, change)


def _assert_french(client: Client, path: str) -> None:
    page = client.get(path, follow=True).content.decode()

    assert 'lang="fr"' in page
    assert english_in(page) == [], path


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        (
            "/accounts/login/",
            {"login": "alice", "password": "wrong"},
            "Ce nom et ce mot de passe ne correspondent pas.",
        ),
        ("/accounts/signup/", {"email": "x", "username": "alice", "password1": "a"}, "Ce nom est déjà pris."),
        ("/accounts/signup/", {"email": "x@example.com", "username": "admin", "password1": "a"}, "Ce nom est réservé."),
        ("/accounts/password/reset/", {"email": "nobody"}, "adresse"),
    ],
)
def test_forms_say_in_french_what_is_wrong(stage: Channel, path: str, body: dict[str, str], says: str) -> None:
    page = speaking_french(None).post(path, body | {"website": ""}).content.decode()

    assert says in page
    assert english_in(page) == []


def test_a_streamer_reads_in_french_why_the_encoder_was_refused(stage: Channel, alice: User) -> None:
    page = speaking_french(alice).get("/studio/alice/").content.decode()

    assert "Le flux atteint 20,5 Mbit/s ; ce serveur en accepte 12 au plus." in texts_of(page)


def test_what_was_told_is_read_in_the_readers_language(stage: Channel, carol: User, alice: User) -> None:
    told = speaking_french(carol).get("/notifications/").content.decode()

    assert "alice vous a confié le rôle « modérateur » sur alice." in told.replace("\xa0", " ")


def test_a_letter_is_in_its_readers_language(stage: Channel, bob: User, carol: User, noon: datetime) -> None:
    follow(channel=stage, user=carol)
    User.objects.filter(pk=bob.pk).update(language="fr")

    with TestCase.captureOnCommitCallbacks(execute=True):
        announce_on_commit(channel=stage, key="live:1", title="Le lever du soleil", now=noon)

    letters = {letter.to[0]: letter for letter in mail.outbox}
    assert letters["bob@example.com"].subject.replace("\xa0", " ") == "alice est en direct : Le lever du soleil"
    assert "vient de passer en direct" in str(letters["bob@example.com"].body)
    assert letters["carol@example.com"].subject == "alice is live: Le lever du soleil"


def test_a_new_password_is_sent_in_the_accounts_language_whoever_asked(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(language="fr", password="unset")
    EmailAddress.objects.create(user=bob, email=bob.email, primary=True, verified=True)

    with TestCase.captureOnCommitCallbacks(execute=True):
        Client().post("/accounts/password/reset/", {"email": bob.email})

    assert mail.outbox[0].subject == "Un nouveau mot de passe pour Estrade"
    assert english_in(str(mail.outbox[0].body)) == []


def test_who_signs_up_in_french_is_written_to_in_french(client: Client) -> None:
    body = {"email": "dave@example.com", "username": "dave", "password1": PASSWORD, "website": ""}

    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post("/accounts/signup/", body, headers=FRENCH)

    assert User.objects.get(username="dave").language == "fr"
    assert mail.outbox[0].subject == "Confirmez votre adresse pour Estrade"


def test_a_stranger_chooses_and_comes_back_to_the_page(client: Client, stage: Channel) -> None:
    reply = client.post("/language", {"language": "fr", "next": "/@alice"})

    assert reply["Location"] == "/@alice"
    page = client.get("/@alice").content.decode()
    assert '<html lang="fr" dir="ltr">' in page
    assert "Se connecter" in texts_of(page)
    assert client.post("/language", {"language": "fr", "next": "https://evil.example/"})["Location"] == "/"


def test_who_is_logged_in_chooses_for_all_devices_and_for_mail(bob: User) -> None:
    client = Client()
    client.force_login(bob)

    client.post("/language", {"language": "fr", "next": "/"})

    assert User.objects.get(pk=bob.pk).language == "fr"
    elsewhere = Client(headers={"Accept-Language": "en"})
    elsewhere.force_login(bob)
    assert 'lang="fr"' in elsewhere.get("/").content.decode()


def test_settings_choose_as_well_and_leave_it_to_the_browser_again(bob: User) -> None:
    client = speaking_french(bob)
    profile = {"display_name": "", "bio": "", "links": "", "time_zone": ""}
    client.post("/language", {"language": "en", "next": "/"})
    assert 'lang="en"' in client.get("/").content.decode()

    chosen = client.post("/settings/", profile | {"language": "fr"}, follow=True).content.decode()
    assert "Enregistré." in texts_of(chosen)

    client.post("/settings/", profile | {"language": ""})
    assert User.objects.get(pk=bob.pk).language == ""
    assert 'lang="fr"' in client.get("/").content.decode()


def test_a_language_that_there_is_not_changes_nothing(bob: User) -> None:
    client = Client()
    client.force_login(bob)

    client.post("/language", {"language": "tlh", "next": "/"})

    assert User.objects.get(pk=bob.pk).language == ""
    assert 'lang="en"' in client.get("/").content.decode()


def test_what_the_edge_keeps_for_everybody_has_no_language(stage: Channel) -> None:
    french, english = (Client(headers={"Accept-Language": code}) for code in ("fr", "en"))

    for path in ("/api/channels/alice/state", "/api/channels/nobody/state"):
        assert french.get(path).content == english.get(path).content


def test_a_warning_is_in_the_language_of_who_was_warned(
    stage: Channel, bob: User, alice: User, erin: User, noon: datetime
) -> None:
    row = report(by=bob, kind="channel", target_id="alice", reason=Report.Reason.SPAM, text="", now=noon)
    settle(report=row, outcome=Report.Outcome.WARNED, by=erin, now=noon)

    page = speaking_french(alice).get("/notifications/").content.decode()

    assert "Spam ou escroquerie" in page
