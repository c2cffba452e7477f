"""Logging in and what goes with it: allauth's pages. Nobody here has a second factor."""

from tests.pages.doors import LOGIN, ON, Door, each, each_gets, once_inside

EVERYBODY, NOWHERE = each_gets(200), each_gets(405)
OUTSIDE = each(200, ON, ON, ON, ON, ON, ON)
MEMBERS, MEMBERS_ON = once_inside(200), once_inside(ON)
NO_FACTOR = once_inside(404)

DOORS = [
    Door("/accounts/login/", OUTSIDE, OUTSIDE),
    Door("/accounts/signup/", OUTSIDE, OUTSIDE),
    Door("/accounts/logout/", each(ON, 200, 200, 200, 200, 200, 200), each_gets(ON)),
    Door("/accounts/inactive/", EVERYBODY),
    Door("/accounts/reauthenticate/", MEMBERS, MEMBERS),
    Door("/accounts/email/", MEMBERS, MEMBERS_ON),
    Door("/accounts/confirm-email/", EVERYBODY),
    # A page that says that the letter is too old.
    Door("/accounts/confirm-email/0/", EVERYBODY, each_gets(404)),
    Door("/accounts/password/change/", MEMBERS, MEMBERS),
    # They have one.
    Door("/accounts/password/set/", MEMBERS_ON, MEMBERS_ON),
    Door("/accounts/password/reset/", EVERYBODY, EVERYBODY),
    Door("/accounts/password/reset/done/", EVERYBODY),
    Door("/accounts/password/reset/key/0-0/", EVERYBODY, EVERYBODY),
    Door("/accounts/password/reset/key/done/", EVERYBODY),
    Door("/accounts/login/code/confirm/", (LOGIN, *(ON,) * 6), (LOGIN, *(ON,) * 6)),
    Door("/accounts/2fa/", MEMBERS, once_inside(405)),
    Door("/accounts/2fa/authenticate/", MEMBERS_ON, MEMBERS_ON),
    # On to giving the password once more.
    Door("/accounts/2fa/reauthenticate/", MEMBERS_ON, MEMBERS_ON),
    Door("/accounts/2fa/totp/activate/", MEMBERS_ON, MEMBERS_ON),
    Door("/accounts/2fa/totp/deactivate/", NO_FACTOR, NO_FACTOR),
    Door("/accounts/2fa/recovery-codes/", NO_FACTOR, once_inside(405)),
    Door("/accounts/2fa/recovery-codes/generate/", MEMBERS_ON, MEMBERS_ON),
    Door("/accounts/2fa/recovery-codes/download/", NO_FACTOR, NO_FACTOR),
]
