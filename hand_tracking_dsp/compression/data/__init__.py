"""Pictures to calibrate, train and measure with: found, cropped as the tracker does, and augmented."""
