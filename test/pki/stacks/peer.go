// Go's crypto/x509 and crypto/tls, for stacks.adapter.test.ts: a verifier, a server and a client.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"os"
)

type question struct {
	Leaf, CA, Purpose, Host string
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func roots(path string) *x509.CertPool {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(must(os.ReadFile(path))) {
		must(0, fmt.Errorf("no certificate in %s", path))
	}
	return pool
}

func answer(asked question) string {
	block, _ := pem.Decode(must(os.ReadFile(asked.Leaf)))
	leaf := must(x509.ParseCertificate(block.Bytes))
	usage := x509.ExtKeyUsageServerAuth
	if asked.Purpose == "client" {
		usage = x509.ExtKeyUsageClientAuth
	}
	options := x509.VerifyOptions{Roots: roots(asked.CA), KeyUsages: []x509.ExtKeyUsage{usage}}
	if _, err := leaf.Verify(options); err != nil {
		return err.Error()
	}
	if asked.Host != "" {
		if err := leaf.VerifyHostname(asked.Host); err != nil {
			return err.Error()
		}
	}
	return ""
}

func verify() {
	var questions []question
	must(0, json.NewDecoder(os.Stdin).Decode(&questions))
	answers := []string{}
	for _, asked := range questions {
		answers = append(answers, answer(asked))
	}
	must(0, json.NewEncoder(os.Stdout).Encode(answers))
}

func config(version string) *tls.Config {
	number := uint16(tls.VersionTLS13)
	if version == "1.2" {
		number = tls.VersionTLS12
	}
	return &tls.Config{MinVersion: number, MaxVersion: number}
}

func serve(version, certificate, key, ca string) {
	own := config(version)
	own.Certificates = []tls.Certificate{must(tls.LoadX509KeyPair(certificate, key))}
	own.ClientAuth = tls.RequireAndVerifyClientCert
	own.ClientCAs = roots(ca)
	listener := must(tls.Listen("tcp", "127.0.0.1:0", own))
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	for {
		connection := must(listener.Accept())
		if line, err := bufio.NewReader(connection).ReadString('\n'); err == nil {
			fmt.Fprint(connection, line)
		}
		connection.Close()
	}
}

// To be refused is heard only by reading on: with TLS 1.3 the handshake is over before the server has looked.
func dial(version, port, ca, host string, identity []string) {
	own := config(version)
	own.RootCAs = roots(ca)
	own.ServerName = host
	if len(identity) > 0 {
		own.Certificates = []tls.Certificate{must(tls.LoadX509KeyPair(identity[0], identity[1]))}
	}
	connection := must(tls.Dial("tcp", "127.0.0.1:"+port, own))
	must(fmt.Fprintln(connection, "level"))
	fmt.Print(must(bufio.NewReader(connection).ReadString('\n')))
}

func main() {
	switch words := os.Args[1:]; words[0] {
	case "verify":
		verify()
	case "serve":
		serve(words[1], words[2], words[3], words[4])
	case "dial":
		dial(words[1], words[2], words[3], words[4], words[5:])
	}
}
