"""Python's ssl, and its package cryptography, for stacks.adapter.test.ts: two verifiers, a server and a client."""

import datetime
import ipaddress
import json
import socket
import ssl
import sys

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(protocol, ca, version=None):
    made = ssl.SSLContext(protocol)
    # Python 3.13's default, for all of them.
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(ca)
    if version:
        made.minimum_version = made.maximum_version = VERSIONS[version]
    return made


def handshake(server, client, host):
    """Without a network: what one side writes, the other reads. Raises what either side refuses with."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=host or None),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    while sides:
        for side in list(sides):
            try:
                side.do_handshake()
                sides.remove(side)
            except ssl.SSLWantReadError:
                pass


def ask_ssl(leaf, ca, purpose, host, server):
    """The leaf plays its part, and the other side verifies it."""
    listening = context(ssl.PROTOCOL_TLS_SERVER, ca)
    dialing = context(ssl.PROTOCOL_TLS_CLIENT, ca)
    dialing.check_hostname = host != ""
    if purpose == "server":
        listening.verify_mode = ssl.CERT_NONE
        listening.load_cert_chain(leaf, f"{leaf}.key")
    else:
        dialing.verify_mode = ssl.CERT_NONE
        listening.load_cert_chain(server, f"{server}.key")
        dialing.load_cert_chain(leaf, f"{leaf}.key")
    handshake(listening, dialing, host)


def ask_cryptography(leaf, ca, purpose, host, server):
    from cryptography import x509
    from cryptography.x509.verification import PolicyBuilder, Store

    def read(path):
        with open(path, "rb") as file:
            return x509.load_pem_x509_certificate(file.read())

    now = datetime.datetime.now(datetime.timezone.utc)
    builder = PolicyBuilder().store(Store([read(ca)])).time(now)
    if purpose == "client":
        verified = builder.build_client_verifier().verify(read(leaf), [])
        names = [subject.value for subject in verified.subjects]
        assert len(names) == 1 and names[0].startswith("spiffe://"), names
        return
    # It has no verifier of a server without a name.
    host = host or "scriptchain.co"
    try:
        subject = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        subject = x509.DNSName(host)
    builder.build_server_verifier(subject).verify(read(leaf), [])


def verify(ask):
    answers = []
    for question in json.load(sys.stdin):
        try:
            ask(**question)
            answers.append("")
        except Exception as error:
            answers.append(str(error) or repr(error))
    json.dump(answers, sys.stdout)


def serve(version, certificate, key, ca):
    own = context(ssl.PROTOCOL_TLS_SERVER, ca, version)
    own.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print("port", listener.getsockname()[1], flush=True)
        while True:
            raw, _ = listener.accept()
            try:
                with own.wrap_socket(raw, server_side=True) as connection:
                    connection.sendall(connection.recv(100))
            except OSError:
                raw.close()


def dial(version, port, ca, host, *identity):
    """To be refused is heard only by reading on: with TLS 1.3 the handshake is over before the server has looked."""
    own = context(ssl.PROTOCOL_TLS_CLIENT, ca, version)
    if identity:
        own.load_cert_chain(*identity)
    with socket.create_connection(("127.0.0.1", int(port))) as raw:
        with own.wrap_socket(raw, server_hostname=host) as connection:
            connection.sendall(b"level\n")
            print(connection.recv(100).decode(), end="")


if __name__ == "__main__":
    work, *words = sys.argv[1:]
    if work == "verify":
        verify({"ssl": ask_ssl, "cryptography": ask_cryptography}[words[0]])
    else:
        {"serve": serve, "dial": dial}[work](*words)
