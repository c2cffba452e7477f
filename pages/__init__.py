"""Where everything meets: home, the watch page and the studio. Views and templates, no models."""
