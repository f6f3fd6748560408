/** Settings for `ssh -G` and us: the rows of config-oracle.adapter.test.ts. */

/** Files below ~/.ssh. */
type Files = Readonly<Record<string, string>>;
const config = (text: string): Files => ({ config: text });
/** What the settings may mention. */
export const env = { FL_WIZARD_TEST_KEYS: '/keys', FL_WIZARD_TEST_AGENT: '/run/agent' };

/** What has to mean the same to us as to ssh: files, and the names that are asked for. */
export const same: readonly (readonly [title: string, files: Files, hosts: readonly string[]])[] = [
  ['nothing', config(''), ['h', 'h.example.org', '10.0.0.1']],
  ['a Host alias', config('Host fl\n HostName fl.example.org\n User ubuntu\n Port 2200\n'), ['fl', 'FL', 'fl2']],
  ['wildcards', config('Host *.lan 10.0.?.1\n User lan\nHost *\n User all\n'), ['a.lan', '10.0.1.1', '10.0.10.1', 'x']],
  ['negation', config('Host *.lan !b.lan\n User lan\nHost !c\n User never\n'), ['a.lan', 'b.lan', 'c', 'd']],
  ['several names', config('Host a b,c "d"\n User x\n'), ['a', 'b', 'c', 'd']],
  ['no Host line', config('User first\nHost *\n User second\n Port 7\n'), ['h']],
  ['the first value', config('Host a\n Port 1\nHost a*\n Port 2\n User x\nHost *\n User y\n'), ['a', 'ab', 'c']],
  ['HostName with %h and %%', config('Host w*\n HostName %h.example.org\nHost p\n HostName p%%p\n'), ['w1', 'p']],
  ['capital letters', config('HOST Fl\n HOSTNAME Fl.Example.ORG\n uSeR Ubuntu\n'), ['Fl', 'fl']],
  [
    'addresses in other spellings',
    config('Host six\n HostName 0:0:0:0:0:0:0:1\n'),
    ['six', '::0001', '127.1', '2001:DB8::0:1'],
  ],
  ['a mapped address', config('Host m\n HostName ::ffff:7F00:1\n'), ['m', '::ffff:127.0.0.1']],
  ['= between them', config('Host=a\nPort=2201\nUser = x\nHost = b\nPort  =  2202\n'), ['a', 'b']],
  ['quotes', config('Host "a b" c\n User "x"\n IdentityFile "/my keys/one"\n IdentityFile \'/k/two\'\n'), ['c', 'd']],
  ['escapes', config('IdentityFile /my\\ keys/a\\"b\nIdentityFile "/c\\\\d"\nIdentityFile /e\\f\n'), ['h']],
  ['comments', config('# Host h\nHost h # x\n Port 5 # six\n\n   # User y\nUser z#1\n'), ['h', '#', 'x']],
  ['tabs and other ends', config('Host\ta\r\n\tPort\t77\r\n  User  u \f\n'), ['a']],
  [
    'several keys',
    config('IdentityFile ~/one\nIdentityFile %d/two-%u\nIdentityFile ~/one\nHost h\n IdentityFile /%h.%p.%r.%n.%i\n'),
    ['h', 'g'],
  ],
  [
    'a variable in a path',
    config(`IdentityFile $\{FL_WIZARD_TEST_KEYS}/k\nUserKnownHostsFile $\{FL_WIZARD_TEST_KEYS}/kh\n`),
    ['h'],
  ],
  [
    'the host in a path',
    config('Host h\n HostName x.y\n HostKeyAlias Al\n User q\n IdentityFile /%h/%k/%n/%r\n'),
    ['h'],
  ],
  ['the short name of this machine', config('IdentityFile /%L/%l/%%\n'), ['h']],
  ['no key', config('IdentityFile none\n'), ['h']],
  [
    'these keys only',
    config('Host a\n IdentitiesOnly yes\nHost b\n IdentitiesOnly TRUE\nHost c\n IdentitiesOnly no\n'),
    ['a', 'b', 'c'],
  ],
  [
    'ProxyJump',
    config('Host h\n ProxyJump u@gate:2222\nHost gate\n HostName gate.example.org\n User g\n Port 9\n'),
    ['h', 'gate'],
  ],
  [
    'several jumps',
    config('Host h\n ProxyJump a,u@b,c:3\nHost a\n ProxyJump z:4\nHost b\n ProxyJump never\n Port 8\n'),
    ['h', 'a', 'b'],
  ],
  ['jumps by IPv6', config('Host h\n ProxyJump me@[2001:db8::1]:2022,[::1]\nHost ::1\n User six\n'), ['h']],
  ['jumps by ssh://', config('Host h\n ProxyJump ssh://a@b.example:22,ssh://c\n'), ['h']],
  ['a comment behind a jump', config('Host h\n ProxyJump gate # by night\n'), ['h']],
  [
    'ProxyJump none',
    config('Host in\n ProxyJump none\nHost gate\n ProxyJump NONE\nHost *\n ProxyJump gate\n'),
    ['in', 'gate', 'x'],
  ],
  ['ProxyCommand', config('Host h\n User u\n HostName x.y\n ProxyCommand nc -X 5 %h %p %r %n %%\n'), ['h', 'g']],
  [
    'ProxyCommand of the alias',
    config('Host h\n HostKeyAlias Al\n ProxyCommand true %k %h\nHost g\n ProxyCommand true %k\n'),
    ['h', 'g'],
  ],
  ['a shell in a ProxyCommand', config('ProxyCommand sh -c "true \'%h\' # %p" | cat 2> /dev/null # end\n'), ['h']],
  ['= before a ProxyCommand', config('ProxyCommand=true = %h\n'), ['h']],
  [
    'ProxyCommand none',
    config('Host h\n ProxyCommand none\nHost g\n ProxyCommand NONE\nHost *\n ProxyCommand true\n'),
    ['h', 'g', 'x'],
  ],
  [
    'ProxyCommand before ProxyJump',
    config('Host h\n ProxyCommand true\nHost *\n ProxyJump gate\nHost gate\n ProxyJump none\n'),
    ['h'],
  ],
  ['ProxyJump before ProxyCommand', config('Host h\n ProxyJump gate\nHost *\n ProxyCommand true %h\n'), ['h', 'gate']],
  ['ProxyCommand none before ProxyJump', config('Host h\n ProxyCommand none\n ProxyJump gate\n'), ['h']],
  ['ProxyJump none before ProxyCommand', config('Host h\n ProxyJump none\n ProxyCommand true\n'), ['h']],
  [
    'a ProxyCommand at the first jump',
    config('Host h\n ProxyJump a,b\nHost a\n ProxyCommand true %h %p\n Port 5\nHost b\n ProxyCommand false\n'),
    ['h', 'b'],
  ],
  [
    'Include',
    { config: 'Include more none-there\nHost *\n User after\n', more: 'Host a\n User included\n' },
    ['a', 'b'],
  ],
  [
    'Include by pattern',
    {
      config: 'Include conf.d/*.conf c?nf.d/[!a]x\n',
      'conf.d/1.conf': 'Port 1\n',
      'conf.d/2.conf': 'Port 2\nUser u\n',
      'conf.d/.h.conf': 'Port 3\nHostKeyAlias h\n',
      'conf.d/ax': 'HostKeyAlias a\n',
      'conf.d/bx': 'HostKeyAlias b\n',
    },
    ['h'],
  ],
  ['Include by ~ and in quotes', { config: 'Include "~/.ssh/my file"\n', 'my file': 'User u\n' }, ['h']],
  [
    'Include in a Host',
    { config: 'Host a\n Include more\n Port 5\n', more: 'User u\nHost b\n User never\nHost *\n IdentitiesOnly yes\n' },
    ['a', 'b', 'c'],
  ],
  [
    'Include in an Include',
    {
      config: 'Include one\nUser after\n',
      one: 'Host a\n Include two\n Port 6\n',
      two: 'Match host a\n User two\nHost b\n Port 7\n',
    },
    ['a', 'b'],
  ],
  [
    'Match host and user',
    config('Match host 10.0.* user root\n Port 1\nMatch host "x,y" user !root\n Port 2\nMatch all\n Port 3\n'),
    ['10.0.0.1', 'x', 'y', 'z', 'joe@x'],
  ],
  [
    'Match host by what HostName says',
    config('Host h\n HostName real.example\nMatch host real.*\n User r\nMatch originalhost H\n Port 4\n'),
    ['h', 'real.example'],
  ],
  ['Match with !', config('Match !host a originalhost *,!b\n User n\nMatch host=c\n Port 9\n'), ['a', 'b', 'c']],
  [
    'Match user of the file',
    config(
      'User joe\nMatch user joe\n Port 1\nMatch localuser root\n HostKeyAlias l\nMatch localuser joe\n ConnectTimeout 3\n',
    ),
    ['h'],
  ],
  [
    'Match final',
    config(
      'Host h\n HostName real\nMatch final host real\n User f\nHost real\n Port 5\nMatch !final\n HostKeyAlias first\n',
    ),
    ['h', 'real'],
  ],
  [
    'Match canonical',
    config('Match canonical\n User c\nMatch !canonical host h\n Port 8\nHost g\n CanonicalizeHostname yes\n'),
    ['h', 'g'],
  ],
  [
    'CanonicalizeHostname of what needs none',
    config(
      'CanonicalizeHostname yes\nCanonicalDomains example.org\nHost 10.0.0.9\n Port 3\nMatch canonical\n User c\n',
    ),
    ['10.0.0.9', 'a.b.c.d'],
  ],
  [
    'IdentityAgent',
    config(
      `Host a\n IdentityAgent ~/agent.%h\nHost b\n IdentityAgent none\nHost c\n IdentityAgent SSH_AUTH_SOCK\nHost d\n IdentityAgent $\{FL_WIZARD_TEST_AGENT}\n`,
    ),
    ['a', 'b', 'c', 'd'],
  ],
  [
    'known hosts',
    config(
      'Host a\n UserKnownHostsFile ~/kh "%d/k h" /k/%h\n GlobalKnownHostsFile /g/a /g/b\nHost b\n UserKnownHostsFile none\n GlobalKnownHostsFile none\n',
    ),
    ['a', 'b', 'c'],
  ],
  [
    'how the socket is made',
    config('AddressFamily INET6\nBindAddress ::1\nConnectTimeout 1m30s\nHost *\n AddressFamily inet\n'),
    ['h'],
  ],
  ['no time limit', config('ConnectTimeout none\n'), ['h']],
  [
    'what does not concern us',
    config(
      'StrictHostKeyChecking no\nForwardAgent yes\nServerAliveInterval 5\nCiphers aes128-ctr\nIgnoreUnknown UseFoo,Bar*\nUseFoo 1\nBarFoo 2 3\nRevokedHostKeys none\nProxyUseFdpass yes\n',
    ),
    ['h'],
  ],
  ['a certificate', config('CertificateFile /c/%u\n'), ['h']],
];

