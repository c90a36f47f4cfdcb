"""Entries of the KPI catalogue, one file an area; `config.kpis` gathers them."""
