"""Storage of live metrics: wide samples, roll-ups, mergeable histograms, retention."""
