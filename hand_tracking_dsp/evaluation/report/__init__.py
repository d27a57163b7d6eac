"""Reports: the page template and the style of plots that all share, and the folder of an evaluation."""
