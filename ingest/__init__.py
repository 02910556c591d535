"""Everything that writes the graph: read → parse → recognise → relate → resolve → infer prerequisites."""
