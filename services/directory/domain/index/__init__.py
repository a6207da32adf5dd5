"""The index offers are searched in, in this process's memory: nothing is read from it but which offers, and why."""
