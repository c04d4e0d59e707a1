"""The Airflow plugin: a page on how the collections stand, for engineers."""

from airflow.plugins_manager import AirflowPlugin

from customs_monitor.airflow.plugin import NAME, PREFIX, LazyApp


class CustomsMonitorPlugin(AirflowPlugin):
    """Member State x period x collection x stage, in Airflow's navigation and behind its login."""

    name = "customs_monitor"
    fastapi_apps = [{"app": LazyApp(), "url_prefix": PREFIX, "name": NAME}]  # noqa: RUF012 - as Airflow reads it
    external_views = [  # noqa: RUF012
        {"name": NAME, "href": f"{PREFIX}/", "destination": "nav", "url_route": "collections", "category": "browse"}
    ]
