import { testImage } from '../../scripts/testing/image-test.ts'
import { staysOnRelease } from '../../scripts/testing/stays-on-release.ts'
import { openSubject } from '../../scripts/testing/test-subject.ts'

const { distro } = await openSubject()

testImage({
  // Of the parent.
  made: ['/usr/sbin/iptables-wrapper'],
  shell: true,
  packageManager: true,
  // sudo's, and what util-linux, shadow-utils and NFS have so.
  privileged: [
    '/usr/bin/gpasswd',
    '/usr/bin/mount',
    '/usr/bin/newgidmap',
    '/usr/bin/newgrp',
    '/usr/bin/newuidmap',
    '/usr/bin/su',
    '/usr/bin/sudo',
    '/usr/bin/umount',
    '/usr/sbin/mount.nfs',
  ],
  run: [
    ...(distro === 'al2' ? [] : [staysOnRelease(distro)]),
    {
      name: 'containerd starts and answers',
      steps: [
        { spawn: ['containerd', '--log-level', 'warn'] },
        { ready: '/run/containerd/containerd.sock' },
        { run: ['ctr', 'version'] },
        { run: ['ctr', 'plugins', 'list'] },
      ],
      stdout: /^Client:.*^Server:\s+Version: +\S*\d+\.\d+.*io\.containerd\.grpc\.v1 .*ok/ms,
    },
    {
      name: 'what kind calls is there',
      argv: [
        'bash',
        '-euc',
        `systemd --version | head -1; runc --version | head -1; echo '{"jq": 1}' | jq -c .; ip -V; ss -V
         for name in ethtool hostname mount.nfs pigz ps rsync socat sudo tar unshare which yum; do command -v $name; done`,
      ],
      stdout: /^systemd \d+.*^runc version .*^\{"jq":1\}$.*^ip utility.*^\/usr\/bin\/yum$/ms,
    },
  ],
})
