"""The timeline to walk through with the keys: what there is to show; `app` and `pane` show it, with textual."""
