# The production image: web, worker and beat are one image with different commands.
FROM python:3.11-slim AS build
ENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN pip install "uv>=0.13,<0.14" && python -m venv /venv
COPY requirements-production.lock /tmp/
RUN VIRTUAL_ENV=/venv uv pip sync --no-cache --compile-bytecode --require-hashes \
      /tmp/requirements-production.lock
ENV PATH=/venv/bin:$PATH
WORKDIR /app
COPY . .
# Built once, here: the containers' own file system is read-only. The values are used by no one.
RUN python -m embedded.fonts /app/var \
 && python -m embedded.translations \
 && DEMO=false SECRET_KEY=build LOOKUP_HASH_KEY=build FIELD_ENCRYPTION_KEYS=build \
    DATABASE_URL=postgres://build@127.0.0.1:9/build REDIS_URL=redis://127.0.0.1:9/0 \
    EMAIL_URL=smtp://127.0.0.1:9 \
    python manage.py collectstatic --no-input --verbosity=0 \
 && python -m compileall -q /app

FROM python:3.11-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 \
      libharfbuzz-subset0 postgresql-common \
 && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
 && apt-get install -y --no-install-recommends postgresql-client-18 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin privacy \
 && install -d -o privacy -m 0700 /ledger /backups
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DEMO=false VAR_DIR=/app/var
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER privacy
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--no-ws", "--log-level", "warning", \
     "apifonica_privacy.wsgi:application"]
