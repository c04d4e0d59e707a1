# The platform as a container: Airflow and the portal, with the project's locked dependencies. Runs as an unprivileged user.
FROM python:3.11-slim-bookworm

RUN apt-get update \
 && apt-get install --yes --no-install-recommends curl \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 50000 airflow \
 && install --directory --owner airflow /opt/airflow /opt/airflow/logs /opt/customs-monitor \
    /var/lib/customs-monitor

WORKDIR /opt/customs-monitor
ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_COMPILE_BYTECODE=1 PATH=/opt/venv/bin:$PATH \
    AIRFLOW_HOME=/opt/airflow CUSTOMS_MONITOR_HOME=/opt/customs-monitor PYTHONUNBUFFERED=1

# Dependencies first: they change less often than the code.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN pip install --no-cache-dir uv==0.13.9 && uv sync --frozen --no-install-project --no-default-groups --extra servers
COPY . .
# Node.js is needed only to get the styles of the site.
RUN uv sync --frozen --no-default-groups --extra servers --group node \
 && /opt/venv/bin/python plugins/customs_monitor/release/site/frontend.py \
 && uv sync --frozen --no-default-groups --extra servers

USER airflow
ENTRYPOINT ["airflow"]
CMD ["version"]
