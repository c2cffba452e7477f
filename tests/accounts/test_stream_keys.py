from hypothesis import given
from hypothesis import strategies as st

from accounts.stream_keys import id_of, is_key_of, make_key

ids = st.integers(min_value=1, max_value=10**17)
versions = st.integers(min_value=1, max_value=10**6)


@given(ids, versions, st.text(min_size=1, max_size=40))
def test_a_key_is_its_channels(channel_id: int, version: int, secret: str) -> None:
    key = make_key(channel_id, version, secret)

    assert id_of(key) == channel_id
    assert is_key_of(key, channel_id, version, [secret])
    assert not is_key_of(key, channel_id, version + 1, [secret])
    assert not is_key_of(key, channel_id + 1, version, [secret])
    assert not is_key_of(key, channel_id, version, [secret + "x"])


@given(st.text(max_size=80))
def test_other_text_names_no_channel(text: str) -> None:
    assert id_of(text) is None


def test_while_a_secret_is_replaced_both_are_good() -> None:
    old, new = make_key(7, 1, "old"), make_key(7, 1, "new")

    assert is_key_of(old, 7, 1, ["new", "old"])
    assert is_key_of(new, 7, 1, ["new", "old"])
    assert not is_key_of(old, 7, 1, ["new"])
