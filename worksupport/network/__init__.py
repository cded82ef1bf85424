"""How any service is asked: the only home of requests and tenacity."""
