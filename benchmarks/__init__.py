"""Speed as ratios measured side by side: salesplan, the bare engine, what one would write."""
