"""Network namespaces with nodes in them: the paper's Fig. 10 on one machine, with real routers."""
