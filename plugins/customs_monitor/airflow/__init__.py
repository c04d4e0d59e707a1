"""The only place that imports Airflow: DAG factory, embedded run, plugin."""
