"""Pictures to calibrate, train and measure with: found, cut as the tracker cuts them, and varied."""
