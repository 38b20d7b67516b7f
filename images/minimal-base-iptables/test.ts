import { testImage } from '../../scripts/testing/image-test.ts'
import type { Step } from '../../scripts/testing/steps.ts'

// Each run is a container with a network of its own, and so with rules of its own.
const notEmulated = 'qemu-user passes on neither the socket options nor the netlink messages of netfilter'
const withRules = { capabilities: ['NET_ADMIN', 'NET_RAW'], notEmulated }

const wrapper = { type: 'symlink', link: '/usr/sbin/iptables-wrapper' } as const
const threeOf = (tool: string) => [tool, `${tool}-restore`, `${tool}-save`]
const wrapped = ['iptables', 'ip6tables'].flatMap(threeOf)
const ofNft = ['ebtables', 'arptables'].flatMap(threeOf)
/** The records of upstream's image have these sizes, in bytes: what is chosen, from what, with which links. */
const records = { arptables: 584, ebtables: 412, ip6tables: 297, iptables: 749 }

const accept = (port: number) => ['INPUT', '-p', 'tcp', '--dport', `${port}`, '-j', 'ACCEPT']
const rulesFor = (port: number) => `*filter\n-A ${accept(port).join(' ')}\nCOMMIT\n`
const has = (program: string, port: number): Step => ({ run: [program, '-C', ...accept(port)] })
const lacks = (program: string, port: number): Step => ({ ...has(program, port), exitCode: 1 })

/** Sets, lists, saves, empties and restores with one kind's own programs; the other kind must not see it. */
const useOf = (tool: string, kind: string, other: string) => ({
  name: `${tool} of ${kind} sets, lists and restores rules`,
  ...withRules,
  steps: [
    { run: [`${tool}-${kind}`, '-A', ...accept(80)] },
    { run: [`${tool}-${kind}`, '-n', '-L', 'INPUT'] },
    { run: [`${tool}-${kind}-save`] },
    lacks(`${tool}-${other}`, 80),
    { run: [`${tool}-${kind}`, '-F'] },
    lacks(`${tool}-${kind}`, 80),
    { run: [`${tool}-${kind}-restore`], stdin: rulesFor(443) },
    has(`${tool}-${kind}`, 443),
  ],
  stdout: /^ACCEPT +(?:6|tcp) .*dpt:80$.*^-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT$/ms,
})

/** The first call restores rules from its input and must end up in `kind`; so must all programs after it. */
const firstCall = (when: string, hints: string[][], kind: 'nft' | 'legacy') => ({
  name: `the first call uses ${kind} ${when}`,
  ...withRules,
  steps: [
    ...hints.map(([program, chain]) => ({ run: [program!, '-t', 'mangle', '-N', chain!] })),
    { run: ['iptables-restore'], stdin: rulesFor(8080) },
    has(`iptables-${kind}`, 8080),
    lacks(`iptables-${kind === 'nft' ? 'legacy' : 'nft'}`, 8080),
    ...['iptables', 'ip6tables-save'].map(program => ({ run: [program, '--version'] })),
  ],
  stdout:
    kind === 'nft'
      ? /^iptables .*nf_tables.*^ip6tables-save .*nf_tables/ms
      : /^iptables .*legacy.*^ip6tables-save .*legacy/ms,
})

/** All six go by one choice; kind's bootstrap sets v6 by itself, too. */
const choose = (kind: 'legacy' | 'nft'): Step[] => [
  ...['iptables', 'ip6tables'].map(tool => ({
    run: ['update-alternatives', '--set', tool, `/usr/sbin/${tool}-${kind}`],
  })),
  { run: ['alternatives', '--list'] },
  ...wrapped.map(program => ({ run: [program, '--version'] })),
  ...['iptables-save', 'ip6tables-save'].map(program => ({ run: [program] })),
]
const chosen = (v6: string, v4: string, how = 'manual') =>
  `^ip6tables\\s+manual\\s+/usr/sbin/${v6}$.^iptables\\s+${how}\\s+/usr/sbin/${v4}$`
const versions = (kind: string) => wrapped.map(program => `^${program} v[^\\n]+\\(${kind}\\)$`)

const hint = 'KUBE-IPTABLES-HINT'

