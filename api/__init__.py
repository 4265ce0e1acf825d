"""HTTP over the client: FastAPI application factory and endpoints."""
