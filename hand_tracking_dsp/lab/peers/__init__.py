"""Other ways to prune the same network, made with the same means and measured beside ours. Needs torch."""
