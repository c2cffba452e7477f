from datetime import datetime

import pytest

from accounts import legal, reports
from accounts.errors import AccountsError, AlreadyHandled, NotThere, TooMany
from accounts.models import Channel, Consent, LegalPage, Notification, Report, User

pytestmark = pytest.mark.django_db


def report(by: User, now: datetime, kind: str = "channel", target_id: str = "alice") -> Report:
    reason = Report.Reason.SPAM
    return reports.report(by=by, kind=kind, target_id=target_id, reason=reason, text="look", now=now)


def test_a_report_says_what_it_was_about(alice_channel: Channel, alice: User, bob: User, noon: datetime) -> None:
    row = report(bob, noon)

    assert (row.label, row.url, row.user, row.channel) == ("@alice", "/@alice", alice, alice_channel)


def test_the_same_is_reported_once_while_it_waits(
    alice_channel: Channel, bob: User, erin: User, noon: datetime
) -> None:
    first = report(bob, noon)
    assert report(bob, noon) == first

    reports.settle(report=first, outcome=Report.Outcome.DISMISSED, by=erin, now=noon)

    assert report(bob, noon) != first


def test_a_warning_reaches_both_sides(
    alice_channel: Channel, alice: User, bob: User, erin: User, noon: datetime
) -> None:
    row = reports.settle(report=report(bob, noon), outcome=Report.Outcome.WARNED, by=erin, now=noon)

    assert (row.handled_by, row.handled_at) == (erin, noon)
    told = set(Notification.objects.values_list("user__username", "kind"))
    assert told == {("alice", "warned"), ("bob", "report_handled")}
    with pytest.raises(AlreadyHandled):
        reports.settle(report=row, outcome=Report.Outcome.DISMISSED, by=erin, now=noon)


@pytest.mark.parametrize(
    ("kind", "target_id"),
    [("channel", "nobody"), ("user", "nobody"), ("message", "1"), ("", ""), ("channel", ""), ("user", "x" * 65)],
)
def test_what_is_not_there_is_not_reported(bob: User, noon: datetime, kind: str, target_id: str) -> None:
    with pytest.raises(NotThere):
        report(bob, noon, kind, target_id)


def test_nobody_reports_themselves_or_without_end(
    alice_channel: Channel, alice: User, bob: User, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AccountsError):
        report(alice, noon, "user", "alice")
    monkeypatch.setattr(reports, "A_DAY", 1)
    report(bob, noon)
    with pytest.raises(TooMany):
        report(bob, noon, "user", "alice")


def publish(kind: str, by: User, now: datetime) -> LegalPage:
    page = LegalPage.objects.create(kind=kind, version=legal.next_version(kind), text="Be kind.")
    return legal.publish(page=page, by=by, now=now)


def test_a_newer_version_has_to_be_agreed_to_again(bob: User, erin: User, noon: datetime) -> None:
    first = publish("terms", erin, noon)
    publish("imprint", erin, noon)
    LegalPage.objects.create(kind="privacy", version=1, text="a draft")
    assert legal.not_yet_accepted(bob) == [first]

    legal.accept(user=bob, pages=[first], now=noon)
    assert legal.not_yet_accepted(bob) == []
    second = publish("terms", erin, noon)

    assert legal.not_yet_accepted(bob) == [second]
    assert Consent.objects.get().page == first


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("*kind*", "<em>kind</em>", ""),
        ("<script>alert(1)</script>", "&lt;script&gt;", "<script"),
        ("[x](javascript:alert(1))", "", "href"),
        ("<img src=x onerror=alert(1)>", "&lt;img", "<img"),
    ],
)
def test_legal_texts_are_markdown_without_html(text: str, wanted: str, unwanted: str) -> None:
    html = legal.render(text)

    assert wanted in html
    assert not unwanted or unwanted not in html
