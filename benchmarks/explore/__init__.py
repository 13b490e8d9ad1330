"""How quickly the workbench answers."""