testImage({
  made: ['/usr/sbin/iptables-wrapper'],
  files: {
    '/usr/sbin/iptables-wrapper': { type: 'file', mode: 0o755, uid: 0, gid: 0, contains: /\bgo1\.\d+/ },
    ...Object.fromEntries(wrapped.map(name => [`/etc/alternatives/${name}`, wrapper])),
    ...Object.fromEntries(
      ofNft.map(name => [
        `/etc/alternatives/${name}`,
        { link: `/usr/sbin/${name.replace('tables', 'tables-nft')}` },
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(records).map(([name, size]) => [`/var/lib/alternatives/${name}`, { size }]),
    ),
  },
  run: [
    useOf('iptables', 'nft', 'legacy'),
    useOf('iptables', 'legacy', 'nft'),
    useOf('ip6tables', 'nft', 'legacy'),
    useOf('ip6tables', 'legacy', 'nft'),
    firstCall('where there is no kubelet', [], 'nft'),
    firstCall('where the kubelet does', [['iptables-nft', hint]], 'nft'),
    firstCall('where the kubelet does', [['iptables-legacy', hint]], 'legacy'),
    firstCall(
      'where an older kubelet does, for IPv6',
      [['ip6tables-legacy', 'KUBE-KUBELET-CANARY']],
      'legacy',
    ),
    firstCall(
      'where both kinds have a hint',
      [
        ['iptables-legacy', hint],
        ['ip6tables-nft', hint],
      ],
      'nft',
    ),
    {
      name: 'the first call may be of a program for IPv6',
      ...withRules,
      steps: [
        { run: ['ip6tables-legacy', '-t', 'mangle', '-N', hint] },
        { run: ['/usr/sbin/ip6tables-restore', '--noflush'], stdin: rulesFor(53) },
        has('ip6tables-legacy', 53),
        { run: ['iptables', '--version'] },
      ],
      stdout: /^iptables .*legacy/,
    },
    {
      name: 'the first call has the exit code of what it calls',
      ...withRules,
      argv: ['iptables', '--no-such-option'],
      exitCode: 2,
      stderr: /unknown option "--no-such-option"/,
    },
    {
      name: 'a user who may not switch gets an answer all the same',
      notEmulated,
      user: '65532',
      argv: ['iptables', '--version'],
      stdout: /^iptables .*nf_tables/,
      stderr: /^iptables-wrapper: cannot switch to nft, using it for this call: /,
    },
    {
      name: 'all programs go from the wrapper to legacy, to nft, and back to the wrapper',
      ...withRules,
      steps: [
        { run: ['alternatives', '--list'] },
        ...choose('legacy'),
        ...choose('nft'),
        ...['ebtables', 'arptables'].map(program => ({ run: [program, '--version'] })),
        { run: ['alternatives', '--set', 'iptables', '/usr/sbin/iptables-wrapper'] },
        { run: ['alternatives', '--list'] },
        ...wrapped.map(program => ({ ready: `/usr/sbin/${program}` })),
        { run: ['ip6tables-restore', '--version'] },
        { run: ['alternatives', '--list'] },
        { run: ['alternatives', '--auto', 'iptables'] },
        { run: ['alternatives', '--list'] },
        ...wrapped.map(program => ({ ready: `/usr/sbin/${program}` })),
      ],
      stdout: RegExp(
        [
          chosen('iptables-wrapper', 'iptables-wrapper'),
          chosen('ip6tables-legacy', 'iptables-legacy'),
          ...versions('legacy'),
          chosen('ip6tables-nft', 'iptables-nft'),
          ...versions('nf_tables'),
          chosen('iptables-wrapper', 'iptables-wrapper'),
          ...versions('nf_tables').slice(4, 5),
          chosen('ip6tables-nft', 'iptables-nft'),
          chosen('iptables-wrapper', 'iptables-wrapper', 'auto'),
        ].join('.*'),
        'ms',
      ),
    },
    {
      name: 'nft, ebtables and arptables write what nft lists',
      ...withRules,
      steps: [
        { run: ['ebtables', '-A', 'INPUT', '-p', 'IPv6', '-j', 'DROP'] },
        { run: ['arptables', '-A', 'INPUT', '-s', '192.0.2.1', '-j', 'DROP'] },
        { run: ['nft', 'add', 'table', 'inet', 'own'] },
        { run: ['nft', 'list', 'ruleset'] },
      ],
      stdout: /table bridge filter .*table arp filter .*192\.0\.2\.1.*table inet own/s,
    },
    {
      name: 'conntrack and ipset keep what they are told',
      ...withRules,
      steps: [
        {
          run: [
            'conntrack',
            '-I',
            ...'-p tcp -s 192.0.2.1 -d 192.0.2.2 --sport 1024 --dport 80 --state ESTABLISHED -t 60'.split(
              ' ',
            ),
          ],
        },
        { run: ['conntrack', '-L'] },
        { run: ['ipset', 'create', 'own', 'hash:ip'] },
        { run: ['ipset', 'add', 'own', '192.0.2.3'] },
        { run: ['ipset', 'list', 'own'] },
      ],
      stdout: /ESTABLISHED src=192\.0\.2\.1 dst=192\.0\.2\.2 .*^Members:\n192\.0\.2\.3$/ms,
    },
    { name: 'kmod starts', argv: ['kmod', '--version'], stdout: /^kmod version \d/ },
  ],
})
