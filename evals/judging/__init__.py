"""A model that grades answers by a rubric, and how far it grades as people do."""
