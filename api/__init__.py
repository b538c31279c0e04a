"""The HTTP door: routes, SSE, identity, limits, and the pages of the widget and the help centre."""
