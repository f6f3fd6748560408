/**
 * Characters that no host name, address or Host alias has and that mean something to a shell: a ProxyCommand puts names
 * into a line for one (OpenSSH refuses the same, ssh.c: valid_hostname).
 */
const special = /[\s\p{Cc}'"`$\\;&<>|(){},]/u;

/** Whether a text can be a host's name, address or Host alias. */
export function isHostName(text: string): boolean {
  return text !== '' && !text.startsWith('-') && !special.test(text);
}

/** Whether a text can be a login name: a domain before a `\` and a `$` at the end are some people's. */
export function isUserName(text: string): boolean {
  return text !== '' && !text.startsWith('-') && !special.test(text.replace(/\$$/, '').replace(/\\(?=.)/g, ''));
}
