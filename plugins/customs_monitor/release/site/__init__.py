"""The static site of a release: pages without script or network, charts as SVG with their tables beside them."""

from customs_monitor.release.site.pages import write_site

__all__ = ["write_site"]
