"""Networks and files that are judged; `metrics` has the formulas."""
