"""The packaged components: the graph view (`graph`), safe rich text (`prose`) and the search box (`search`)."""
