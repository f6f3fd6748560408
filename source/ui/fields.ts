/** The questions that make a network: what each is, why it is asked, and an example. Data. */

export type FieldName = 'name' | 'address' | 'names' | 'server' | 'identityFile' | 'clients';

export type Field = {
  readonly name: FieldName;
  readonly title: string;
  readonly what: string;
  readonly why: string;
  readonly example: string;
  /** What an empty answer means, where it is allowed. */
  readonly empty?: string;
};

export const fields: readonly Field[] = [
  {
    name: 'name',
    title: 'What is the network called?',
    what: 'A short name for this server and its clients together.',
    why: 'It names the app’s folder and the services on the hosts.',
    example: 'xray',
  },
  {
    name: 'address',
    title: 'Which address do the clients dial?',
    what: 'The DNS name or IP address of the server, as the clients reach it.',
    why: 'It goes into the server’s certificate: a client refuses a server that it reaches by another name.',
    example: 'fl.example.org',
  },
  {
    name: 'names',
    title: 'Does the server have other names?',
    what: 'Further DNS names and IP addresses, separated by commas or spaces.',
    why: 'A client inside the same network may dial a private address; each must be in the certificate.',
    example: '203.0.113.10, 10.0.1.5',
    empty: 'none',
  },
  {
    name: 'server',
    title: 'How is the server reached over SSH?',
    what: 'user@host, user@host:port, or a Host of ~/.ssh/config.',
    why: 'Certificates and your app are copied there, and the server is started there. Python 3.11 or later is needed.',
    example: 'ubuntu@fl.example.org',
  },
  {
    name: 'identityFile',
    title: 'Which SSH key logs in?',
    what: 'The path of a private key for all hosts. Its content is never copied or stored.',
    why: 'It is offered to every host of this network. Left empty, ~/.ssh/config and the SSH agent decide.',
    example: '~/.ssh/fl.pem',
    empty: 'as ~/.ssh/config and the agent say',
  },
  {
    name: 'clients',
    title: 'Who takes part?',
    what: 'name user@host[:port], or a Host of ~/.ssh/config; commas separate several. Paste as many lines as you like; hosp-* takes all hosts of ~/.ssh/config that are called so.',
    why: 'Each gets a certificate of its own name, and only those named here are let in.',
    example: 'hosp-a flsvc@10.20.0.8',
  },
];
