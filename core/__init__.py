"""What every room may use and which uses no room: settings, services, database, security, telemetry, errors."""
