import { testImage } from '../../scripts/testing/image-test.ts'

testImage({
  partialPackages: ['util-linux-core'],
  files: {
    '/usr/bin/nsenter': { type: 'file', mode: 0o755, uid: 0, gid: 0 },
    // Its package is registered, but only this one file of it was asked for.
    '/usr/bin/unshare': 'absent',
  },
  run: [
    {
      name: 'nsenter starts',
      argv: ['/usr/bin/nsenter', '--version'],
      stdout: /^nsenter from util-linux \S+\n?$/,
      stderr: /^$/,
    },
  ],
})
