"""What the launcher makes of a certificate, and how it says that one can't be used."""

import ssl
from pathlib import Path

import pytest

from deploy.configuration import https_context
from deploy.environment import find_free_port, is_free, make_environment
from deploy.errors import DeployError
from deploy.layout import Layout
from deploy.stack import Stack
from tests.edge.certificates import make_certificate
from tests.edge.running import wait_for

HTTPS = {"HOST": "0.0.0.0", "PUBLIC_URL": "https://stream.example.org"}


def test_a_certificate_makes_the_address_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"TLS_CERT": "tls/cert.pem", "TLS_KEY": "/k.pem", "PORT": "8443"}

    values = make_environment(Layout(tmp_path, tmp_path / "run"), given)

    assert values["PUBLIC_URL"] == "https://localhost:8443"
    assert (values["TLS_CERT"], values["TLS_KEY"]) == (f"{tmp_path}/tls/cert.pem", "/k.pem")


def test_a_certificate_that_can_not_be_used_is_named(tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path)
    _, other_key = make_certificate(tmp_path, "other")

    assert https_context(HTTPS | {"TLS_CERT": str(cert), "TLS_KEY": str(key)})["tls_cert"] == str(cert)
    for wrong in (other_key, cert, tmp_path / "missing"):
        with pytest.raises(DeployError, match=f"TLS_CERT={cert} with TLS_KEY={wrong} can't be used"):
            https_context(HTTPS | {"TLS_CERT": str(cert), "TLS_KEY": str(wrong)})


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"TLS_CERT": "/c"}, "TLS_CERT and TLS_KEY go together"),
        ({"TLS_KEY": "/k"}, "TLS_CERT and TLS_KEY go together"),
        ({"PUBLIC_URL": "http://x", "HTTP_REDIRECT_PORT": "80"}, "need a PUBLIC_URL that begins with https://"),
        ({"PUBLIC_URL": "http://x", "TLS_CERT": "/c", "TLS_KEY": "/k"}, "need a PUBLIC_URL that begins with https://"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8, nobody"}, "TRUSTED_PROXIES: 'nobody'"),
    ],
)
def test_settings_that_do_not_fit_each_other_are_named(given: dict[str, str], complaint: str) -> None:
    with pytest.raises(DeployError, match=complaint):
        https_context(HTTPS | given)


def test_a_stack_speaks_tls_on_both_ports(tmp_path: Path) -> None:
    cert, key = make_certificate(tmp_path)
    wanted = ("PORT", "RTMP_PORT", "RTMPS_PORT", "HTTP_REDIRECT_PORT")
    settings = {name: str(find_free_port()) for name in wanted}
    stack = Stack(tmp_path / "var", settings | {"TLS_CERT": str(cert), "TLS_KEY": str(key)}, names=("edge", "ingest"))

    stack.prepare()
    try:
        stack.supervisor.start()
        stack.supervisor.start_programs(("edge", "ingest"))
        for name in ("PORT", "RTMPS_PORT"):
            wait_for(f"{name} listens", lambda name=name: not is_free("127.0.0.1", int(settings[name])))  # type: ignore[misc]
            found = ssl.get_server_certificate(("127.0.0.1", int(settings[name])))
            assert ssl.PEM_cert_to_DER_cert(found) == ssl.PEM_cert_to_DER_cert(cert.read_text())
        assert stack.pid("ingest")
        assert stack.local_url == f"https://127.0.0.1:{settings['PORT']}"
    finally:
        stack.stop()
