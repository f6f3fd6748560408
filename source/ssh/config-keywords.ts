/**
 * What becomes of each keyword of ssh_config(5). A keyword that is in none of these lists is refused as ssh refuses one
 * that it doesn't know: only IgnoreUnknown passes over it.
 */

/** One value; the first one counts. */
export const firstCounts = [
  'addressfamily',
  'bindaddress',
  'canonicalizehostname',
  'canonicalizemaxdots',
  'connecttimeout',
  'hostkeyalias',
  'hostname',
  'identitiesonly',
  'identityagent',
  'ignoreunknown',
  'port',
  'proxyusefdpass',
  'user',
] as const;

/** Values in one line; the first line counts. */
export const firstLineCounts = [
  'canonicaldomains',
  'canonicalizepermittedcnames',
  'globalknownhostsfile',
  'userknownhostsfile',
] as const;

/** Each line adds one. */
export const linesAdd = ['certificatefile', 'identityfile'] as const;

export type Keyword =
  | (typeof firstCounts)[number]
  | (typeof firstLineCounts)[number]
  | (typeof linesAdd)[number]
  | (typeof wholeLine)[number];

/** The whole rest of the line; of the two, the first counts. */
export const wholeLine = ['proxycommand', 'proxyjump'] as const;

/**
 * Left out, since it would change whom we reach or trust; the value with which each says nothing, and why it matters.
 */
export const unsupported: Readonly<Record<string, { readonly unless: string; readonly why: string }>> = {
  bindinterface: { unless: '', why: 'fl-wizard can not bind to an interface, only to a BindAddress' },
  knownhostscommand: { unless: 'none', why: 'fl-wizard runs no command for host keys' },
  refuseconnection: { unless: '', why: 'it forbids the connection' },
  revokedhostkeys: { unless: 'none', why: 'fl-wizard does not read it, and would trust what it revokes' },
};

/**
 * Harmless to pass over: about a terminal, forwarding, other ways to log in than keys, algorithms (ours are ssh2's
 * modern ones), or laxer than what we do. StrictHostKeyChecking is among them: host keys are always checked.
 */
export const passedOver: ReadonlySet<string> = new Set(
  `addkeystoagent batchmode canonicalizefallbacklocal casignaturealgorithms challengeresponseauthentication
  channeltimeout checkhostip cipher ciphers clearallforwardings compression compressionlevel connectionattempts
  controlmaster controlpath controlpersist dsaauthentication dynamicforward enableescapecommandline enablesshkeysign
  escapechar exitonforwardfailure fingerprinthash forkafterauthentication forwardagent forwardx11 forwardx11timeout
  forwardx11trusted gatewayports globalknownhostsfile2 gssapiauthentication gssapiclientidentity
  gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity
  gssapitrustdns hashknownhosts hostbasedacceptedalgorithms hostbasedauthentication hostbasedkeytypes
  hostkeyalgorithms ipqos kbdinteractiveauthentication kbdinteractivedevices keepalive kexalgorithms localcommand
  localforward loglevel logverbose macs nohostauthenticationforlocalhost numberofpasswordprompts
  obscurekeystroketiming passwordauthentication permitlocalcommand permitremoteopen pkcs11provider
  preferredauthentications protocol pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication rekeylimit
  remotecommand remoteforward requesttty requiredrsasize securitykeyprovider sendenv serveralivecountmax
  serveraliveinterval sessiontype setenv skeyauthentication smartcarddevice stdinnull streamlocalbindmask
  streamlocalbindunlink stricthostkeychecking syslogfacility tag tcpkeepalive tisauthentication tunnel tunneldevice
  updatehostkeys usekeychain userknownhostsfile2 useroaming useprivilegedport verifyhostkeydns versionaddendum
  visualhostkey warnweakcrypto xauthlocation`.split(/\s+/),
);
