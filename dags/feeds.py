"""One Airflow DAG per feed, from its contract."""

from customs_monitor.airflow.feed_dag import feed_dag
from customs_monitor.contracts import Registry

for contract in Registry.load().feeds.values():
    globals()[f"feed_{contract.id}"] = feed_dag(contract)
