# The bot in a container. It runs as a user without rights, and writes to var/ alone.
FROM python:3.11-slim AS packages
COPY requirements.lock /tmp/requirements.lock
# Every package is pinned by its hash, and none is built here.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /tmp/requirements.lock

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8080 \
    LOG_FORMAT=json
WORKDIR /opt/bot
COPY --from=packages /opt/venv /opt/venv
COPY pyproject.toml LICENSE ./
COPY bot bot
COPY handlers handlers
COPY scheduled scheduled
COPY store store
COPY locales locales
COPY data data
RUN python -m compileall -q bot handlers scheduled store \
    && useradd --system --no-create-home --uid 10001 bot \
    && install --directory --owner=bot --mode=0700 var
USER 10001
VOLUME /opt/bot/var
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "bot"]
CMD ["serve"]