/** What we refuse; `sshToo`: so does ssh, else it would do what we don't. */
export const refused: readonly (readonly [title: string, files: Files, host: string, why: RegExp, sshToo: boolean])[] =
  [
    ['a broken quote', config('User "x\n'), 'h', /quote is not closed/, true],
    ['a keyword alone', config('Host h\n User\n'), 'h', /user has no value/i, true],
    [
      'an unknown keyword',
      config('Host h\n\n Usr x\n'),
      'h',
      /~\/\.ssh\/config:3: fl-wizard does not know usr \(IgnoreUnknown/,
      true,
    ],
    ['two values for one', config('HostName a b\n'), 'h', /hostname takes one value/, true],
    ['an unknown token of HostName', config('HostName %n.x\n'), 'h', /"%n" in "%n\.x" has no meaning there/, true],
    ['an unknown token of IdentityFile', config('IdentityFile /%y\n'), 'h', /"%y" in "\/%y" has no meaning/, false],
    [
      'an unknown token of ProxyCommand',
      config('ProxyCommand true %d\n'),
      'h',
      /"%d" in "true %d" has no meaning/,
      false,
    ],
    [
      'a variable that is not set',
      config(`UserKnownHostsFile $\{FL_WIZARD_TEST_NOT}/x\n`),
      'h',
      /FL_WIZARD_TEST_NOT of .* is not set/,
      true,
    ],
    ['files in a circle', { config: 'Include config\n' }, 'h', /include each other more than 16 deep/, true],
    ['Match alone', config('Match # x\n Port 1\n'), 'h', /Match has no criterion/, true],
    ['Match all with more', config('Match all host h\n Port 1\n'), 'h', /all stands alone/, true],
    [
      'Match exec',
      config('Match host h exec "touch /tmp/fl-wizard-must-not-run"\n User x\n'),
      'h',
      /only Match exec decides/,
      false,
    ],
    ['a jump to nowhere', config('ProxyJump a@\n'), 'h', /no host to jump through/, true],
    ['a jump that leads to itself', config('ProxyJump gate\n'), 'h', /ProxyJump leads back to itself/, true],
    [
      'CanonicalizeHostname',
      config('CanonicalizeHostname yes\nCanonicalDomains invalid\n'),
      'h',
      /CanonicalizeHostname would look up h/,
      false,
    ],
    [
      'ProxyUseFdpass',
      config('ProxyUseFdpass yes\nProxyCommand true\n'),
      'h',
      /ProxyUseFdpass: fl-wizard talks to a ProxyCommand/,
      false,
    ],
    ['ProxyCommand -', config('ProxyCommand -\n'), 'h', /ProxyCommand -: fl-wizard needs a command/, false],
    ['RevokedHostKeys', config('RevokedHostKeys /x\n'), 'h', /revokedhostkeys: fl-wizard does not read it/, false],
    [
      'KnownHostsCommand',
      config('KnownHostsCommand /bin/true\n'),
      'h',
      /knownhostscommand: fl-wizard runs no command/,
      false,
    ],
    ['BindInterface', config('BindInterface lo\n'), 'h', /bindinterface: fl-wizard can not bind/, false],
    ['a time that is none', config('ConnectTimeout soon\n'), 'h', /ConnectTimeout is a number of seconds/, true],
    ['a family that is none', config('AddressFamily ipx\n'), 'h', /AddressFamily is any, inet or inet6/, true],
    ["somebody else's home", config('IdentityFile ~root/x\n'), 'h', /not somebody else's home/, false],
  ];
