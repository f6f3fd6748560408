/** certificate.conf as the tutorial prints it. */
export const tutorial = `[req]
default_bits = 2048
encrypt_key = no
default_keyfile = FLServer.key
default_md = sha256
prompt = no
req_extensions = req_ext
distinguished_name = dn

[dn]
C = US
ST = New York
O = ScriptChain
OU = AI
CN = scriptchain.co

[req_ext]
basicConstraints = CA:FALSE
subjectAltName = @alt_names
subjectKeyIdentifier = hash

[alt_names]
DNS.1 = scriptchain.co
IP.1 = 100.27.120.77
IP.2 = 172.31.24.144
`;

/** The values from which that file is made. */
export const tutorialValues = {
  subject: [
    ['C', 'US'],
    ['ST', 'New York'],
    ['O', 'ScriptChain'],
    ['OU', 'AI'],
    ['CN', 'scriptchain.co'],
  ],
  dns: ['scriptchain.co'],
  ips: ['100.27.120.77', '172.31.24.144'],
} as const;
