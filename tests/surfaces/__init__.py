"""What every surface must do alike."""
