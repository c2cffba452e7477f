"""Who is answered what, address by address. Each area of the house has a table; together they hold every address."""

from collections.abc import Mapping
from dataclasses import dataclass, field

WHO = ("stranger", "user", "vip", "moderator", "editor", "owner", "admin")
LOGIN, ON = "login", "on"

Answer = int | str
Answers = tuple[Answer, ...]


def each(stranger: Answer, user: Answer, vip: Answer, moderator: Answer, editor: Answer, *rest: Answer) -> Answers:
    """What each of WHO is answered. A redirect to the log-in page is `login`, any other is `on`."""
    return (stranger, user, vip, moderator, editor, *rest)


def each_gets(answer: Answer) -> Answers:
    return (answer,) * len(WHO)


def once_inside(answer: Answer) -> Answers:
    """Whoever has logged in."""
    return (LOGIN, *(answer,) * (len(WHO) - 1))


def for_crew(answer: Answer) -> Answers:
    return each(LOGIN, 404, 404, answer, answer, answer, 404)


def for_editors(answer: Answer) -> Answers:
    return each(LOGIN, 404, 404, 404, answer, answer, 404)


def for_owner(answer: Answer) -> Answers:
    return each(LOGIN, 404, 404, 404, 404, answer, 404)


NOT_SO = each_gets(405)


@dataclass(frozen=True)
class Door:
    """An address, with what each of WHO is answered who reads it, and who posts to it.

    `{names}` in path and body stand for what the test's world holds. Where all of a kind are alike, `asked` names
    those who stand for them.
    """

    path: str
    get: Answers
    post: Answers = NOT_SO
    body: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = WHO

    def path_in(self, world: Mapping[str, object]) -> str:
        return self.path.format(**world)

    def body_in(self, world: Mapping[str, object]) -> dict[str, str]:
        return {name: value.format(**world) for name, value in self.body.items()}


def takes(path: str, post: Answers, **body: str) -> Door:
    """An address that changes something: it isn't read."""
    return Door(path, NOT_SO, post, body)
