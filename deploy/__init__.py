"""Everything that starts Familiebro: the embedded database, the demo, the command line, the images."""
