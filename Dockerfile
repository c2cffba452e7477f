# One image for all processes of docker-compose.yml.
# BASE is any image of Debian 12; the mirrors and certificates that it is configured with serve the build as well.
ARG BASE=debian:bookworm-slim
FROM $BASE

WORKDIR /opt/estrade
COPY deploy/packages.txt deploy/install-packages deploy/
RUN deploy/install-packages deploy/packages.txt && rm -rf /var/lib/apt/lists/*
COPY requirements.txt requirements-install.txt package.json package-lock.json .npmrc ./
COPY deploy/setup deploy/
RUN deploy/setup && .venv/bin/python -m compileall -q .venv/lib && rm -rf var ~/.cache ~/.npm

ENV PATH=/opt/estrade/.venv/bin:$PATH PYTHONUNBUFFERED=1 \
    ESTRADE_VAR=/var/lib/estrade STATIC_ROOT=/opt/estrade/collected
COPY . .
# Volumes take their owner from these directories. The secrets are for this one command and sign nothing.
RUN useradd --system --uid 10001 --home-dir $ESTRADE_VAR estrade \
    && install -d -o estrade -m 755 $ESTRADE_VAR /run/estrade \
    && install -d -o estrade -m 700 /data /var/lib/postgresql/data \
    && export SECRET_KEY=for-the-build-for-the-build-for-the-build \
    && export STREAM_KEY_SECRETS=$SECRET_KEY PLAYBACK_SECRETS=$SECRET_KEY HOOK_SECRETS=$SECRET_KEY TOTP_SECRETS=$SECRET_KEY \
    && export BANK_SECRETS=$SECRET_KEY \
    && python manage.py collectstatic --noinput --verbosity 0 \
    && python manage.py compilemessages --ignore .venv --ignore node_modules --verbosity 0

USER estrade
EXPOSE 8080 1935
ENTRYPOINT ["python", "-m", "deploy.container"]
