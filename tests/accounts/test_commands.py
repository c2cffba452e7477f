import json
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command

from accounts.models import User
from streaming.models import Category

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_the_first_administrator_is_made_by_one_command() -> None:
    name, password = run("createadmin", "erin", "erin@example.com").split()

    user = User.objects.get(username=name)
    assert user.is_superuser
    assert user.check_password(password)
    assert EmailAddress.objects.get(user=user).verified


def test_a_name_that_cannot_be_is_named() -> None:
    with pytest.raises(CommandError, match="Use letters"):
        run("createadmin", "no good", "erin@example.com")


def test_a_fresh_install_has_an_administrator_who_can_log_in() -> None:
    made = json.loads(run("first_run"))
    again = json.loads(run("first_run"))

    user = User.objects.get(username=made["admin"]["username"])
    assert user.check_password(made["admin"]["password"])
    assert EmailAddress.objects.filter(user=user, verified=True).exists()
    assert again["admin"]["password"] is None


def test_a_fresh_install_has_categories_and_a_kept_one_its_own() -> None:
    run("first_run")
    assert Category.objects.filter(slug="music").exists()

    Category.objects.all().delete()
    run("first_run")

    assert not Category.objects.exists()
