"""The interface for machine senders, version 1."""

from customs_monitor.portal.api import collections, deliveries, reports, uploads, webhooks
from customs_monitor.portal.api.asking import BEARER, PROBLEMS

#: All need a token; they are put below `/api/v1`.
ROUTERS = (collections.router, uploads.router, reports.router, deliveries.router, webhooks.router)

__all__ = ["BEARER", "PROBLEMS", "ROUTERS"]
