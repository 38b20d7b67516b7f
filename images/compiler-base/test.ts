import { testImage } from '../../scripts/testing/image-test.ts'

const makefile = `
greeting.txt:
\tprintf 'hello %s\\n' "$$(echo world | sed 's/world/there/')" > $@
show: greeting.txt
\tgawk '{ print $$2 }' greeting.txt
`

testImage({
  shell: true,
  run: [
    {
      name: 'make builds with the tools of a shell',
      steps: [
        { run: ['/bin/bash', '-c', 'cat > /tmp/Makefile'], stdin: makefile },
        { run: ['make', '-s', '-C', '/tmp', 'show'] },
      ],
      stdout: /^there$/m,
    },
    {
      name: 'sources are packed and looked through',
      argv: [
        '/bin/bash',
        '-euc',
        'cd /tmp; mkdir d; echo needle > d/f; tar -czf d.tgz d; rm -r d; tar -xzf d.tgz; find d -type f -exec grep -l needle {} +',
      ],
      stdout: /^d\/f\n?$/,
    },
    { name: 'binaries are read', argv: ['readelf', '--file-header', '/usr/bin/make'], stdout: /ELF64/ },
    { name: 'curl speaks TLS', argv: ['curl', '--version'], stdout: /^Protocols:.* https/m },
  ],
})
