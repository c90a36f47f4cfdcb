"""Alert rules, their states and their notifications."""
