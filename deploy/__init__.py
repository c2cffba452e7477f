"""How Estrade is brought up: as one supervised stack on a machine, or as containers."""
