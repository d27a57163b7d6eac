"""Reading and writing of recordings: bags, folders of pictures, labels, runs of the graph, traces."""
