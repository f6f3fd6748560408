/**
 * The port that an app's server.py names, where it is plain to see: `start_server(server_address="0.0.0.0:19000")`, also by
 * constants of the file. The runtime binds what the script says where `flower.port` is not written (training.py), so all that
 * tries or dials it has to know it before there is a server. Pure.
 */
import { hostPort, type Network } from './network.ts';

/** Comments, texts of several lines, and texts of one: only the last may be an address. */
const pieces = /#[^\n]*|("""|''')(?:\\[\s\S]|(?!\1)[\s\S])*(?:\1|$)|(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/g;
/** `NAME = "…"`, also with a type, and `NAME = 19000`. */
const constants = /^[ \t]*([A-Za-z_]\w*)[ \t]*(?::[^=\n]*)?=[ \t]*(f?"[^"\n]*"|f?'[^'\n]*'|\d+)[ \t]*;?$/gm;
/** What is said of the address; of anything else that stands there, as much as makes it no literal. */
const addresses = /\bserver_address\s*=\s*(f?"[^"\n]*"|f?'[^'\n]*'|[^\s,)]+)\s*([,)]?)/g;
/** The same as the first argument. */
const firsts = /\bstart_server\s*\(\s*(f?"[^"\n]*"|f?'[^'\n]*'|[A-Za-z_]\w*)\s*(?=[,)])/g;

/** @returns nothing where the script names none, several, or one that only its run would tell */
export function scriptPort(source: string): number | undefined {
  const code = source.replace(pieces, (piece, long) => (piece.startsWith('#') || long ? '' : piece));
  const known = new Map<string, string | undefined>();
  for (const [, name = '', value = ''] of code.matchAll(constants))
    known.set(name, known.has(name) && known.get(name) !== value ? undefined : value);
  const said = [
    ...[...code.matchAll(addresses)].map(([, value = '', end]) => (end ? value : '')),
    ...[...code.matchAll(firsts)].map(([, value = '']) => value),
  ];
  const ports = new Set(said.map((value) => portIn(textOf(value, known))));
  const [port] = ports;
  return ports.size === 1 ? port : undefined;
}

/** A text, or what a constant is; of an f-string, with its constants in it. */
function textOf(value: string, known: ReadonlyMap<string, string | undefined>, deep = 4): string | undefined {
  if (deep === 0) return undefined;
  if (/^\d+$/.test(value)) return value;
  const [, formatted, text] = /^(f?)["'](.*)["']$/.exec(value) ?? [];
  if (text === undefined) {
    const constant = known.get(value);
    return constant === undefined ? undefined : textOf(constant, known, deep - 1);
  }
  if (!formatted) return text;
  // What can't be told stays in its braces, and is no port.
  return text.replace(/\{(\w+)\}/g, (whole, name) => textOf(name, known, deep - 1) ?? whole);
}

function portIn(address: string | undefined): number | undefined {
  const port = Number(/:(\d{1,5})$/.exec(address ?? '')?.[1]);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** The same network at the port that the script names: what is written wins, and who dials another on purpose goes on. */
export function atScriptPort(network: Network, port: number | undefined): Network {
  const { flower, server, clients, address } = network;
  // The default is what everybody expects, and is not said.
  if (port === undefined || port === flower.port || flower.written.port !== null) return network;
  const dial = hostPort(address, port);
  return {
    ...network,
    flower: { ...flower, port, portFrom: 'server.py' },
    server: { ...server, dial },
    clients: clients.map((client) => (client.dialWritten ? client : { ...client, dial })),
  };
}
