import { testImage } from '../../scripts/testing/image-test.ts'
import type { Step } from '../../scripts/testing/steps.ts'

const run = (...words: string[]): Step => ({ run: words })
/** A file to be a disk; xfs_io is the only program here that can make one. */
const disk = (size: string) => run('xfs_io', '-f', '-c', `truncate ${size}`, '/tmp/disk')
const mounted: Step[] = [
  run('mount', '-o', 'loop', '/tmp/disk', '/mnt'),
  run('xfs_io', '-f', '-c', 'pwrite -q 0 64k', '-c', 'fsync', '/mnt/file'),
  // buildah hides a part of /sys that lsblk reads; a second sysfs is refused right on top of the first.
  run('mount', '-t', 'tmpfs', 'tmpfs', '/sys'),
  run('mount', '-t', 'sysfs', 'sysfs', '/sys'),
  run('lsblk', '--noheadings', '--output', 'TYPE,MOUNTPOINTS'),
]

testImage({
  files: {
    '/usr/lib64/libsystemd.so.0': 'absent',
    // Copied, so without the setuid bit of their package: a driver that mounts is root already.
    '/usr/bin/mount': { type: 'file', mode: 0o755 },
    '/usr/bin/umount': { type: 'file', mode: 0o755 },
  },
  run: [
    {
      name: 'formats, mounts, grows and checks ext4',
      privileged: true,
      steps: [
        disk('64m'),
        run('mkfs', '-t', 'ext4', '-q', '/tmp/disk'),
        ...mounted,
        run('umount', '/mnt'),
        disk('128m'),
        run('fsck', '-t', 'ext4', '-f', '-p', '/tmp/disk'),
        run('resize2fs', '/tmp/disk'),
        run('fsck.ext4', '-f', '-n', '/tmp/disk'),
        run('dumpe2fs', '-h', '/tmp/disk'),
        run('blkid', '-o', 'value', '-s', 'TYPE', '/tmp/disk'),
      ],
      stdout: /loop +\/mnt$.*^Block count: +(131072|32768)$.*^ext4$/ms,
    },
    {
      name: 'formats, mounts and grows xfs',
      privileged: true,
      notEmulated: 'qemu-user does not pass on the ioctls of xfs',
      steps: [
        disk('400m'),
        run('mkfs.xfs', '-q', '-d', 'size=300m', '/tmp/disk'),
        ...mounted,
        run('xfs_growfs', '/mnt'),
        run('umount', '/mnt'),
        run('blkid', '-o', 'value', '-s', 'TYPE', '/tmp/disk'),
      ],
      stdout: /loop +\/mnt$.*^data blocks changed from 76800 to 102400$.*^xfs$/ms,
    },
    {
      name: 'formats ext3',
      steps: [disk('16m'), run('mkfs.ext3', '-q', '/tmp/disk'), run('fsck.ext3', '-n', '/tmp/disk')],
    },
    {
      name: 'asks a block device for its size',
      privileged: true,
      argv: ['blockdev', '--getsize64', '/dev/loop0'],
      stdout: /^\d+$/m,
    },
  ],
})
