/** What a network and its members may be called: one rule for fl-network.yaml, the wizard and host lists. */

export const memberName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Names that mean something else where a NAME is asked for. */
export const reservedNames: readonly string[] = ['server', 'all', 'ca', 'operator'];
