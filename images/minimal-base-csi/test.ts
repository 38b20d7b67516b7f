import { testImage } from '../../scripts/testing/image-test.ts'

/** Formats a file with `mkfs`, mounts it at /mnt, writes, unmounts and checks it with `check`, as drivers do. */
const roundTrip = (mkfs: string, check: string) => ({
  privileged: true,
  argv: [
    'bash',
    '-euxc',
    `truncate --size 400M /tmp/disk
     device=$(losetup --find --show /tmp/disk)
     trap 'umount /mnt || :; losetup --detach $device' EXIT
     ${mkfs} $device
     mount $device /mnt
     echo content > /mnt/file
     findmnt --noheadings --output FSTYPE,SOURCE /mnt
     df --output=avail /mnt
     umount /mnt
     ${check} $device
     mount --options ro $device /mnt
     cat /mnt/file`,
  ],
})

testImage({
  shell: true,
  // What util-linux, shadow-utils (for the users that NFS makes) and NFS have so.
  privileged: [
    '/usr/bin/gpasswd',
    '/usr/bin/mount',
    '/usr/bin/newgidmap',
    '/usr/bin/newgrp',
    '/usr/bin/newuidmap',
    '/usr/bin/su',
    '/usr/bin/umount',
    '/usr/sbin/mount.nfs',
  ],
  // Registered only while its dependants were installed.
  files: { '/usr/lib/systemd/systemd': 'absent' },
  run: [
    {
      name: 'formats, mounts and checks ext4',
      ...roundTrip('mkfs.ext4 -q', 'fsck.ext4 -f -n'),
      stdout: /^ext4 .*^content$/ms,
    },
    {
      name: 'formats, mounts and checks xfs',
      ...roundTrip('mkfs.xfs -q', 'xfs_repair -n'),
      notEmulated: 'qemu-user does not pass on the ioctls of xfs',
      stdout: /^xfs .*^content$/ms,
    },
    {
      name: 'mounts NFS, as far as can be told without a server',
      argv: ['bash', '-c', 'mount.nfs -V && showmount --version && mount -t nfs 127.0.0.1:/ /mnt'],
      exitCode: 32,
      stdout: /mount\.nfs: \(linux nfs-utils \d/,
    },
  ],
})
