"""Where signals come from: one module a kind of series, each with `signals()` and `read()`."""
