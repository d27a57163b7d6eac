"""The commands of hand-tracking-dsp, a module each: add_arguments(parser) and run(options)."""
