"""What runs on a host: mutual TLS around Flower, a journal of the run, a monitor, and a small supervisor.

The package is copied to a host and put on PYTHONPATH. It needs what flwr brings (grpcio, protobuf, cryptography, numpy)
and changes nothing in it: it wraps public functions of grpc and flwr before the user's script calls them.
"""

__version__ = "0.1.0"
"""That of the fl-wizard that it comes with: a run's record names it."""
