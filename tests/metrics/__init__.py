"""Rules, alerts and dashboards of the exporter, held by Prometheus's own programs."""
