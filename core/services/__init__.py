"""PostgreSQL and Redis, embedded or given by URL, behind one context manager."""

from core.services.running import Services, running_services

__all__ = ["Services", "running_services"]
