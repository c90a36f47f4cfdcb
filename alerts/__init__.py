"""Alerting: rules judged as Prometheus judges them, their state, and the channels that tell."""
