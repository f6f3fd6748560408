/*
 * Names are put into a line for a shell by a ProxyCommand, so none may hold what means something to one. OpenSSH refuses
 * the same characters (misc.c, ssh_valid_hostname and ssh_valid_ruser). Whether there is a name at all is not asked here.
 */

/** A host's name, its address, or a Host alias of ~/.ssh/config. */
export const hostName = /^(?!-)[^\s\u0000-\u001f\u007f-\u009f'"`$\\;&<>|(){},]*$/;

/** Hosts to go through: such names with users and ports, and commas between them. */
export const hostNames = /^(?!-)[^\u0000-\u001f\u007f-\u009f'"`$\\;&<>|(){}]*$/;

/** A login name: some have a domain before a `\`, or a `$` at their end. */
export const userName = /^(?!-)(?:[^\s\u0000-\u001f\u007f-\u009f'"`$\\;&<>|(){},]|\\(?=.))*\$?$/;
